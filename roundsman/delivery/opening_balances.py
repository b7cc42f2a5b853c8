"""Opening balances in the ledger: written as counters of an existing application are followed, and taken away with its import."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from roundsman.audit_log.entries import SYSTEM
from roundsman.database.transaction import Tx, in_transaction
from roundsman.delivery.entries import Entry
from roundsman.delivery.ledger import corrections
from roundsman.delivery.opening import Counters, Openings, thing_before, thing_of_month
from roundsman.delivery.posting import entries_of_things, remove, settle
from roundsman.ids import DeliveryBoyId


async def settle_openings(tx: Tx, wanted: Sequence[Openings], *, now: datetime) -> int:
    """Have things bring what they are to, those of each document in one transaction; gives how many entries were written."""
    entries = await entries_of_things(tx, [thing for one in wanted for thing in one])
    return sum([await _settle(tx, one, now=now) for one in wanted if _are_due(one, entries, now=now)])


async def opened(tx: Tx, documents: Mapping[str, DeliveryBoyId]) -> dict[str, Counters]:
    """What each of the source documents brought its delivery boy so far."""
    entries = await entries_of_things(tx, _things(documents))
    return {document: _brought(document, boy, entries) for document, boy in documents.items()}


async def forget_openings(tx: Tx, documents: Iterable[str]) -> int:
    """Take away what source documents brought, as their import is taken back; gives how many entries went."""

    async def work(tx: Tx) -> int:
        return await remove(tx, _things(documents))

    return await in_transaction(tx, work)


async def _settle(tx: Tx, wanted: Openings, *, now: datetime) -> int:
    async def work(tx: Tx) -> int:
        return sum([len(await settle(tx, thing, one, by=SYSTEM.who, now=now)) for thing, one in wanted.items()])

    return await in_transaction(tx, work)


def _are_due(wanted: Openings, entries: Mapping[str, Sequence[Entry]], *, now: datetime) -> bool:
    return any(corrections(thing, entries[thing], one, paid_through={}, now=now) for thing, one in wanted.items())


def _brought(document: str, boy: DeliveryBoyId, entries: Mapping[str, Sequence[Entry]]) -> Counters:
    before, month = (
        sum(entry.paise for entry in entries[thing] if entry.delivery_boy_id == boy) for thing in _things([document])
    )
    return Counters(before + month, month)


def _things(documents: Iterable[str]) -> list[str]:
    return [thing for one in documents for thing in (thing_before(one), thing_of_month(one))]
