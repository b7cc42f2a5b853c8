"""What has become of those who signed up in a range of days; from the rollups, and whom time has moved since."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from roundsman.activation.days import is_of, only_of
from roundsman.activation.figures import EVERYBODY, Slice
from roundsman.activation.reading import Standing
from roundsman.activation.tallies import Tally, added, sum_from, tally_of, without
from roundsman.database.collections import SIGNUP_DAYS
from roundsman.database.transaction import Document, Tx

_PLACE: Final = frozenset({"area", "channel"})


async def read_tally(
    tx: Tx, first: date | None, last: date | None, *, of: Slice, moved: Sequence[Standing], with_times: bool = False
) -> Tally:
    """Read the tally of those who signed up from one day to another, or ever; without the times where nobody needs them."""
    begin, end = (first or date.min).isoformat(), (last or date.max).isoformat()
    field = "all" if of == EVERYBODY else "groups"
    wanted: Document = {field: 1} if field == "all" else {field: only_of(of, field)}
    if not with_times and field == "all":
        wanted = {f"all.{name}": 1 for name in ("steps", "statuses", "revenue", "payment_risk", "unknown_logins")}
    found = tx.database[SIGNUP_DAYS].find({"_id": {"$gte": begin, "$lte": end}}, wanted, session=tx.session)
    stored = sum_from([one async for day in found for one in _numbers(day)])
    theirs = [
        one
        for one in moved
        if is_of(of, one.tracked.traits) and one.stored.signup_day is not None and begin <= one.stored.signup_day <= end
    ]
    now = added([stored, tally_of(one.tracked for one in theirs)])
    return without(now, tally_of(one.stored for one in theirs))


def _numbers(day: Document) -> list[Document]:
    """The numbers of a day; one that waits to be counted for the first time has none."""
    if "groups" in day:
        return [{name: group[name] for name in group if name not in _PLACE} for group in day["groups"]]
    return [day.get("all", {})]
