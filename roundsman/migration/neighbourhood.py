"""From changed documents to the part of a source that must be looked at to decide about them as if all were read.

Of people these are: the documents that share a phone, an e-mail, a GSTIN or an old id with a changed one, or name it, or are
named by it; all documents of the users these belong to, and of those who own such a phone or e-mail here; and whoever is
named by any of them. With orders and the like come the people they name; with new people come orders that were nobody's.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from roundsman.database.collections import ADDRESSES
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict
from roundsman.identity.following import sign_in_identifiers
from roundsman.identity.importing import find_identifiers
from roundsman.ids import UserId
from roundsman.migration.copies import copies_of_users, find_copies
from roundsman.migration.profile import IN_USE, OF_CUSTOMERS, OPERATIONS, PEOPLE, CollectionProfile, Kind, SourceProfile
from roundsman.migration.reading import old_id, source_id_text, source_id_value, values_at
from roundsman.migration.records import PersonRecord, read_person
from roundsman.migration.source_keys import documents_with, link_keys, old_id_key, person_keys
from roundsman.migration.sources.port import Source, SourceDocument
from roundsman.migration.sources.subset import SubsetSource
from roundsman.migration.trade_import import STORED_IN

Ids = Mapping[str, Collection[str]]
"""Source ids as texts, by collection."""

_MOST_NEIGHBOURS = 20_000
_MOST_BYTES = 64 * 1024 * 1024
"""All of them are held at once, which a comparison of everything never does."""
_MOST_OF_NOBODY = 1_000
_LONG_UNUSED = timedelta(days=180)
_NAMING = IN_USE


class TooManyNeighbours(Conflict):
    """The change concerns so many documents, or is of such a kind, that all must be compared."""

    code = "too_many_neighbours"


@dataclass(slots=True)
class Neighbourhood:
    """The part of the source, the people among the changed documents by key, and those that the source has no more."""

    source: SubsetSource
    people: frozenset[str]
    gone: tuple[str, ...]
    records: tuple[PersonRecord, ...]


async def explore(tx: Tx, source: Source, profile: SourceProfile, changed: Ids, *, now: datetime) -> Neighbourhood:
    """Read what the changed documents are now, and what must be known with them. Raises TooManyNeighbours."""
    return await _Exploration(tx, source, profile, now).run(changed)


@dataclass(slots=True)
class _Exploration:
    tx: Tx
    source: Source
    profile: SourceProfile
    now: datetime
    documents: dict[str, dict[str, SourceDocument]] = field(default_factory=lambda: defaultdict(dict))
    seen: set[str] = field(default_factory=set)
    bytes_held: int = 0

    async def run(self, changed: Ids) -> Neighbourhood:
        await self._read(f"{name}:{one}" for name, ids in changed.items() for one in ids)
        asked_for = frozenset(self.seen)
        records = self._records(asked_for)
        await self._refuse_long_unused(records)
        keys = {key for record in records for key in (*person_keys(record), *_creator(record))}
        keys |= {old_id_key(alias) for alias in self._named()}
        keys |= await self._held_by_owners(asked_for)
        await self._read(await documents_with(self.tx, keys, most=_MOST_NEIGHBOURS))
        users = await self._users(keys)
        await self._read(copy.key for copy in await copies_of_users(self.tx, users))
        around = {key for record in self._records(self.seen) for key in link_keys(record)}
        await self._read(await documents_with(self.tx, around - keys, most=_MOST_NEIGHBOURS))
        if records:
            await self._read([key async for key in self._of_nobody(users)])
        await self._read_along()
        people = {collection.name for collection in self.profile.of_kind(*PEOPLE)}
        there = {f"{name}:{one}" for name, documents in self.documents.items() for one in documents}
        gone = sorted(key for key in asked_for - there if key.partition(":")[0] in people)
        return Neighbourhood(
            SubsetSource(self.source, {name: _in_order(one) for name, one in self.documents.items()}),
            frozenset(record.key for record in records),
            tuple(gone),
            records,
        )

    async def _read(self, keys: Iterable[str]) -> None:
        """Fetch the documents that were not asked for yet."""
        wanted: dict[str, list[str]] = defaultdict(list)
        for key in {*keys} - self.seen:
            self.seen.add(key)
            name, _, source_id = key.partition(":")
            wanted[name].append(source_id)
        if len(self.seen) > _MOST_NEIGHBOURS:
            raise TooManyNeighbours(f"the changes concern more than {_MOST_NEIGHBOURS} documents; all are compared")
        for name, ids in wanted.items():
            async for batch in self.source.fetch_batches(name, [source_id_value(one) for one in ids]):
                self._hold(name, batch)

    def _hold(self, collection: str, batch: Sequence[SourceDocument]) -> None:
        self.documents[collection] |= {source_id_text(document.id): document for document in batch}
        self.bytes_held += sum(len(document.bson) for document in batch)
        if self.bytes_held > _MOST_BYTES:
            raise TooManyNeighbours("the changes concern documents that are too large together; all are compared")

    def _records(self, keys: Collection[str]) -> tuple[PersonRecord, ...]:
        return tuple(
            read_person(document, collection, self.profile)
            for collection in self.profile.of_kind(*PEOPLE)
            for one, document in self.documents.get(collection.name, {}).items()
            if f"{collection.name}:{one}" in keys
        )

    async def _refuse_long_unused(self, records: Iterable[PersonRecord]) -> None:
        """An old account that comes only now may be unused, and that only a look at everything tells (A1)."""
        old = [
            record.key
            for record in records
            if record.kind is Kind.USER and record.object_id and self._is_long_ago(record.object_id.generation_time)
        ]
        if len(await find_copies(self.tx, old)) < len(old):
            raise TooManyNeighbours("an old account is new here; whether it is unused, only a whole comparison tells")

    def _is_long_ago(self, moment: datetime) -> bool:
        return self.now - moment > _LONG_UNUSED

    def _named(self) -> set[str]:
        """The old ids that changed orders, addresses and activity name."""
        return {alias for collection, document in self._of_kind(*_NAMING) for alias in _owners(document, collection)}

    def _of_kind(self, *kinds: Kind) -> Iterator[tuple[CollectionProfile, SourceDocument]]:
        for collection in self.profile.of_kind(*kinds):
            for document in self.documents.get(collection.name, {}).values():
                yield collection, document

    async def _users(self, keys: Collection[str]) -> set[UserId]:
        """To whom the documents seen so far belong, and who owns the phones, e-mails and old ids here."""
        owned = {UserId(copy.user_id) for copy in await find_copies(self.tx, self.seen)}
        identifiers = await find_identifiers(self.tx, sorted(keys))
        return owned | {user for identifier in identifiers for user in identifier.user_ids}

    async def _held_by_owners(self, documents: Collection[str]) -> set[str]:
        """What the users of changed documents sign in with: if these do not say it any more, it is the next one's."""
        owners = sorted({UserId(copy.user_id) for copy in await find_copies(self.tx, documents)})
        return {identifier.key for identifier in await sign_in_identifiers(self.tx, owners)}

    async def _of_nobody(self, users: Collection[UserId]) -> AsyncIterator[str]:
        """What stands here without its owner, who may be among these people."""
        without = {"user_id": None, "source": {"$exists": True}}
        whose_customer = {"user_id": {"$in": list(users)}, "customer_id": None, "source": {"$exists": True}}
        queries: list[tuple[str, Document]] = [
            (ADDRESSES, without),
            *((STORED_IN[kind], query) for kind in OF_CUSTOMERS for query in (without, whose_customer)),
        ]
        for collection, query in queries:
            newest = self.tx.database[collection].find(query, {"source": 1}).sort("_id", -1).limit(_MOST_OF_NOBODY)
            async for found in newest:
                yield f"{found['source']['collection']}:{found['source']['id']}"

    async def _read_along(self) -> None:
        """With orders their products, of which there are few, and the addresses of whoever ordered."""
        orders = list(self._of_kind(*OPERATIONS))
        if not orders:
            return
        for collection in self.profile.of_kind(Kind.PRODUCT):
            async for batch in self.source.read(collection.name):
                self._hold(collection.name, batch)
        named = {alias for collection, document in orders for alias in _owners(document, collection)}
        users = await self._users([old_id_key(alias) for alias in named])
        cursor = self.tx.database[ADDRESSES].find({"user_id": {"$in": list(users)}}, {"source": 1})
        found = [one["source"] async for one in cursor if "source" in one]
        await self._read(f"{one['collection']}:{one['id']}" for one in found)


def _creator(record: PersonRecord) -> Iterator[str]:
    if record.created_by:
        yield old_id_key(record.created_by)


def _owners(document: SourceDocument, collection: CollectionProfile) -> set[str]:
    return {alias for raw in values_at(document.fields, collection.mentions()) if (alias := old_id(raw))}


def _in_order(documents: Mapping[str, SourceDocument]) -> list[SourceDocument]:
    """In the order in which a database gives them, as far as ids are ObjectIds."""
    return [documents[one] for one in sorted(documents)]
