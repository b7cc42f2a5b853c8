"""Proving the ledger: the sums that are kept are those of the entries and ratings, and everything counts once.

Read it all at one instant: an entry that is written between two of these questions would look wrong.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from roundsman.calendar import day_of
from roundsman.database.collections import DELIVERY_TOTALS, LEDGER_ENTRIES, PAYOUTS, RATINGS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.entries import EARNINGS, Book
from roundsman.delivery.ledger_store import payout_from, totals_from
from roundsman.delivery.paying import claimed_paise
from roundsman.delivery.payouts import PayoutStatus
from roundsman.delivery.totals import Totals

READ_OF_LEDGER: Final = (LEDGER_ENTRIES, DELIVERY_TOTALS, PAYOUTS, RATINGS)
"""The collections that are compared."""
_LIVE: Document = {"$sum": {"$cond": [{"$eq": ["$kind", "reversal"]}, -1, 1]}}


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that contradicts the ledger."""

    what: str
    says: str


async def find_wrong(tx: Tx) -> AsyncIterator[Wrong]:
    """Compare sums with entries and ratings, entries with one another, and payouts with what they claim and paid."""
    async for wrong in _wrong_sums(tx):
        yield wrong
    async for wrong in _wrong_ratings(tx):
        yield wrong
    async for wrong in _counted_twice(tx):
        yield wrong
    async for wrong in _wrong_payouts(tx):
        yield wrong


async def count_entries(tx: Tx) -> int:
    """Count the entries there are."""
    return await tx.database[LEDGER_ENTRIES].count_documents({}, session=tx.session)


async def _wrong_sums(tx: Tx) -> AsyncIterator[Wrong]:
    summed = {totals.delivery_boy_id: totals async for totals in _summed(tx)}
    async for document in tx.database[DELIVERY_TOTALS].find({}, session=tx.session):
        kept = totals_from(document["_id"], document)
        found = summed.pop(kept.delivery_boy_id, Totals(kept.delivery_boy_id))
        if _figures(kept) != _figures(found):
            yield Wrong(f"delivery boy {kept.delivery_boy_id}", f"kept {_figures(kept)}, entries {_figures(found)}")
    for boy, totals in summed.items():
        yield Wrong(f"delivery boy {boy}", f"kept nothing, entries {_figures(totals)}")


async def _summed(tx: Tx) -> AsyncIterator[Totals]:
    by: Document = {"boy": "$delivery_boy_id", "book": "$book", "month": "$month"}
    pipeline: list[Document] = [
        {"$group": {"_id": by, "paise": {"$sum": "$paise"}}},
        {
            "$group": {
                "_id": "$_id.boy",
                "sums": {"$push": {"book": "$_id.book", "month": "$_id.month", "paise": "$paise"}},
            }
        },
    ]
    async for row in await tx.database[LEDGER_ENTRIES].aggregate(pipeline, allowDiskUse=True, session=tx.session):
        earned, deducted, paid, cash, opened = (
            sum(one["paise"] for one in row["sums"] if one["book"] == book) for book in Book
        )
        months: Counter[str] = Counter()
        for one in row["sums"]:
            months[one["month"]] += one["paise"] if one["book"] in EARNINGS else 0
        yield Totals(row["_id"], earned, deducted, paid, cash, opened, months)


def _figures(totals: Totals) -> dict[str, Any]:
    months = {month: paise for month, paise in sorted(totals.months.items()) if paise}
    return {
        "earned": totals.earned_paise,
        "deducted": totals.deducted_paise,
        "paid": totals.paid_paise,
        "cash": totals.cash_paise,
        "opened": totals.opened_paise,
        "months": months,
    }


async def _counted_twice(tx: Tx) -> AsyncIterator[Wrong]:
    """Of every thing one entry more may be written than was reversed."""
    pipeline: list[Document] = [{"$group": {"_id": "$thing", "live": _LIVE}}, {"$match": {"live": {"$nin": [0, 1]}}}]
    async for row in await tx.database[LEDGER_ENTRIES].aggregate(pipeline, allowDiskUse=True, session=tx.session):
        yield Wrong(row["_id"], f"counts {row['live']} times")


async def _wrong_ratings(tx: Tx) -> AsyncIterator[Wrong]:
    summed: Document = {"_id": "$delivery_boy_id", "ratings": {"$sum": 1}, "stars": {"$sum": "$stars"}}
    rows = await tx.database[RATINGS].aggregate([{"$group": summed}], session=tx.session)
    given = {row["_id"]: (row["ratings"], row["stars"]) async for row in rows}
    async for document in tx.database[DELIVERY_TOTALS].find({}, session=tx.session):
        kept = totals_from(document["_id"], document)
        found = given.pop(kept.delivery_boy_id, (0, 0))
        if (kept.ratings, kept.stars) != found:
            yield _unlike_ratings(kept.delivery_boy_id, (kept.ratings, kept.stars), found)
    for boy, found in given.items():
        yield _unlike_ratings(boy, (0, 0), found)


def _unlike_ratings(boy: object, kept: tuple[int, int], found: tuple[int, int]) -> Wrong:
    return Wrong(f"delivery boy {boy}", f"kept {kept[1]} stars of {kept[0]} ratings, given {found[1]} of {found[0]}")


async def _wrong_payouts(tx: Tx) -> AsyncIterator[Wrong]:
    """What a payout claims, and that its payment is in the ledger once it is paid, and only then."""
    summed: Document = {"_id": "$thing", "paise": {"$sum": "$paise"}}
    pipeline: list[Document] = [{"$match": {"book": Book.PAID.value}}, {"$group": summed}]
    rows = await tx.database[LEDGER_ENTRIES].aggregate(pipeline, allowDiskUse=True, session=tx.session)
    went = {row["_id"]: -row["paise"] async for row in rows}
    async for payout in iterate(tx, PAYOUTS, payout_from):
        told = f"is {payout.status} of {payout.paise} paise"
        expected = 0 if payout.status is PayoutStatus.FAILED else payout.paise
        if (claimed := await claimed_paise(tx, payout.id)) != expected:
            yield Wrong(f"payout {payout.id}", f"{told} and claims {claimed}")
        expected = payout.paise if payout.status is PayoutStatus.PAID else 0
        if (entered := went.pop(f"payout:{payout.id}", 0)) != expected:
            yield Wrong(f"payout {payout.id}", f"{told}, of which {entered} are in the ledger as paid")
    for thing, paise in went.items():
        yield Wrong(thing, f"{paise} paise were paid, and there is no such payout")


@dataclass(frozen=True, slots=True)
class Unrated:
    """Deliveries that brought nothing, because no rate card counted when they were made: how many, since which Indian day."""

    deliveries: int
    first: date


async def find_unrated(tx: Tx) -> Unrated | None:
    """Find the deliveries that count without a card; None where there is none."""
    pipeline: list[Document] = [
        {"$match": {"thing": {"$regex": "^delivery:"}, "card": {"$exists": False}}},
        {"$group": {"_id": "$thing", "live": _LIVE, "at": {"$min": "$at"}}},
        {"$match": {"live": 1}},
        {"$group": {"_id": None, "deliveries": {"$sum": 1}, "at": {"$min": "$at"}}},
    ]
    rows = await tx.database[LEDGER_ENTRIES].aggregate(pipeline, allowDiskUse=True, session=tx.session)
    found = [Unrated(row["deliveries"], day_of(row["at"])) async for row in rows]
    return found[0] if found else None


async def live_things(tx: Tx, things: Sequence[str]) -> set[str]:
    """Those of these things for which an entry counts."""
    pipeline: list[Document] = [
        {"$match": {"thing": {"$in": list(things)}}},
        {"$group": {"_id": "$thing", "live": _LIVE}},
        {"$match": {"live": 1}},
    ]
    return {row["_id"] async for row in await tx.database[LEDGER_ENTRIES].aggregate(pipeline, session=tx.session)}
