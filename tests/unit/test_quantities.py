"""How much is brought on a day: properties over all rules, and the borders of each."""

from datetime import date, timedelta

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from roundsman.ids import UserId
from roundsman.subscriptions.pauses import NotAPause, SubscriptionNotRunning, paused, resumed
from roundsman.subscriptions.quantities import next_delivery, quantity_on
from roundsman.subscriptions.subscriptions import Pause, Rule, RuleKind, Subscription, SubscriptionStatus
from tests.builders import a_subscription

OWNER = UserId(ObjectId())
MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)

days = st.integers(0, 60).map(lambda number: MONDAY + number * DAY)
some_pauses = st.builds(
    lambda start, length: Pause(start, None if length is None else start + length * DAY),
    days,
    st.none() | st.integers(0, 20),
)
rules = st.builds(
    Rule,
    st.sampled_from(RuleKind),
    st.sampled_from([0.5, 1, 2]),
    st.frozensets(st.integers(0, 6)),
    st.dictionaries(days, st.sampled_from([0, 0.5, 3]), max_size=5),
)
subscriptions = st.builds(
    lambda rule, status, pauses, start, end: a_subscription(
        OWNER, rule, status=status, pauses=tuple(pauses), start=start, end=end
    ),
    rules,
    st.sampled_from(SubscriptionStatus),
    st.lists(some_pauses, max_size=3),
    st.none() | days,
    st.none() | days,
)
running = subscriptions.filter(lambda one: one.status in {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED})


@given(subscriptions, days)
def test_what_is_brought_is_what_its_rule_says_or_nothing(one: Subscription, day: date) -> None:
    quantity = quantity_on(one, day)
    assert quantity in {0, one.rule.exact.get(day, one.rule.quantity)}
    if one.status is not SubscriptionStatus.ACTIVE or any(pause.covers(day) for pause in one.pauses):
        assert quantity == 0
    if (one.start and day < one.start) or (one.end and one.end < day):
        assert quantity == 0


@given(subscriptions, days, st.sampled_from([0, 0.5, 7]))
def test_a_day_that_is_named_beats_every_kind_of_rule(one: Subscription, day: date, named: float) -> None:
    rule = Rule(one.rule.kind, one.rule.quantity, one.rule.weekdays, {**one.rule.exact, day: named})
    named_one = a_subscription(OWNER, rule, pauses=one.pauses)
    assert quantity_on(named_one, day) == (0 if any(pause.covers(day) for pause in one.pauses) else named)


@given(subscriptions, days)
def test_the_next_delivery_is_the_first_day_with_a_quantity(one: Subscription, after: date) -> None:
    following = next_delivery(one, after)
    until = after + 90 * DAY if following is None else following
    between = [after + number * DAY for number in range(1, (until - after).days)]
    assert all(quantity_on(one, day) == 0 for day in between)
    assert following is None or quantity_on(one, following) > 0


@given(running, some_pauses, days)
def test_a_pause_takes_its_days_away_and_no_other(one: Subscription, pause: Pause, day: date) -> None:
    after = paused(one, pause, today=MONDAY)
    assert quantity_on(after, day) == (0 if pause.covers(day) else quantity_on(one, day))
    assert paused(after, pause, today=MONDAY) == after


@given(running, days, days)
def test_going_on_ends_every_pause_from_its_day_on_and_changes_no_day_before(
    one: Subscription, resumption: date, day: date
) -> None:
    after = resumed(one, resumption, today=MONDAY)
    unpaused = a_subscription(OWNER, one.rule, start=one.start, end=one.end)
    assert quantity_on(after, day) == quantity_on(unpaused if day >= resumption else one, day)
    assert resumed(after, resumption, today=MONDAY) == after
    assert after.changes == one.changes + (after != one)


def quantities(rule: Rule, *, start: date | None = MONDAY, end: date | None = None) -> list[float]:
    """Of eight days, from the Sunday before on."""
    one = a_subscription(OWNER, rule, start=start, end=end)
    return [quantity_on(one, MONDAY + number * DAY) for number in range(-1, 7)]


@pytest.mark.parametrize(
    ("rule", "brought"),
    [
        (Rule(RuleKind.DAILY, 1), [0, 1, 1, 1, 1, 1, 1, 1]),
        (Rule(RuleKind.ALTERNATE_DAYS, 1), [0, 1, 0, 1, 0, 1, 0, 1]),
        (Rule(RuleKind.WEEKLY, 2), [0, 2, 0, 0, 0, 0, 0, 0]),
        (Rule(RuleKind.WEEKDAYS, 1, frozenset({0, 6})), [0, 1, 0, 0, 0, 0, 0, 1]),
        (Rule(RuleKind.LISTED, 1, exact={MONDAY + DAY: 0.5}), [0, 0, 0.5, 0, 0, 0, 0, 0]),
        (Rule(RuleKind.ONCE, 1), [0, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_each_kind_of_rule_on_the_days_of_a_week(rule: Rule, brought: list[float]) -> None:
    assert quantities(rule) == brought


def test_first_and_last_day_count() -> None:
    assert quantities(Rule(RuleKind.ONCE, 1), end=MONDAY + DAY) == [0, 1, 1, 0, 0, 0, 0, 0]
    assert quantities(Rule(RuleKind.DAILY, 1), end=MONDAY) == [0, 1, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("kind", [RuleKind.ALTERNATE_DAYS, RuleKind.WEEKLY])
def test_what_counts_from_a_day_nobody_knows_brings_nothing(kind: RuleKind) -> None:
    assert quantities(Rule(kind, 1), start=None) == [0] * 8


def test_a_pause_without_an_end_lasts_until_it_is_ended() -> None:
    one = paused(a_subscription(OWNER), Pause(MONDAY), today=MONDAY)
    assert quantity_on(one, MONDAY - DAY) == 1
    assert next_delivery(one, MONDAY) is None
    assert next_delivery(resumed(one, MONDAY + 3 * DAY, today=MONDAY), MONDAY) == MONDAY + 3 * DAY


def test_what_is_no_pause_is_refused() -> None:
    one = a_subscription(OWNER)
    for wrong in (Pause(MONDAY - DAY), Pause(MONDAY, MONDAY - DAY)):
        with pytest.raises(NotAPause):
            paused(one, wrong, today=MONDAY)
    with pytest.raises(NotAPause):
        resumed(one, MONDAY - DAY, today=MONDAY)


@pytest.mark.parametrize("status", [SubscriptionStatus.DRAFT, SubscriptionStatus.STOPPED])
def test_what_does_not_run_is_not_paused(status: SubscriptionStatus) -> None:
    one = a_subscription(OWNER, status=status)
    with pytest.raises(SubscriptionNotRunning, match=status):
        paused(one, Pause(MONDAY), today=MONDAY)
    with pytest.raises(SubscriptionNotRunning, match=status):
        resumed(one, MONDAY, today=MONDAY)
