"""The one way in which the ledger is written: entries with the sums that follow from them, in the transaction of what happened.

All that is written about a delivery boy touches his sums, so of two writers at once MongoDB lets one begin again: none pays a
thing twice, claims an entry twice or adds to a month that the other pays.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from roundsman.calendar import begin_of, first_day_of, month_after
from roundsman.database.collections import DELIVERY_TOTALS, LEDGER_ENTRIES
from roundsman.database.documents import iterate
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.entries import EARNINGS, Entry, Wanted
from roundsman.delivery.ledger import corrections
from roundsman.delivery.ledger_store import entry_document, entry_from, totals_from
from roundsman.delivery.totals import Totals
from roundsman.ids import DeliveryBoyId


async def settle(tx: Tx, thing: str, wanted: Wanted | None, *, by: str, now: datetime) -> list[Entry]:
    """Within a transaction: have a thing bring what is wanted, or nothing; gives what was written. `by` is who has it written."""
    entries = await entries_of(tx, thing)
    boys = {entry.delivery_boy_id for entry in entries} | ({wanted.delivery_boy_id} if wanted else set())
    paid = {boy: (await totals_of(tx, boy)).paid_through for boy in boys}
    paid_through = {boy: month for boy, month in paid.items() if month is not None}
    new = corrections(thing, entries, wanted, paid_through=paid_through, now=now)
    return await post(tx, new, by=by, now=now)


async def post(tx: Tx, new: Sequence[Entry], *, by: str, now: datetime) -> list[Entry]:
    """Within a transaction: insert new entries and add them to the sums; gives them as they are written."""
    entries = [replace(entry, written_at=now, by=by) for entry in new]
    if not entries:
        return []
    await tx.database[LEDGER_ENTRIES].insert_many([entry_document(one) for one in entries], session=tx.session)
    await _add(tx, entries)
    return entries


async def begin_alone(tx: Tx, boy: DeliveryBoyId) -> None:
    """Within a transaction: whoever writes of a delivery boy meanwhile begins again."""
    await tx.database[DELIVERY_TOTALS].update_one(
        {"_id": boy}, {"$inc": {"writes": 1}}, upsert=True, session=tx.session
    )


async def remove(tx: Tx, things: Sequence[str]) -> int:
    """Within a transaction: have it that nothing was ever written about things; gives how many entries went.

    Only for taking an import back: else what is wrong is reversed.
    """
    entries = [entry for found in (await entries_of_things(tx, things)).values() for entry in found]
    await tx.database[LEDGER_ENTRIES].delete_many({"thing": {"$in": list(things)}}, session=tx.session)
    await _add(tx, [replace(entry, paise=-entry.paise) for entry in entries])
    for boy in {entry.delivery_boy_id for entry in entries}:
        if await tx.database[LEDGER_ENTRIES].find_one({"delivery_boy_id": boy}, session=tx.session) is None:
            unrated: Document = {"_id": boy, "ratings": {"$not": {"$gt": 0}}}
            await tx.database[DELIVERY_TOTALS].delete_one(unrated, session=tx.session)
    return len(entries)


async def entries_of(tx: Tx, thing: str) -> list[Entry]:
    """Read all entries of a thing, in no particular order."""
    return (await entries_of_things(tx, [thing]))[thing]


async def entries_of_things(tx: Tx, things: Sequence[str]) -> dict[str, list[Entry]]:
    """Read all entries of things, which are few, each thing's in no particular order."""
    found: dict[str, list[Entry]] = {thing: [] for thing in things}
    async for entry in iterate(tx, LEDGER_ENTRIES, entry_from, {"thing": {"$in": list(things)}}):
        found[entry.thing].append(entry)
    return found


async def things_of_month(tx: Tx, boy: DeliveryBoyId, month: str) -> set[str]:
    """For what besides deliveries something was written about a month: its fixed part and its bonuses."""
    begin = begin_of(first_day_of(month))
    criteria = {
        "delivery_boy_id": boy,
        "earned_at": {"$gte": begin},
        "at": {"$gte": begin, "$lt": begin_of(first_day_of(month_after(month)))},
        "thing": {"$regex": "^(fixed|bonus):"},
    }
    return set(await tx.database[LEDGER_ENTRIES].distinct("thing", criteria, session=tx.session))


async def totals_of(tx: Tx, boy: DeliveryBoyId) -> Totals:
    """Read the sums of a delivery boy."""
    document = await tx.database[DELIVERY_TOTALS].find_one({"_id": boy}, session=tx.session)
    return totals_from(boy, document)


async def totals_of_some(tx: Tx, boys: Collection[DeliveryBoyId]) -> dict[DeliveryBoyId, Totals]:
    """Read the sums of some delivery boys; of whom there are none, nought."""
    found = tx.database[DELIVERY_TOTALS].find({"_id": {"$in": list(boys)}}, session=tx.session)
    documents = {document["_id"]: document async for document in found}
    return {boy: totals_from(boy, documents.get(boy)) for boy in boys}


async def _add(tx: Tx, entries: Sequence[Entry]) -> None:
    for boy in sorted({entry.delivery_boy_id for entry in entries}):
        sums = _sums(entry for entry in entries if entry.delivery_boy_id == boy)
        await tx.database[DELIVERY_TOTALS].update_one({"_id": boy}, {"$inc": sums}, upsert=True, session=tx.session)


def _sums(entries: Iterable[Entry]) -> Counter[str]:
    sums: Counter[str] = Counter({"writes": 1})
    for entry in entries:
        sums[f"{entry.book}_paise"] += entry.paise
        if entry.book in EARNINGS:
            sums[f"months.{entry.month}"] += entry.paise
    return sums
