"""The dashboard: everything from rollups, index ranges and those whom time has moved since; it costs the same for any number of customers."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from roundsman.activation.days import Stock, read_flows, read_stocks
from roundsman.activation.figures import (
    EVERYBODY,
    Dashboard,
    DayCounts,
    Slice,
    StatusCount,
    funnel_of,
    percent,
    plan_keys_of,
    stage_times_of,
)
from roundsman.activation.kept_facts import count_kept
from roundsman.activation.lifecycle import ORDERING, ActivationStatus
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.reading import Standing, overdue
from roundsman.activation.risks import count_at_risk, read_payment_risk, read_sweep_health
from roundsman.activation.signups import read_tally
from roundsman.activation.tallies import Tally
from roundsman.calendar import day_of
from roundsman.database.transaction import Tx
from roundsman.errors import InvalidInput

LONGEST_RANGE: Final = timedelta(days=1100)
_EARLIEST, _LATEST = date(2000, 1, 1), date(2999, 12, 31)
_DEFAULT_RANGE: Final = timedelta(days=29)
_DAY, _WEEK_AGO, _MONTH_AGO = timedelta(days=1), timedelta(days=7), timedelta(days=30)


class ImpossibleRange(InvalidInput):
    """A range of days that ends before it begins, or is longer than reports go."""

    code = "impossible_range"


def range_of(first: date | None, last: date | None, *, now: datetime) -> tuple[date, date]:
    """Complete a range of Indian days: it ends today, and has thirty days, if nothing else is said. Raises ImpossibleRange."""
    last = last or day_of(now)
    if not _EARLIEST <= last <= _LATEST:
        raise ImpossibleRange(f"A report is of days from {_EARLIEST.year} to {_LATEST.year}.")
    first = first or last - _DEFAULT_RANGE
    if not timedelta() <= last - first <= LONGEST_RANGE:
        raise ImpossibleRange(f"A report is of 1 to {LONGEST_RANGE.days + 1} days, the first one first.")
    return first, last


async def read_dashboard(
    tx: Tx,
    first: date | None = None,
    last: date | None = None,
    *,
    of: Slice = EVERYBODY,
    policy: ActivationPolicy,
    now: datetime,
) -> Dashboard:
    """Read the dashboard of some days, by default of the last thirty. Raises ImpossibleRange."""
    first, last = range_of(first, last, now=now)
    moved = [one async for one in overdue(tx, policy=policy, now=now)]
    everybody = await read_tally(tx, None, None, of=of, moved=moved)
    signed_up = await read_tally(tx, first, last, of=of, moved=moved, with_times=True)
    today = day_of(now)
    # From the day before on: by default, today and the day 30 days ago are then among them.
    stocks = await read_stocks(tx, first - _DAY, last, of=of, moved=moved)
    recent = stocks
    if not {today, today - _MONTH_AGO} <= stocks.keys():
        recent = await read_stocks(tx, today - _MONTH_AGO, today, of=of, moved=moved)
    retained = await _retained(tx, recent[today - _MONTH_AGO], of=of, moved=moved, now=now)
    return Dashboard(
        at=now,
        first=first,
        last=last,
        statuses=_statuses(recent, today, everybody),
        days=tuple(DayCounts(day, _complete(stock)) for day, stock in stocks.items() if day >= first),
        funnel=funnel_of(signed_up),
        stage_times=stage_times_of(signed_up),
        plan_keys=plan_keys_of(everybody, retained=retained),
        payment_risk=await read_payment_risk(tx, of=of, now=now),
        at_risk=await count_at_risk(tx, of=of, moved=moved, now=now),
        sweep=await read_sweep_health(tx, moved=moved),
        kept_facts=await count_kept(tx),
    )


def _statuses(stocks: Mapping[date, Stock], today: date, everybody: Tally) -> tuple[StatusCount, ...]:
    """Count how many are where now, and how many more than 7 and 30 days ago."""
    now, week_ago, month_ago = stocks[today], stocks[today - _WEEK_AGO], stocks[today - _MONTH_AGO]
    return tuple(
        StatusCount(one, now[one], now[one] - week_ago[one], now[one] - month_ago[one], everybody.revenue[one.value])
        for one in ActivationStatus
    )


def _complete(stock: Stock) -> dict[ActivationStatus, int]:
    return {status: stock[status] for status in ActivationStatus}


async def _retained(tx: Tx, month_ago: Stock, *, of: Slice, moved: Sequence[Standing], now: datetime) -> float | None:
    """Of those who were active or engaged 30 days ago or came to be since, those who still are."""
    today = day_of(now)
    flows = await read_flows(tx, today - _MONTH_AGO + timedelta(days=1), today, of=of, moved=moved)
    came = sum(count for (before, after), count in flows.items() if after in ORDERING and before not in ORDERING)
    went = sum(count for (before, after), count in flows.items() if before in ORDERING and after not in ORDERING)
    there = sum(month_ago[status] for status in ORDERING) + came
    return percent(there - went, there)
