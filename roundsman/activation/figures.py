"""The arithmetic of the dashboard, and what it shows, as values (pure). Shares are per cent with one decimal; money is paise."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from roundsman.activation.lifecycle import ORDERING, ActivationStatus
from roundsman.activation.tallies import Passage, Step, Tally

_TENTHS: Final = 1000


@dataclass(frozen=True, slots=True)
class Slice:
    """Of whom the numbers are: of an area, of those who came in one way; None is of all."""

    area: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """The areas customers live in and the ways they came, by which the numbers can be sliced."""

    areas: tuple[str, ...]
    channels: tuple[str, ...]


EVERYBODY: Final = Slice()


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many are in a status now, and how many more than 7 and 30 days ago."""

    status: ActivationStatus
    count: int
    change_7_days: int
    change_30_days: int
    revenue_paise: int


@dataclass(frozen=True, slots=True)
class DayCounts:
    """How many were in which status at the end of an Indian day, or are now, today."""

    day: date
    counts: Mapping[ActivationStatus, int]


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """How many took a step and all before it: of those of the step before, and of all who signed up."""

    step: Step
    count: int
    step_percent: float | None
    total_percent: float | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """The steps of those who signed up in a range of days.

    `unknown_logins` are among them, but nobody can say whether they ever signed in: the second step is of the others.
    """

    steps: tuple[FunnelStep, ...]
    unknown_logins: int


@dataclass(frozen=True, slots=True)
class StageTime:
    """How long a passage took, in hours: exact below three days, whole days above; and how many have not made it yet."""

    passage: Passage
    begun: int
    converted: int
    not_converted_percent: float | None
    p50_hours: int | None
    p75_hours: int | None
    p90_hours: int | None


@dataclass(frozen=True, slots=True)
class PlanKeys:
    """The numbers of the business's plan, of all customers whenever they signed up.

    `signup_to_first_order`: of all customers, those who have an order that counts. `first_order_to_active`: of these, those who are
    active or engaged now. `active_retention`: of those who were active or engaged 30 days ago or came to be since, those
    who still are.
    """

    customers: int
    ordered: int
    active: int
    signup_to_first_order: float | None
    first_order_to_active: float | None
    active_retention: float | None


@dataclass(frozen=True, slots=True)
class CohortCell:
    """Of those who signed up in a week, how many are active or engaged at the end of another; unfinished if it goes on."""

    week: date
    count: int
    percent: float | None
    is_finished: bool


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who signed up in a week, which begins on an Indian Monday."""

    signup_week: date
    signed_up: int
    cells: tuple[CohortCell, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """How many were here and are there; `before` is absent for those who were not known yet."""

    before: ActivationStatus | None
    after: ActivationStatus
    count: int


@dataclass(frozen=True, slots=True)
class Movement:
    """All bands from the end of one Indian day to the end of another; who stayed is in them."""

    first: date
    last: date
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Capped:
    """A count that stops somewhere: then there are more."""

    count: int
    is_more: bool


@dataclass(frozen=True, slots=True)
class PaymentRisk:
    """Whose last payment failed, and who was delivered to and has not paid for 30 days since."""

    failed: Capped
    missing: Capped


@dataclass(frozen=True, slots=True)
class SweepHealth:
    """Whom the sweep has still to write, and when it and the rollups last did."""

    overdue: Capped
    last_run_at: datetime | None
    rolled_up_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptCounts:
    """How many facts contradict others, and how many wait for somebody."""

    conflicts: int
    unmatched: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All of it at one instant. The days are `first` to `last`; the funnel and the times are of those who signed up then."""

    at: datetime
    first: date
    last: date
    statuses: tuple[StatusCount, ...]
    days: tuple[DayCounts, ...]
    funnel: Funnel
    stage_times: tuple[StageTime, ...]
    plan_keys: PlanKeys
    payment_risk: PaymentRisk
    at_risk: Capped
    sweep: SweepHealth
    kept_facts: KeptCounts


def percent(part: int, whole: int) -> float | None:
    """Give a share with one decimal, halves up; None of nothing. At most 100."""
    return None if whole <= 0 else (2 * _TENTHS * part + whole) // (2 * whole) / 10


def percentile(hours: Counter[int], share: int) -> int | None:
    """Give the hours within which so many per cent were through; None of nobody."""
    rank, seen = -(-hours.total() * share // 100), 0
    for hour in sorted(hours):
        seen += hours[hour]
        if seen >= rank:
            return hour
    return None


def funnel_of(tally: Tally) -> Funnel:
    """Make the funnel of a tally."""
    total, before = tally.steps[Step.SIGNED_UP], 0
    steps = []
    for step in Step:
        count = tally.steps[step]
        known = before - tally.unknown_logins if step is Step.LOGGED_IN_OR_ORDERED else before
        of_step = percent(count, known) if step is not Step.SIGNED_UP else percent(count, total)
        steps.append(FunnelStep(step, count, of_step, percent(count, total)))
        before = count
    return Funnel(tuple(steps), tally.unknown_logins)


def stage_times_of(tally: Tally) -> tuple[StageTime, ...]:
    """Make the times between stages of a tally."""
    return tuple(_stage_time(passage, tally.begun[passage], tally.hours[passage]) for passage in Passage)


def plan_keys_of(tally: Tally, *, retained: float | None) -> PlanKeys:
    """Make the keys of a tally whose statuses are those of now."""
    customers, ordered = tally.statuses.total(), tally.steps[Step.ORDERED]
    active = sum(tally.statuses[status] for status in ORDERING)
    return PlanKeys(customers, ordered, active, percent(ordered, customers), percent(active, ordered), retained)


def _stage_time(passage: Passage, begun: int, hours: Counter[int]) -> StageTime:
    converted = hours.total()
    p50, p75, p90 = (percentile(hours, share) for share in (50, 75, 90))
    return StageTime(passage, begun, converted, percent(begun - converted, begun), p50, p75, p90)
