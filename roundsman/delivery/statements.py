"""What a delivery boy earned, by day and by month, with the entries behind each number."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING

from roundsman.calendar import begin_of, end_of, first_day_of
from roundsman.database.collections import LEDGER_ENTRIES
from roundsman.database.documents import list_values
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.entries import EARNINGS, OWED, Book, Entry
from roundsman.delivery.ledger_store import entry_from
from roundsman.ids import DeliveryBoyId

_COLUMNS: Final[Mapping[str, list[str]]] = {
    "earned": sorted(EARNINGS),
    "deducted": [Book.DEDUCTED],
    "paid": [Book.PAID],
    "cash": [Book.CASH],
}
_IN_ORDER = [("earned_at", ASCENDING), ("_id", ASCENDING)]


@dataclass(frozen=True, slots=True)
class DayOfEarnings:
    """An Indian day: how many deliveries count on it, and what was earned, deducted, paid out and taken in cash.

    What was deducted and paid out is as one says it: 500 paise less are 500 deducted.
    """

    day: date
    deliveries: int
    earned_paise: int
    deducted_paise: int
    paid_paise: int
    cash_paise: int


async def days_of(tx: Tx, boy: DeliveryBoyId, first: date, last: date) -> list[DayOfEarnings]:
    """The days on which anything was written, the earliest first."""
    day = {"$dateToString": {"date": "$earned_at", "format": "%Y-%m-%d", "timezone": "+05:30"}}
    sums = {name: {"$sum": {"$cond": [{"$in": ["$book", books]}, "$paise", 0]}} for name, books in _COLUMNS.items()}
    pipeline: Sequence[Mapping[str, Any]] = [
        {"$match": _between(boy, first, last)},
        {"$group": {"_id": day, "deliveries": {"$sum": _COUNTED}, **sums}},
        {"$sort": {"_id": ASCENDING}},
    ]
    rows = await tx.database[LEDGER_ENTRIES].aggregate(pipeline, session=tx.session)
    return [
        DayOfEarnings(
            date.fromisoformat(row["_id"]),
            row["deliveries"],
            row["earned"],
            -row["deducted"],
            -row["paid"],
            row["cash"],
        )
        async for row in rows
    ]


async def deliveries_by_day(tx: Tx, boy: DeliveryBoyId, month: str) -> Counter[date]:
    """How many deliveries count on each day of a month and of the week before it."""
    first = first_day_of(month)
    days = await days_of(tx, boy, first - timedelta(days=6), first + timedelta(days=30))
    return Counter({one.day: one.deliveries for one in days})


async def list_entries(
    tx: Tx, boy: DeliveryBoyId, first: date, last: date, *, skip: int = 0, limit: int = 0
) -> list[Entry]:
    """The entries of some days, the earliest first; a `limit` of 0 is none."""
    between = _between(boy, first, last)
    return await list_values(tx, LEDGER_ENTRIES, entry_from, between, _IN_ORDER, skip=skip, limit=limit)


async def owed_before(tx: Tx, boy: DeliveryBoyId, day: date) -> int:
    """What a delivery boy was owed when an Indian day began, in paise, by what counts before it."""
    before: Document = {"delivery_boy_id": boy, "book": {"$in": sorted(OWED)}, "earned_at": {"$lt": begin_of(day)}}
    pipeline: list[Document] = [{"$match": before}, {"$group": {"_id": None, "paise": {"$sum": "$paise"}}}]
    rows = await (await tx.database[LEDGER_ENTRIES].aggregate(pipeline, session=tx.session)).to_list()
    return rows[0]["paise"] if rows else 0


async def all_entries(tx: Tx, boy: DeliveryBoyId) -> list[Entry]:
    """All entries of a delivery boy, the earliest first."""
    found = tx.database[LEDGER_ENTRIES].find({"delivery_boy_id": boy}, session=tx.session).sort(_IN_ORDER)
    return [entry_from(document) async for document in found]


_IS_DELIVERY: Document = {"$regexMatch": {"input": "$thing", "regex": "^delivery:"}}
_COUNTED: Document = {"$cond": [_IS_DELIVERY, {"$cond": [{"$eq": ["$kind", "reversal"]}, -1, 1]}, 0]}


def _between(boy: DeliveryBoyId, first: date, last: date) -> Document:
    days: dict[str, datetime] = {"$gte": begin_of(first), "$lt": end_of(last)}
    return {"delivery_boy_id": boy, "earned_at": days}
