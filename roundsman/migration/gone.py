"""Documents that the source has no more: noted on their copies, and their profiles set inactive. Nothing is erased.

A profile that several documents tell of stays as it is until the last of them is gone. A document that comes back counts
as changed, so the next plan lets its profile follow it again.
"""

from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record_many
from roundsman.clock import Clock
from roundsman.customers.customers import CustomerStatus
from roundsman.database.collections import CUSTOMERS, DELIVERY_BOYS, SOURCE_DOCUMENTS, SUPPLIERS
from roundsman.database.lease import MIGRATION, count_a_turn, held_lease, renew_lease
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.delivery_boys import DeliveryBoyStatus
from roundsman.identity.mode import PeopleMode, get_mode
from roundsman.migration.copies import Copy, copies_of_users, find_copies
from roundsman.migration.profile import PEOPLE, Kind, SourceProfile
from roundsman.migration.reading import source_id_text, source_id_value
from roundsman.migration.sources.port import Source
from roundsman.suppliers.suppliers import SupplierStatus

_BATCH = 2_000
_ACTOR = Actor("sync")
_INACTIVE: dict[Kind, tuple[str, str]] = {
    Kind.CUSTOMER: (CUSTOMERS, CustomerStatus.STOPPED.value),
    Kind.DELIVERY_BOY: (DELIVERY_BOYS, DeliveryBoyStatus.LEFT.value),
    Kind.SUPPLIER: (SUPPLIERS, SupplierStatus.INACTIVE.value),
}


async def note_gone(tx: Tx, profile: SourceProfile, keys: Collection[str], clock: Clock) -> int:
    """Note that these documents are gone; count those of which it was not known. Doing it twice does nothing.

    It holds the lease, so that nobody cuts over in the midst of it, and counts as a turn: what was proved before is not
    proved any more. Raises LeaseTaken or LeaseLost.
    """
    if not keys:
        return 0
    kinds = {collection.name: collection.kind for collection in profile.collections}
    noted = 0
    async with held_lease(tx, MIGRATION, clock) as lease:
        for batch in _batches(sorted(keys)):
            await renew_lease(tx, lease, now=clock())
            fresh = [copy for copy in await find_copies(tx, batch) if not copy.is_gone]
            if fresh and not noted:
                await count_a_turn(tx, MIGRATION)
            await _note(tx, fresh, kinds, now=clock())
            noted += len(fresh)
    return noted


async def _note(tx: Tx, fresh: Sequence[Copy], kinds: dict[str, Kind], *, now: datetime) -> None:
    # Profiles first: a copy that says `gone` says that all of it was done.
    await _set_inactive(tx, fresh, kinds)
    ids = [copy.key for copy in fresh]
    await tx.database[SOURCE_DOCUMENTS].update_many({"_id": {"$in": ids}}, {"$set": {"gone_at": now}})
    await record_many(
        tx, [AuditEntry(now, _ACTOR, "document.gone", f"user:{copy.user_id}", reason=copy.key) for copy in fresh]
    )


async def find_gone(tx: Tx, source: Source, profile: SourceProfile) -> list[str]:
    """The imported documents of people that the source does not have, and of which that is not known yet."""
    in_source = await source.count_documents()
    gone: list[str] = []
    for collection in profile.of_kind(*PEOPLE):
        query = copies_in(collection.name) | {"gone_at": {"$exists": False}}
        if await tx.database[SOURCE_DOCUMENTS].count_documents(query) > in_source.get(collection.name, 0):
            gone += [key async for key in _missing(tx, source, collection.name, query)]
    return gone


async def missing_ids(source: Source, collection: str, ids: Sequence[str]) -> list[str]:
    """Those of the ids that the source does not have."""
    batches = source.fetch_batches(collection, list(map(source_id_value, ids)))
    there = {source_id_text(one.id) async for batch in batches for one in batch}
    return [one for one in ids if one not in there]


def copies_in(collection: str) -> Document:
    """What finds the copies of a collection's documents, each once."""
    return {"_id": {"$gte": f"{collection}:", "$lt": f"{collection};"}, "part_of": {"$exists": False}}


async def _missing(tx: Tx, source: Source, collection: str, query: Document) -> AsyncIterator[str]:
    async for batch in _key_batches(tx, query):
        for one in await missing_ids(source, collection, [key.partition(":")[2] for key in batch]):
            yield f"{collection}:{one}"


async def _key_batches(tx: Tx, query: Document) -> AsyncIterator[list[str]]:
    """The keys of copies, never all of them at once."""
    batch: list[str] = []
    async for document in tx.database[SOURCE_DOCUMENTS].find(query, {"_id": 1}):
        batch.append(document["_id"])
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def _set_inactive(tx: Tx, copies: Sequence[Copy], kinds: dict[str, Kind]) -> None:
    """While the source is the authority for people; from cutover on a profile is ended here."""
    if (await get_mode(tx)).people is not PeopleMode.SHADOW:
        return
    leaving = {copy.key for copy in copies}
    of_same_users = await copies_of_users(tx, {copy.user_id for copy in copies})
    staying = {copy.profile_id for copy in of_same_users if not copy.is_gone and copy.key not in leaving}
    for kind, (collection, status) in _INACTIVE.items():
        profiles = {copy.profile_id for copy in copies if kinds.get(copy.collection) is kind and copy.profile_id}
        ended = profiles - staying
        await tx.database[collection].update_many({"_id": {"$in": sorted(ended)}}, {"$set": {"status": status}})


def _batches(keys: Sequence[str]) -> Iterator[list[str]]:
    iterator = iter(keys)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
