"""Where the people of one day's end are at another's: the bands of a Sankey diagram.

It costs as much as happened in between, not as there are customers.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from roundsman.activation.dashboard import range_of
from roundsman.activation.days import is_of, read_stocks, sliced
from roundsman.activation.figures import EVERYBODY, Band, Movement, Slice
from roundsman.activation.lifecycle import ActivationStatus, Transition
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.reading import Standing, overdue
from roundsman.activation.store import transition_from
from roundsman.calendar import day_of
from roundsman.database.collections import TRANSITIONS
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId

Bands = Counter[tuple[ActivationStatus | None, ActivationStatus]]


async def read_movement(
    tx: Tx, first: date | None, last: date | None, *, of: Slice = EVERYBODY, policy: ActivationPolicy, now: datetime
) -> Movement:
    """Count who went from where to where. Raises ImpossibleRange."""
    first, last = range_of(first, last, now=now)
    moved = [one async for one in overdue(tx, policy=policy, now=now) if is_of(of, one.tracked.traits)]
    bands = await _written_bands(tx, first, last, of=of, without=[one.tracked.user_id for one in moved])
    bands += await _unwritten_bands(tx, first, last, moved)
    stock = (await read_stocks(tx, first, first, of=of, moved=moved))[first]
    for (before, _), count in list(bands.items()):
        if before is not None:
            stock[before] -= count
    for status, count in stock.items():
        bands[status, status] += count
    return Movement(first, last, tuple(_sorted(bands)))


async def _written_bands(tx: Tx, first: date, last: date, *, of: Slice, without: Sequence[UserId]) -> Bands:
    match: Document = _between(first, last) | sliced(of)
    if without:
        match["user_id"] = {"$nin": list(without)}
    in_time = {"effective_at": 1}
    each = {
        "_id": "$user_id",
        "before": {"$top": {"sortBy": in_time, "output": "$before"}},
        "after": {"$bottom": {"sortBy": in_time, "output": "$after"}},
    }
    together = {"_id": {"before": "$before", "after": "$after"}, "count": {"$sum": 1}}
    pipeline: Sequence[Document] = [{"$match": match}, {"$group": each}, {"$group": together}]
    bands: Bands = Counter()
    async for group in await tx.database[TRANSITIONS].aggregate(pipeline, session=tx.session, allowDiskUse=True):
        before = group["_id"].get("before")
        bands[before and ActivationStatus(before), ActivationStatus(group["_id"]["after"])] += group["count"]
    return bands


async def _unwritten_bands(tx: Tx, first: date, last: date, moved: Sequence[Standing]) -> Bands:
    """The same of those whom time has moved since, with what it did to them."""
    theirs: defaultdict[UserId, list[Transition]] = defaultdict(list)
    if moved:
        written = _between(first, last) | {"user_id": {"$in": [one.tracked.user_id for one in moved]}}
        found = tx.database[TRANSITIONS].find(written, session=tx.session).sort([("user_id", 1), ("effective_at", 1)])
        async for document in found:
            theirs[document["user_id"]].append(transition_from(document))
    for one in moved:
        theirs[one.tracked.user_id] += [made for made in one.transitions if first < day_of(made.effective_at) <= last]
    return Counter((made[0].before, made[-1].after) for made in theirs.values() if made)


def _between(first: date, last: date) -> Document:
    return {"day": {"$gt": first.isoformat(), "$lte": last.isoformat()}, "superseded_at": {"$exists": False}}


def _sorted(bands: Bands) -> list[Band]:
    places = list(ActivationStatus)
    order = sorted(bands, key=lambda pair: (-1 if pair[0] is None else places.index(pair[0]), places.index(pair[1])))
    return [Band(before, after, bands[before, after]) for before, after in order if bands[before, after]]
