"""How many of those who signed up in a week are active or engaged at the ends of the weeks since."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Final

from roundsman.activation.days import is_of, only_of
from roundsman.activation.figures import EVERYBODY, Cohort, CohortCell, Slice, percent
from roundsman.activation.lifecycle import ORDERING
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.reading import Standing, overdue
from roundsman.activation.signups import read_sign_ups
from roundsman.calendar import begin_of, day_of, week_of
from roundsman.database.collections import COHORT_CELLS
from roundsman.database.transaction import Document, Tx

_WEEK: Final = timedelta(days=7)
_LAST_DAY: Final = timedelta(days=6)
Nets = defaultdict[str, Counter[str]]
"""Of those who signed up in a week, how many more became active or engaged in another than ceased to be."""


async def read_cohorts(
    tx: Tx, first: date, last: date, *, of: Slice, policy: ActivationPolicy, now: datetime
) -> list[Cohort]:
    """Read the cohorts of the weeks in which two days lie and of those between, the earliest first."""
    nets: Nets = defaultdict(Counter)
    weeks = _weeks(week_of(first), week_of(last))
    async for week, row in _rows(tx, weeks[0], weeks[-1], of):
        nets[row["signup_week"]][week] += row["count"]
    async for one in overdue(tx, policy=policy, now=now):
        if is_of(of, one.tracked.traits):
            _add_nets(nets, one)
    signed_up: Counter[date] = Counter()
    for day, count in (await read_sign_ups(tx, weeks[0], weeks[-1] + _LAST_DAY, of=of)).items():
        signed_up[week_of(day)] += count
    return [_cohort(week, signed_up[week], nets[week.isoformat()], now=now) for week in weeks]


def _cohort(week: date, signed_up: int, nets: Counter[str], *, now: datetime) -> Cohort:
    cells = []
    for at in _weeks(week, week_of(day_of(now))):
        count = sum(net for other, net in nets.items() if other <= at.isoformat())
        cells.append(CohortCell(at, count, percent(count, signed_up), is_finished=begin_of(at + _WEEK) <= now))
    return Cohort(week, signed_up, tuple(cells))


async def _rows(tx: Tx, first: date, last: date, of: Slice) -> AsyncIterator[tuple[str, Document]]:
    """Read the weeks in which something changed for those who signed up from one week to another."""
    field = "all_nets" if of == EVERYBODY else "nets"
    theirs = [
        {"$gte": ["$$row.signup_week", first.isoformat()]},
        {"$lte": ["$$row.signup_week", last.isoformat()]},
    ]
    wanted = {field: only_of(of, field, *theirs)}
    async for week in tx.database[COHORT_CELLS].find({"_id": {"$gt": ""}}, wanted, session=tx.session):
        for row in week[field]:
            yield week["_id"], row


def _add_nets(nets: Nets, one: Standing) -> None:
    for made in one.transitions:
        week = week_of(day_of(made.effective_at)).isoformat()
        nets[one.tracked.signup_week or ""][week] += (made.after in ORDERING) - (made.before in ORDERING)


def _weeks(first: date, last: date) -> list[date]:
    return [first + _WEEK * number for number in range((last - first) // _WEEK + 1)]
