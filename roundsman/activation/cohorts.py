"""How many of those who signed up in a week are active or engaged at the ends of the weeks since."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from typing import Final

from roundsman.activation.days import is_of, only_of
from roundsman.activation.figures import EVERYBODY, Cohort, CohortCell, Slice, percent
from roundsman.activation.lifecycle import ORDERING
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.reading import Standing, overdue
from roundsman.activation.signups import read_tally
from roundsman.activation.tallies import Step
from roundsman.calendar import begin_of, day_of, week_of
from roundsman.database.collections import COHORT_CELLS
from roundsman.database.transaction import Document, Tx

_WEEK: Final = timedelta(days=7)
Nets = Counter[tuple[str, str]]


async def read_cohorts(
    tx: Tx, first: date, last: date, *, of: Slice, policy: ActivationPolicy, now: datetime
) -> list[Cohort]:
    """Read the cohorts of the weeks in which two days lie and of those between, the earliest first."""
    nets: Nets = Counter()
    async for week, row in _rows(tx, of):
        nets[row.get("signup_week", ""), week] += row["count"]
    async for one in overdue(tx, policy=policy, now=now):
        if is_of(of, one.tracked.traits):
            nets.update(dict(_nets_of(one)))
    weeks = _weeks(week_of(first), week_of(last))
    return [await _cohort(tx, week, nets, of=of, now=now) for week in weeks]


async def _cohort(tx: Tx, week: date, nets: Nets, *, of: Slice, now: datetime) -> Cohort:
    tally = await read_tally(tx, week, week + _WEEK - timedelta(days=1), of=of, moved=())
    signed_up = tally.steps[Step.SIGNED_UP]
    theirs = {at: count for (signup_week, at), count in nets.items() if signup_week == week.isoformat()}
    cells = []
    for at in _weeks(week, week_of(day_of(now))):
        count = sum(net for other, net in theirs.items() if other <= at.isoformat())
        cells.append(CohortCell(at, count, percent(count, signed_up), is_finished=begin_of(at + _WEEK) <= now))
    return Cohort(week, signed_up, tuple(cells))


async def _rows(tx: Tx, of: Slice) -> AsyncIterator[tuple[str, Document]]:
    field = "all_nets" if of == EVERYBODY else "nets"
    wanted = {field: 1 if of == EVERYBODY else only_of(of, field)}
    async for week in tx.database[COHORT_CELLS].find({"_id": {"$gt": ""}}, wanted, session=tx.session):
        for row in week.get(field) or ():
            yield week["_id"], row


def _nets_of(one: Standing) -> Iterator[tuple[tuple[str, str], int]]:
    nets: Nets = Counter()
    for made in one.transitions:
        week = week_of(day_of(made.effective_at)).isoformat()
        nets[one.tracked.signup_week or "", week] += (made.after in ORDERING) - (made.before in ORDERING)
    yield from nets.items()


def _weeks(first: date, last: date) -> list[date]:
    return [first + _WEEK * number for number in range((last - first) // _WEEK + 1)]
