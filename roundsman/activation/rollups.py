"""What reports read instead of all customers: numbers by day and week, kept by the worker from what has changed.

`activation_days`, by the Indian day: `flows`, how many went from where to where, and `stock`, how many were where in the end; by
area and channel, and `all_…` without. `cohort_cells`, by week: how many more, of those who signed up in which week, are active or
engaged at its end than at its beginning. `signup_days`: the tally of who signed up that day. A name of an area may hold
anything, so it is never a key.

Who writes a lifecycle marks the transition or the sign-up day as pending, with it. Here a mark becomes one more `dirty` of
the day or week, and what is dirty is counted again, whole; each in a transaction. So whatever comes between is counted by
it or makes it begin again, doing it twice does nothing, and any number of workers may do it at once.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from pymongo import DeleteOne, UpdateOne

from roundsman.activation.lifecycle import ORDERING
from roundsman.activation.store import tracked_from
from roundsman.activation.tallies import tally_document, tally_of
from roundsman.calendar import week_of
from roundsman.database.collections import (
    ACTIVATION_DAYS,
    COHORT_CELLS,
    LIFECYCLES,
    SIGNUP_DAYS,
    SYSTEM,
    TRANSITIONS,
)
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document, Tx, in_transaction

ROLLED_UP: Final = "activation_rollups"
_PORTION: Final = 500
_PORTIONS: Final = 200
_WEEK: Final = timedelta(days=7)
_MOVEMENT: Final = ("area", "channel", "before", "after")
_PLACE: Final = ("area", "channel", "status")
_COHORT: Final = ("signup_week", "area", "channel")

Row = tuple[str | None, ...]
Counts = Counter[Row]


@dataclass(frozen=True, slots=True)
class RolledUp:
    """What was counted again."""

    weeks: int = 0
    signup_days: int = 0


async def roll_up(tx: Tx, *, now: datetime) -> RolledUp:
    """Count again what has changed, a hundred thousand changes at most; a few seconds after a fact the reports know of it."""
    for _ in range(_PORTIONS):
        if not await _collect(tx):
            break
    return await _count(tx, now=now)


async def roll_up_all(tx: Tx, *, now: datetime) -> RolledUp:
    """Count again all that has changed, however much that is: after a backfill, for instance."""
    while await _collect(tx):
        pass
    return await _count(tx, now=now)


async def _collect(tx: Tx) -> int:
    """Turn some marks into dirty weeks and days; 0 when none is left."""
    return await _collect_transitions(tx) or await _collect_signup_days(tx)


async def _count(tx: Tx, *, now: datetime) -> RolledUp:
    """Count again what is dirty."""
    weeks = [one["_id"] async for one in tx.database[COHORT_CELLS].find({"dirty": {"$gt": 0}}, {"_id": 1})]
    for week in sorted(weeks):
        await _count_week(tx, date.fromisoformat(week))
    await _carry_stock(tx, now=now)
    days = [one["_id"] async for one in tx.database[SIGNUP_DAYS].find({"dirty": {"$gt": 0}}, {"_id": 1})]
    for day in sorted(days):
        await _count_signup_day(tx, day)
    return RolledUp(len(weeks), len(days))


async def rebuild(tx: Tx, *, now: datetime) -> RolledUp:
    """Count everything again, from all transitions and lifecycles. It takes its time, and harms nobody meanwhile."""
    days = {*await tx.database[TRANSITIONS].distinct("day"), *await _ids(tx, ACTIVATION_DAYS)}
    weeks = {_week(day) for day in days} | {*await _ids(tx, COHORT_CELLS)}
    signup_days = {*await tx.database[LIFECYCLES].distinct("signup_day"), *await _ids(tx, SIGNUP_DAYS)}
    await _soil(tx, COHORT_CELLS, weeks)
    await _soil(tx, SIGNUP_DAYS, signup_days - {None})
    return await roll_up(tx, now=now)


async def _ids(tx: Tx, collection: str) -> list[str]:
    return [one["_id"] async for one in tx.database[collection].find({}, {"_id": 1})]


async def _collect_transitions(tx: Tx) -> int:
    """Turn the marks of some transitions into dirty weeks, at once: whoever marks one meanwhile has it done again."""

    async def work(tx: Tx) -> int:
        pending = tx.database[TRANSITIONS].find({"pending": True}, {"day": 1}, session=tx.session).limit(_PORTION)
        if not (found := await pending.to_list()):
            return 0
        await _soil(tx, COHORT_CELLS, {_week(one["day"]) for one in found})
        ids = [one["_id"] for one in found]
        await tx.database[TRANSITIONS].update_many(
            {"_id": {"$in": ids}}, {"$unset": {"pending": ""}}, session=tx.session
        )
        return len(found)

    return await in_transaction(tx, work)


async def _collect_signup_days(tx: Tx) -> int:
    """The same for the sign-up days that lifecycles name, and for their weeks: somebody may have left one."""

    async def work(tx: Tx) -> int:
        pending = tx.database[LIFECYCLES].find({"pending_days": {"$gt": ""}}, {"pending_days": 1}, session=tx.session)
        if not (found := await pending.limit(_PORTION).to_list()):
            return 0
        await _soil(tx, SIGNUP_DAYS, {day for one in found for day in one["pending_days"]})
        ids = [one["_id"] for one in found]
        await tx.database[LIFECYCLES].update_many(
            {"_id": {"$in": ids}}, {"$unset": {"pending_days": ""}}, session=tx.session
        )
        return len(found)

    return await in_transaction(tx, work)


async def _soil(tx: Tx, collection: str, keys: Iterable[str]) -> None:
    """Say that these are to be counted again. It always writes, so that it meets whoever is counting at the time."""
    marks = [UpdateOne({"_id": key}, {"$inc": {"dirty": 1}}, upsert=True) for key in sorted(keys)]
    if marks:
        await tx.database[collection].bulk_write(marks, session=tx.session)


async def _count_week(tx: Tx, week: date) -> None:
    """Count what happened on each day of a week, and what it means for those who signed up together."""

    async def work(tx: Tx) -> None:
        stored = await tx.database[COHORT_CELLS].find_one({"_id": week.isoformat()}, session=tx.session)
        if stored is None or not stored.get("dirty"):
            return
        rows = [row async for row in _grouped(tx, week)]
        await tx.database[ACTIVATION_DAYS].bulk_write(list(_day_updates(week, rows)), session=tx.session)
        nets: Counts = Counter()
        for row in rows:
            nets[_row(row, _COHORT)] += _net(row)
        cells = {"nets": _listed(nets, _COHORT), "all_nets": _listed(_added(nets, slice(1)), _COHORT[:1])}
        document = {"_id": week.isoformat(), **cells, "uncarried": True}
        await tx.database[COHORT_CELLS].replace_one({"_id": document["_id"]}, document, session=tx.session)

    await in_transaction(tx, work)


async def _grouped(tx: Tx, week: date) -> AsyncIterator[Document]:
    holding = {
        "day": {"$gte": week.isoformat(), "$lt": (week + _WEEK).isoformat()},
        "superseded_at": {"$exists": False},
    }
    by = {name: f"${name}" for name in ("day", "signup_week", *_MOVEMENT)}
    pipeline: Sequence[Document] = [{"$match": holding}, {"$group": {"_id": by, "count": {"$sum": 1}}}]
    async for group in await tx.database[TRANSITIONS].aggregate(pipeline, session=tx.session):
        yield {**group["_id"], "count": group["count"]}


def _day_updates(week: date, rows: Sequence[Document]) -> Iterator[UpdateOne | DeleteOne]:
    by_day: defaultdict[str, Counts] = defaultdict(Counter)
    for row in rows:
        by_day[row["day"]][_row(row, _MOVEMENT)] += row["count"]
    for number in range(_WEEK.days):
        day = (week + timedelta(days=number)).isoformat()
        flows = by_day.get(day)
        if flows is None:
            yield DeleteOne({"_id": day})
        else:
            change = {
                "flows": _listed(flows, _MOVEMENT),
                "all_flows": _listed(_everywhere(flows), _MOVEMENT[2:]),
            }
            yield UpdateOne({"_id": day}, {"$set": change}, upsert=True)


async def _carry_stock(tx: Tx, *, now: datetime) -> None:
    """Have the ends of days follow from what happened, from the earliest week on that was counted again.

    Each of the workers writes the one document, so that one comes after another.
    """

    async def work(tx: Tx) -> None:
        weeks = [one async for one in tx.database[COHORT_CELLS].find({"uncarried": True}, session=tx.session)]
        if not weeks:
            return
        mark = {"$set": {"at": now}, "$inc": {"rounds": 1}}
        await tx.database[SYSTEM].update_one({"_id": ROLLED_UP}, mark, upsert=True, session=tx.session)
        updates = [update async for update in _stock_updates(tx, min(one["_id"] for one in weeks))]
        if updates:
            await tx.database[ACTIVATION_DAYS].bulk_write(updates, session=tx.session)
        await tx.database[COHORT_CELLS].bulk_write([_carried(one) for one in weeks], session=tx.session)

    await in_transaction(tx, work)


async def _stock_updates(tx: Tx, first: str) -> AsyncIterator[UpdateOne]:
    days = tx.database[ACTIVATION_DAYS]
    before = await days.find_one({"_id": {"$lt": first}}, session=tx.session, sort=[("_id", -1)])
    stock: Counts = Counter({_row(one, _PLACE): one["count"] for one in (before or {"stock": []})["stock"]})
    async for day in days.find({"_id": {"$gte": first}}, session=tx.session).sort("_id"):
        for flow in day["flows"]:
            area, channel, left, entered = _row(flow, _MOVEMENT)
            stock[area, channel, entered] += flow["count"]
            if left is not None:
                stock[area, channel, left] -= flow["count"]
        change = {"stock": _listed(stock, _PLACE), "all_stock": _listed(_everywhere(stock), _PLACE[2:])}
        if any(day.get(name) != value for name, value in change.items()):
            yield UpdateOne({"_id": day["_id"]}, {"$set": change})


def _carried(week: Document) -> UpdateOne | DeleteOne:
    """A week in which nobody came or went, and which nobody has made dirty again, is not kept."""
    key = {"_id": week["_id"]}
    is_empty = not week["nets"] and not week.get("dirty")
    return DeleteOne(key) if is_empty else UpdateOne(key, {"$unset": {"uncarried": ""}})


async def _count_signup_day(tx: Tx, day: str) -> None:
    async def work(tx: Tx) -> None:
        key = {"_id": day}
        stored = await tx.database[SIGNUP_DAYS].find_one(key, {"dirty": 1}, session=tx.session)
        if stored is None or not stored.get("dirty"):
            return
        people = [
            tracked_from(one) async for one in tx.database[LIFECYCLES].find({"signup_day": day}, session=tx.session)
        ]
        if not people:
            await tx.database[SIGNUP_DAYS].delete_one(key, session=tx.session)
            return
        groups = defaultdict(list)
        for one in people:
            groups[one.traits].append(one)
        tallies = [
            without_absent({"area": traits.area, "channel": traits.channel, **tally_document(tally_of(group))})
            for traits, group in sorted(groups.items(), key=lambda item: (item[0].area or "", item[0].channel or ""))
        ]
        document = {**key, "groups": tallies, "all": tally_document(tally_of(people))}
        await tx.database[SIGNUP_DAYS].replace_one(key, document, session=tx.session)

    await in_transaction(tx, work)


def _week(day: str) -> str:
    return week_of(date.fromisoformat(day)).isoformat()


def _net(row: Document) -> int:
    count: int = row["count"]
    return count * ((row["after"] in ORDERING) - (row.get("before") in ORDERING))


def _row(document: Document, names: Sequence[str]) -> Row:
    return tuple(document.get(name) for name in names)


def _everywhere(counts: Counts) -> Counts:
    """Add up what differs only in area and channel, which come first."""
    return _added(counts, slice(2, None))


def _added(counts: Counts, kept: slice) -> Counts:
    total: Counts = Counter()
    for row, count in counts.items():
        total[row[kept]] += count
    return total


def _listed(counts: Counts, names: Sequence[str]) -> list[Document]:
    """Write counts as a list, the same ones always alike; what is nought is left out."""
    kept = sorted(
        (row for row, count in counts.items() if count), key=lambda row: [(cell or "", cell is None) for cell in row]
    )
    return [without_absent({**dict(zip(names, row, strict=True)), "count": counts[row]}) for row in kept]
