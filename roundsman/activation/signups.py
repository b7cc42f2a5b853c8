"""What has become of those who signed up in a range of days; from the rollups, and whom time has moved since."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Final

from roundsman.activation.days import is_of, only_of
from roundsman.activation.figures import EVERYBODY, Slice
from roundsman.activation.reading import Standing
from roundsman.activation.tallies import Step, Tally, added, sum_from, tally_of, without
from roundsman.database.collections import SIGNUP_DAYS
from roundsman.database.transaction import Document, Tx

_PLACE: Final = frozenset({"area", "channel"})
_DAYS_AT_ONCE: Final = 1000


async def read_tally(
    tx: Tx, first: date | None, last: date | None, *, of: Slice, moved: Sequence[Standing], with_times: bool = False
) -> Tally:
    """Read the tally of those who signed up from one day to another, or ever; without the times where nobody needs them."""
    begin, end = (first or date.min).isoformat(), (last or date.max).isoformat()
    parts = None if with_times else ("steps", "statuses", "revenue", "payment_risk", "unknown_logins")
    stored = sum_from([one async for day in _days(tx, begin, end, of, parts) for one in _numbers(day)])
    theirs = [
        one
        for one in moved
        if is_of(of, one.tracked.traits) and one.stored.signup_day is not None and begin <= one.stored.signup_day <= end
    ]
    now = added([stored, tally_of(one.tracked for one in theirs)])
    return without(now, tally_of(one.stored for one in theirs))


async def read_sign_ups(tx: Tx, first: date, last: date, *, of: Slice) -> Counter[date]:
    """Count how many signed up on each day, from one to another."""
    days = _days(tx, first.isoformat(), last.isoformat(), of, (f"steps.{Step.SIGNED_UP}",))
    signed_up: Counter[date] = Counter()
    async for day in days:
        signed_up[date.fromisoformat(day["_id"])] = sum_from(_numbers(day)).steps[Step.SIGNED_UP]
    return signed_up


def _days(tx: Tx, begin: str, end: str, of: Slice, parts: Sequence[str] | None) -> AsyncIterator[Document]:
    """Read the numbers of days, of all people no more than these parts of them."""
    wanted: Document = {"all": 1} if parts is None else {f"all.{name}": 1 for name in parts}
    if of != EVERYBODY:
        wanted = {"groups": only_of(of, "groups")}
    days = {"_id": {"$gte": begin, "$lte": end}}
    return tx.database[SIGNUP_DAYS].find(days, wanted, session=tx.session, batch_size=_DAYS_AT_ONCE)


def _numbers(day: Document) -> list[Document]:
    """The numbers of a day; one that waits to be counted for the first time has none."""
    if "groups" in day:
        return [{name: group[name] for name in group if name not in _PLACE} for group in day["groups"]]
    return [day.get("all", {})]
