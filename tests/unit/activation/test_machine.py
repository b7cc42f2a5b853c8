"""The properties of spec activation, on random histories with late, doubled and simultaneous facts at every boundary."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roundsman.activation.facts import Fact, FactType
from roundsman.activation.lifecycle import TIMER, ActivationStatus, Lifecycle
from roundsman.activation.machine import Told, advanced, fold, is_next, step
from roundsman.activation.policy import ActivationPolicy, ImpossiblePolicy
from tests.depth import depth
from tests.histories import BEGIN, INSTANTS, MILLISECOND, OTHER, a_fact, histories

NEW, ONBOARDED, ACTIVE, ENGAGED, INACTIVE, CHURNED = ActivationStatus
POLICY = ActivationPolicy()
INDIA = timezone(timedelta(hours=5, minutes=30))
FIVE_EDGES = {
    (ACTIVE, INACTIVE),
    (ENGAGED, INACTIVE),
    (INACTIVE, CHURNED),
    (NEW, CHURNED),
    (ONBOARDED, CHURNED),
}
NOT_ACTIVITY = (
    FactType.DELIVERY_FAILED,
    FactType.PAYMENT_FAILED,
    FactType.ORDER_REFUNDED,
    FactType.STAFF_CONTACT,
)
EXAMPLES = settings(max_examples=depth(test=200, proof=10_000))
AFTERWARDS = BEGIN + timedelta(days=400)


def status_at(facts: Sequence[Fact], t: datetime, policy: ActivationPolicy = POLICY) -> ActivationStatus | None:
    """The rule of the spec, by the letter."""
    facts = [fact for fact in facts if fact.occurred_at <= t]
    activity = [fact.occurred_at for fact in facts if fact.is_activity]
    cancelled = {fact.source_id for fact in facts if fact.type is FactType.ORDER_CANCELLED}
    valid = [
        fact.occurred_at for fact in facts if fact.type is FactType.ORDER_PLACED and fact.source_id not in cancelled
    ]
    days = defaultdict(list)
    for fact in facts:
        if fact.type is FactType.DELIVERY_COMPLETED and fact.order_id is None:
            days[fact.occurred_at.astimezone(INDIA).date()].append(fact.occurred_at)
    valid += [min(those) for those in days.values()]
    if not activity:
        return None
    if t - max(activity) >= policy.churn_after:
        return CHURNED
    if not valid:
        return ONBOARDED if any(fact.type is FactType.LOGIN for fact in facts) else NEW
    if t - max(valid) >= policy.inactive_after:
        return INACTIVE
    return ENGAGED if len(valid) >= policy.engaged_orders else ACTIVE


def told(facts: Sequence[Fact], until: datetime = AFTERWARDS) -> Told:
    """The history of the facts."""
    return fold(facts, POLICY, until=until)


@EXAMPLES
@given(facts=histories(), chance=st.randoms(use_true_random=False))
def test_neither_the_order_in_which_facts_arrive_nor_their_repetition_changes_anything(
    facts: list[Fact], chance: Random
) -> None:
    again = facts + facts[:3]
    chance.shuffle(again)
    assert told(again) == told(facts)


@EXAMPLES
@given(facts=histories())
def test_the_history_is_what_the_rule_says_at_each_change_and_a_moment_before(facts: list[Fact]) -> None:
    transitions = told(facts).transitions
    for transition in transitions:
        assert status_at(facts, transition.effective_at) is transition.after
        assert status_at(facts, transition.effective_at - MILLISECOND) is transition.before
    assert [one.before for one in transitions] == [None, *(one.after for one in transitions)][: len(transitions)]
    assert all(first.effective_at < second.effective_at for first, second in pairwise(transitions))


@EXAMPLES
@given(facts=histories(), at=INSTANTS)
def test_the_status_at_any_time_is_what_the_rule_says(facts: list[Fact], at: datetime) -> None:
    assert told(facts, at).lifecycle.status is status_at(facts, at)


@EXAMPLES
@given(facts=histories())
def test_the_clock_alone_takes_only_five_ways(facts: list[Fact]) -> None:
    edges = {(one.before, one.after) for one in told(facts).transitions if one.cause == TIMER}
    assert edges <= FIVE_EDGES


@EXAMPLES
@given(facts=histories(), at=INSTANTS)
def test_what_is_due_is_due_later_and_nothing_is_only_for_who_is_churned(facts: list[Fact], at: datetime) -> None:
    lifecycle = told(facts, at).lifecycle
    if lifecycle.status is None or lifecycle.status is CHURNED:
        assert (lifecycle.next_transition_at, lifecycle.next_status) == (None, None)
        return
    assert lifecycle.next_transition_at is not None
    assert lifecycle.next_transition_at > at
    past = [fact for fact in facts if fact.occurred_at <= at]
    assert status_at(past, lifecycle.next_transition_at) is lifecycle.next_status
    assert status_at(past, lifecycle.next_transition_at - MILLISECOND) is lifecycle.status


@EXAMPLES
@given(facts=histories(), instants=st.lists(INSTANTS, max_size=4))
def test_sweeping_at_any_earlier_instants_gives_the_same_history(facts: list[Fact], instants: list[datetime]) -> None:
    swept = told(facts, max(fact.occurred_at for fact in facts))
    for now in sorted(instants):
        swept = swept.then(advanced(swept.lifecycle, POLICY, now=now))
    assert swept.transitions == told(facts).transitions[: len(swept.transitions)]
    assert swept.then(advanced(swept.lifecycle, POLICY, now=AFTERWARDS)) == told(facts)


@EXAMPLES
@given(ours=histories(), theirs=histories(OTHER))
def test_merging_is_the_fold_of_all_facts_whoever_stays(ours: list[Fact], theirs: list[Fact]) -> None:
    assert told(ours + theirs) == told(theirs + ours)


@EXAMPLES
@given(facts=histories(), type_=st.sampled_from(NOT_ACTIVITY), at=INSTANTS)
def test_what_is_no_activity_changes_neither_status_nor_what_is_due(
    facts: list[Fact], type_: FactType, at: datetime
) -> None:
    more = [*facts, a_fact(type_, at, 99)]
    assert told(more).transitions == told(facts).transitions
    for now in (at - MILLISECOND, at, at + MILLISECOND):
        assert _clock_of(told(more, now).lifecycle) == _clock_of(told(facts, now).lifecycle)


@EXAMPLES
@given(facts=histories())
def test_a_step_is_the_fold_with_one_fact_more(facts: list[Fact]) -> None:
    facts.sort(key=lambda fact: fact.occurred_at)
    so_far, lifecycle = Told(Lifecycle()), Lifecycle()
    for number, fact in enumerate(facts):
        whole = told(facts[: number + 1], fact.occurred_at)
        if is_next(lifecycle, fact):
            so_far = so_far.then(step(lifecycle, fact, POLICY))
            assert so_far == whole
        so_far, lifecycle = whole, whole.lifecycle


@EXAMPLES
@given(facts=histories(), at=INSTANTS)
def test_without_an_order_that_counts_nobody_is_active_engaged_or_inactive(facts: list[Fact], at: datetime) -> None:
    lifecycle = told(facts, at).lifecycle
    assert lifecycle.orders_valid or lifecycle.status in {None, NEW, ONBOARDED, CHURNED}
    assert (lifecycle.orders_valid == 0) is (lifecycle.last_order_at is None)


@EXAMPLES
@given(facts=histories(), at=INSTANTS)
def test_figures_are_what_a_count_of_the_facts_gives(facts: list[Fact], at: datetime) -> None:
    lifecycle = told(facts, at).lifecycle
    past = [fact for fact in facts if fact.occurred_at <= at]
    placed = {fact.source_id for fact in past if fact.type is FactType.ORDER_PLACED}
    cancelled = {fact.source_id for fact in past if fact.type is FactType.ORDER_CANCELLED}
    orderless = {fact.occurred_at.astimezone(INDIA).date() for fact in past if fact.counts_as_order}
    assert lifecycle.orders_valid == len(placed - cancelled) + len(orderless)
    assert lifecycle.orders_cancelled == len(placed & cancelled)
    assert lifecycle.cancellations_ahead == len(cancelled - placed)
    paid = sum(fact.amount_paise for fact in past if fact.type is FactType.PAYMENT_SUCCEEDED)
    assert lifecycle.revenue_paise == paid - sum(
        fact.amount_paise for fact in past if fact.type is FactType.ORDER_REFUNDED
    )


def test_periods_are_over_at_their_very_last_instant() -> None:
    ordered = [a_fact(FactType.SIGNUP, BEGIN), a_fact(FactType.ORDER_PLACED, BEGIN)]
    for after, status in (
        (timedelta(days=30) - MILLISECOND, ACTIVE),
        (timedelta(days=30), INACTIVE),
        (timedelta(days=60) - MILLISECOND, INACTIVE),
        (timedelta(days=60), CHURNED),
    ):
        assert told(ordered, BEGIN + after).lifecycle.status is status


def test_an_order_at_the_very_instant_beats_the_clock() -> None:
    first, due = BEGIN, BEGIN + POLICY.inactive_after
    facts = [a_fact(FactType.ORDER_PLACED, first), a_fact(FactType.ORDER_PLACED, due, 1)]
    assert [one.after for one in told(facts, due).transitions] == [ACTIVE]


def test_who_is_delivered_to_daily_and_never_orders_is_engaged() -> None:
    days = [a_fact(FactType.DELIVERY_COMPLETED, BEGIN + timedelta(days=day, hours=1), day) for day in range(40)]
    twice = a_fact(FactType.DELIVERY_COMPLETED, BEGIN + timedelta(hours=2), 99)
    lifecycle = told([a_fact(FactType.SIGNUP, BEGIN), twice, *days], BEGIN + timedelta(days=40)).lifecycle
    assert (lifecycle.status, lifecycle.orders_valid) == (ENGAGED, 40)


def test_who_comes_back_is_reactivated_or_won_back() -> None:
    orders = [a_fact(FactType.ORDER_PLACED, BEGIN + timedelta(days=days), days) for days in (0, 40, 140)]
    lifecycle = told(orders, BEGIN + timedelta(days=140)).lifecycle
    assert lifecycle.status is ENGAGED
    assert lifecycle.reactivated_at == BEGIN + timedelta(days=40)
    assert lifecycle.won_back_at == lifecycle.engaged_at == BEGIN + timedelta(days=140)
    assert (lifecycle.reactivations, lifecycle.churned_at) == (1, BEGIN + timedelta(days=100))


@pytest.mark.parametrize(
    ("inactive_days", "churn_days", "orders"), [(0, 60, 3), (60, 60, 3), (61, 60, 3), (-1, 60, 3), (30, 60, 1)]
)
def test_thresholds_that_contradict_each_other_are_refused(inactive_days: int, churn_days: int, orders: int) -> None:
    with pytest.raises(ImpossiblePolicy):
        ActivationPolicy(timedelta(days=inactive_days), timedelta(days=churn_days), orders)


def _clock_of(lifecycle: Lifecycle) -> tuple[object, ...]:
    return (lifecycle.status, lifecycle.next_transition_at, lifecycle.next_status)
