"""Proving the ledger: the sums that are kept are those of the entries, and everything counts once."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from roundsman.database.collections import DELIVERY_TOTALS, LEDGER_ENTRIES, PAYOUTS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.entries import EARNINGS, Book
from roundsman.delivery.ledger_store import payout_from, totals_from
from roundsman.delivery.paying import claimed_paise
from roundsman.delivery.payouts import PayoutStatus
from roundsman.delivery.totals import Totals

_LIVE: Document = {"$sum": {"$cond": [{"$eq": ["$kind", "reversal"]}, -1, 1]}}


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that contradicts the ledger."""

    what: str
    says: str


async def find_wrong(tx: Tx) -> AsyncIterator[Wrong]:
    """Compare sums with entries, entries with one another, and payouts with what they claim."""
    async for wrong in _wrong_sums(tx):
        yield wrong
    async for wrong in _counted_twice(tx):
        yield wrong
    async for wrong in _wrong_payouts(tx):
        yield wrong


async def count_entries(tx: Tx) -> int:
    """Count the entries there are."""
    return await tx.database[LEDGER_ENTRIES].count_documents({})


async def _wrong_sums(tx: Tx) -> AsyncIterator[Wrong]:
    summed = {totals.delivery_boy_id: totals async for totals in _summed(tx)}
    async for document in tx.database[DELIVERY_TOTALS].find({}):
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
    async for row in await tx.database[LEDGER_ENTRIES].aggregate(pipeline, allowDiskUse=True):
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
    async for row in await tx.database[LEDGER_ENTRIES].aggregate(pipeline, allowDiskUse=True):
        yield Wrong(row["_id"], f"counts {row['live']} times")


async def _wrong_payouts(tx: Tx) -> AsyncIterator[Wrong]:
    async for payout in iterate(tx, PAYOUTS, payout_from):
        expected = 0 if payout.status is PayoutStatus.FAILED else payout.paise
        if (claimed := await claimed_paise(tx, payout.id)) != expected:
            yield Wrong(f"payout {payout.id}", f"is {payout.status} of {payout.paise} paise and claims {claimed}")


async def live_things(tx: Tx, things: Sequence[str]) -> set[str]:
    """Those of these things for which an entry counts."""
    pipeline: list[Document] = [
        {"$match": {"thing": {"$in": list(things)}}},
        {"$group": {"_id": "$thing", "live": _LIVE}},
        {"$match": {"live": 1}},
    ]
    return {row["_id"] async for row in await tx.database[LEDGER_ENTRIES].aggregate(pipeline)}
