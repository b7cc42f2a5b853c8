"""What the page of activation shows, made of what was read (pure): shapes, rows, and the address of the people behind a number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from roundsman.activation.figures import Band, Cohort, Dashboard, DayCounts, Funnel, Movement, Slice, StatusCount
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.tallies import Passage, Step
from roundsman.calendar import week_of
from roundsman.console.charts.heat import heat
from roundsman.console.charts.labels import NARROW
from roundsman.console.charts.sankey import Flow, Sankey, sankey
from roundsman.console.charts.sparkline import Sparkline, sparkline

NEWCOMERS: Final = "newcomers"
"""Those of the movement who were not known yet on its first day."""
STEPS: Final = {
    Step.SIGNED_UP: "Signed up",
    Step.LOGGED_IN_OR_ORDERED: "Signed in or ordered",
    Step.ORDERED: "Ordered",
    Step.FIRST_DELIVERY: "First delivery",
    Step.FIRST_PAYMENT: "First payment",
    Step.ENGAGED: "Engaged",
}
PASSAGES: Final = {
    Passage.SIGNUP_TO_LOGIN: "Sign-up to sign-in",
    Passage.SIGNUP_TO_ORDER: "Sign-up to order",
    Passage.ORDER_TO_DELIVERY: "Order to delivery",
    Passage.ORDER_TO_PAYMENT: "Order to payment",
    Passage.ORDER_TO_ENGAGED: "Order to engaged",
}
_LOST: Final = frozenset({ActivationStatus.INACTIVE, ActivationStatus.CHURNED})
_EVERY_DAY_UP_TO, _EVERY_WEEK_UP_TO = 31, 190
MOST_COHORTS: Final = 13
_HOURS_EXACT, _HOURS_A_DAY = 72, 24
_NOBODY: Final = "\N{EN DASH}"
_RANGES: Final = (("7 days", 7), ("30 days", 30), ("90 days", 90), ("A year", 365))


@dataclass(frozen=True, slots=True)
class StatusCard:
    """A status now, and how it came to be so in the range."""

    now: StatusCount
    spark: Sparkline
    href: str


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """A step of the funnel; `lost` are those of the step before who have not taken it, and `lost_href` leads to them."""

    words: str
    count: int
    step_percent: float | None
    total_percent: float | None
    href: str
    lost: int
    lost_href: str


@dataclass(frozen=True, slots=True)
class MovementShapes:
    """Who went where, as a chart for each width of window; and the addresses of those who went from one name to another."""

    wide: Sankey
    narrow: Sankey
    links: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A share of a cohort at the end of a week; an unfinished one may still change."""

    percent: float | None
    count: int
    heat: str
    is_finished: bool


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A cohort, from the week of its sign-up on; the weeks that are not there yet are none."""

    week: date
    signed_up: int
    cells: tuple[HeatCell | None, ...]
    href: str


def people_href(of: Slice, **wanted: object) -> str:
    """Give the address of the list of the people of whom something holds."""
    asked = {**wanted, "area": of.area, "channel": of.channel}
    return f"/customers?{urlencode({name: value for name, value in asked.items() if value is not None})}"


def range_links(first: date, last: date, *, today: date, of: Slice) -> tuple[list[tuple[str, str]], str | None]:
    """Give the links to the usual ranges, all of which end today, and which of them is this one."""
    links, current = [], None
    for words, days in _RANGES:
        begin = today - timedelta(days=days - 1)
        asked = {"first": begin, "area": of.area, "channel": of.channel}
        href = f"?{urlencode({name: value for name, value in asked.items() if value is not None})}"
        links.append((words, href))
        current = href if (first, last) == (begin, today) else current
    return links, current


def shown_days(days: Sequence[DayCounts]) -> tuple[DayCounts, ...]:
    """Keep each day of a month; of more the ends of weeks, of much more the ends of months; the first and the last day always."""
    if len(days) <= _EVERY_DAY_UP_TO:
        return tuple(days)
    ends_week = len(days) <= _EVERY_WEEK_UP_TO
    kept = [one for one in days[1:-1] if (one.day == _week_end(one.day) if ends_week else _ends_month(one.day))]
    return (days[0], *kept, days[-1])


def status_cards(dashboard: Dashboard, *, of: Slice) -> tuple[StatusCard, ...]:
    """Make a card for each status."""
    days = shown_days(dashboard.days)
    return tuple(
        StatusCard(one, sparkline([day.counts[one.status] for day in days]), people_href(of, status=one.status.value))
        for one in dashboard.statuses
    )


def funnel_rows(funnel: Funnel, first: date, last: date, *, of: Slice) -> tuple[FunnelRow, ...]:
    """Make the rows of the funnel of those who signed up in the range."""
    signed_up = {"signed_up_first": first, "signed_up_last": last}
    befores = (funnel.steps[0], *funnel.steps)
    return tuple(
        FunnelRow(
            words=STEPS[one.step],
            count=one.count,
            step_percent=one.step_percent,
            total_percent=one.total_percent,
            href=people_href(of, step=one.step.value, **signed_up),
            lost=before.count - one.count,
            lost_href=people_href(of, step=before.step.value, without_step=one.step.value, **signed_up),
        )
        for before, one in zip(befores, funnel.steps, strict=False)
    )


def movement_shapes(movement: Movement, *, of: Slice) -> MovementShapes:
    """Draw who went where, and give the addresses of the people."""
    flows = [Flow(_name(one.before), one.after.value, one.count, is_loss=_is_loss(one)) for one in movement.bands]
    order = [NEWCOMERS, *(status.value for status in ActivationStatus)]
    links = {(_name(one.before), one.after.value): _band_href(one, movement, of) for one in movement.bands}
    return MovementShapes(sankey(flows, order=order), sankey(flows, order=order, width=NARROW, lines=2), links)


def heat_rows(cohorts: Sequence[Cohort], *, of: Slice) -> tuple[HeatRow, ...]:
    """Make the rows of the last cohorts in which somebody signed up, and as many weeks of each as the page has room for."""
    some = [one for one in cohorts if one.signed_up][-MOST_COHORTS:]
    weeks = min(MOST_COHORTS, max((len(one.cells) for one in some), default=0))
    return tuple(_heat_row(one, weeks, of) for one in some)


def hours_words(hours: int | None) -> str:
    """Say how long something took: '5 h', or '4 d' from three days on; a dash where nobody made it."""
    if hours is None:
        return _NOBODY
    return f"{hours} h" if hours < _HOURS_EXACT else f"{hours // _HOURS_A_DAY} d"


def _heat_row(cohort: Cohort, weeks: int, of: Slice) -> HeatRow:
    cells = [HeatCell(one.percent, one.count, heat(one.percent), one.is_finished) for one in cohort.cells[:weeks]]
    href = people_href(of, signed_up_first=cohort.signup_week, signed_up_last=_week_end(cohort.signup_week))
    return HeatRow(cohort.signup_week, cohort.signed_up, (*cells, *[None] * (weeks - len(cells))), href)


def _name(status: ActivationStatus | None) -> str:
    return NEWCOMERS if status is None else status.value


def _is_loss(band: Band) -> bool:
    return band.after in _LOST and band.before != band.after


def _band_href(band: Band, movement: Movement, of: Slice) -> str:
    before = None if band.before is None else band.before.value
    return people_href(of, before=before, since=movement.first, status=band.after.value, on=movement.last)


def _week_end(day: date) -> date:
    return week_of(day) + timedelta(days=6)


def _ends_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1
