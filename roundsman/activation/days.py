"""How many were in which status at the ends of days, and where they went; from the rollups, and whom time has moved since."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta

from roundsman.activation.figures import EVERYBODY, Places, Slice
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.reading import Standing
from roundsman.activation.tracked import Traits
from roundsman.calendar import day_of
from roundsman.database.collections import ACTIVATION_DAYS
from roundsman.database.transaction import Document, Tx

Stock = Counter[ActivationStatus]
Flows = Counter[tuple[ActivationStatus | None, ActivationStatus]]


async def read_stocks(tx: Tx, first: date, last: date, *, of: Slice, moved: Sequence[Standing]) -> dict[date, Stock]:
    """Read how many were in which status at the end of each day; of today, how many are."""
    stocks = await _stored_stocks(tx, first, last, of)
    changes = [(day, flow, 1) for one in moved if is_of(of, one.tracked.traits) for day, flow in _flows_of(one)]
    for day, stock in stocks.items():
        for at, (before, after), count in changes:
            if at <= day:
                stock[after] += count
                if before is not None:
                    stock[before] -= count
    return stocks


async def read_flows(tx: Tx, first: date, last: date, *, of: Slice, moved: Sequence[Standing]) -> Flows:
    """Count how many went from where to where from the beginning of a day to the end of another; once for each time."""
    flows: Flows = Counter()
    async for day in _days(tx, {"$gte": first.isoformat(), "$lte": last.isoformat()}, "flows", of):
        for row in _rows(day, "flows"):
            before = row.get("before")
            flows[before and ActivationStatus(before), ActivationStatus(row["after"])] += row["count"]
    for one in moved:
        if is_of(of, one.tracked.traits):
            flows.update(flow for day, flow in _flows_of(one) if first <= day <= last)
    return flows


async def read_places(tx: Tx) -> Places:
    """Read by what the numbers can be sliced: what those who are somewhere at the end of the day counted last have."""
    newest = tx.database[ACTIVATION_DAYS].find({"stock": {"$exists": True}}, {"stock": 1}, session=tx.session)
    rows = [row async for day in newest.sort("_id", -1).limit(1) for row in day["stock"]]
    areas, channels = ({row[name] for row in rows if name in row} for name in ("area", "channel"))
    return Places(tuple(sorted(areas)), tuple(sorted(channels)))


def is_of(of: Slice, traits: Traits) -> bool:
    """Whether somebody is one of those the numbers are of."""
    return of.area in {None, traits.area} and of.channel in {None, traits.channel}


def sliced(of: Slice) -> Document:
    """Give the criteria for documents with an area and a channel."""
    return {name: value for name, value in (("area", of.area), ("channel", of.channel)) if value is not None}


def only_of(of: Slice, field: str, *more: Document) -> Document:
    """Give the projection of a list of rows to those of a slice; none of what waits to be counted for the first time.

    `more` are conditions of each `$$row`. What was asked for is a literal, whatever it holds.
    """
    wanted = [{"$eq": [f"$$row.{name}", {"$literal": value}]} for name, value in sliced(of).items()]
    return {"$filter": {"input": {"$ifNull": [f"${field}", []]}, "as": "row", "cond": {"$and": [*wanted, *more]}}}


async def _stored_stocks(tx: Tx, first: date, last: date, of: Slice) -> dict[date, Stock]:
    stock: Stock = Counter()
    async for day in _days(tx, {"$lt": first.isoformat()}, "stock", of, newest=1):
        stock = _stock(day)
    known = {
        day["_id"]: _stock(day)
        async for day in _days(tx, {"$gte": first.isoformat(), "$lte": last.isoformat()}, "stock", of)
    }
    stocks = {}
    for number in range((last - first).days + 1):
        day_ = first + timedelta(days=number)
        stock = known.get(day_.isoformat(), stock)
        stocks[day_] = Counter(stock)
    return stocks


async def _days(tx: Tx, days: Document, field: str, of: Slice, *, newest: int = 0) -> AsyncIterator[Document]:
    wanted = {f"all_{field}": 1} if of == EVERYBODY else {field: only_of(of, field)}
    # The end of a day that was counted a moment ago may not be there yet; that of the day before holds until then.
    counted = {"_id": days, f"all_{field}": {"$exists": True}}
    found = tx.database[ACTIVATION_DAYS].find(counted, wanted, session=tx.session)
    found = found.sort("_id", -1).limit(newest) if newest else found
    async for day in found:
        yield day


def _rows(day: Document, field: str) -> list[Document]:
    rows: list[Document] = (day.get(field) or day.get(f"all_{field}")) or []
    return rows


def _stock(day: Document) -> Stock:
    stock: Stock = Counter()
    for row in _rows(day, "stock"):
        stock[ActivationStatus(row["status"])] += row["count"]
    return stock


def _flows_of(one: Standing) -> list[tuple[date, tuple[ActivationStatus | None, ActivationStatus]]]:
    return [(day_of(made.effective_at), (made.before, made.after)) for made in one.transitions]
