"""What the page of activation makes of numbers: enough days and no more, the usual ranges, and the way to the people."""

from datetime import date, timedelta
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from roundsman.activation.figures import (
    EVERYBODY,
    Band,
    Cohort,
    CohortCell,
    DayCounts,
    Funnel,
    FunnelStep,
    Movement,
    Slice,
)
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.tallies import Step
from roundsman.console.activation_shapes import (
    funnel_rows,
    heat_rows,
    hours_words,
    movement_shapes,
    people_href,
    range_links,
    shown_days,
)

TODAY = date(2026, 11, 24)
FIRST, LAST = date(2026, 11, 1), TODAY
HSR = Slice("HSR & more", "self")


def asked(href: str) -> dict[str, str]:
    """What an address asks for."""
    return {name: values[0] for name, values in parse_qs(urlsplit(href).query).items()}


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 1101))
def test_few_days_are_shown_all_and_many_by_their_weeks_or_months(first: date, length: int) -> None:
    days = [DayCounts(first + timedelta(days=number), {}) for number in range(length)]
    shown = shown_days(days)
    assert (shown[0], shown[-1]) == (days[0], days[-1])
    assert all(a.day < b.day for a, b in pairwise(shown))
    assert len(shown) == length if length <= 31 else len(shown) <= 40
    inner = [one.day + timedelta(days=1) for one in shown[1:-1]]
    assert length <= 31 or all(after.weekday() == 0 for after in inner) or all(after.day == 1 for after in inner)


def test_the_range_that_is_shown_is_marked_among_the_usual_ones() -> None:
    links, current = range_links(TODAY - timedelta(days=6), TODAY, today=TODAY, of=HSR)
    assert [words for words, _ in links] == ["7 days", "30 days", "90 days", "A year"]
    assert current == links[0][1]
    assert asked(links[1][1]) == {"first": "2026-10-26", "area": "HSR & more", "channel": "self"}
    for first, last in ((FIRST, LAST), (TODAY - timedelta(days=7), TODAY - timedelta(days=1))):
        assert range_links(first, last, today=TODAY, of=EVERYBODY)[1] is None


def test_an_address_asks_only_for_what_matters() -> None:
    assert people_href(EVERYBODY, status="active") == "/customers?status=active"
    assert asked(people_href(HSR, before=None)) == {"area": "HSR & more", "channel": "self"}


def test_each_step_leads_to_who_took_it_and_to_who_did_not() -> None:
    steps = (FunnelStep(Step.SIGNED_UP, 44, 100.0, 100.0), FunnelStep(Step.LOGGED_IN_OR_ORDERED, 16, 36.4, 36.4))
    first, second = funnel_rows(Funnel(steps, 0), FIRST, LAST, of=EVERYBODY)
    signed_up = {"signed_up_first": "2026-11-01", "signed_up_last": "2026-11-24"}
    assert (first.count, first.lost, asked(first.href)) == (44, 0, {"step": "signed_up"} | signed_up)
    assert (second.count, second.lost) == (16, 28)
    assert asked(second.lost_href) == {"step": "signed_up", "without_step": "logged_in_or_ordered"} | signed_up


def test_movement_marks_who_was_lost_and_leads_to_each_band() -> None:
    status = ActivationStatus
    bands = (
        Band(None, status.CHURNED, 1),
        Band(status.ACTIVE, status.ENGAGED, 2),
        Band(status.ENGAGED, status.INACTIVE, 3),
        Band(status.INACTIVE, status.INACTIVE, 4),
    )
    shapes = movement_shapes(Movement(FIRST, LAST, bands), of=EVERYBODY)
    for chart in (shapes.wide, shapes.narrow):
        flows = [(one.flow.before, one.flow.after, one.flow.is_loss) for one in chart.ribbons]
        assert flows == [
            ("newcomers", "churned", True),
            ("active", "engaged", False),
            ("engaged", "inactive", True),
            ("inactive", "inactive", False),
        ]
    days = {"since": "2026-11-01", "on": "2026-11-24"}
    assert asked(shapes.links["newcomers", "churned"]) == {"status": "churned"} | days
    assert asked(shapes.links["active", "engaged"]) == {"before": "active", "status": "engaged"} | days


def test_cohorts_without_anybody_are_left_out_and_rows_are_of_one_length() -> None:
    def cohort(week: date, signed_up: int, cells: int) -> Cohort:
        each = [CohortCell(week + timedelta(weeks=n), 1, 50.0, n < cells - 1) for n in range(cells)]
        return Cohort(week, signed_up, tuple(each))

    monday = date(2026, 11, 2)
    rows = heat_rows(
        [cohort(monday, 2, 3), cohort(monday + timedelta(weeks=1), 0, 2), cohort(date(2026, 11, 16), 2, 1)],
        of=EVERYBODY,
    )
    assert [(row.week, len(row.cells)) for row in rows] == [(monday, 3), (date(2026, 11, 16), 3)]
    assert [cell and (cell.heat, cell.is_finished) for cell in rows[1].cells] == [("h3", False), None, None]
    assert asked(rows[0].href) == {"signed_up_first": "2026-11-02", "signed_up_last": "2026-11-08"}
    many = [cohort(monday - timedelta(weeks=n), 1, 40) for n in range(40, 0, -1)]
    assert [(len(rows), len(rows[0].cells)) for rows in [heat_rows(many, of=EVERYBODY)]] == [(13, 13)]
    assert heat_rows([], of=EVERYBODY) == ()


def test_hours_are_said_exactly_below_three_days() -> None:
    assert [hours_words(one) for one in (None, 0, 71, 72, 240)] == ["\N{EN DASH}", "0 h", "71 h", "3 d", "10 d"]
