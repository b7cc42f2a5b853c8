"""Shares, percentiles and funnels: nothing above a hundred per cent, and no step with more people than the one before."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.activation.facts import FactType
from roundsman.activation.figures import funnel_of, percent, percentile, plan_keys_of, stage_times_of
from roundsman.activation.machine import fold
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.tallies import Step, added, hours_between, tally_document, tally_from, tally_of, without
from roundsman.activation.tracked import Tracked
from tests.histories import BEGIN, CUSTOMER, a_fact, histories

PEOPLE = st.lists(
    st.builds(
        lambda facts, unknown: Tracked(
            CUSTOMER,
            fold(facts, ActivationPolicy(), until=BEGIN + timedelta(days=155)).lifecycle,
            login_unknown=unknown,
        ),
        histories(),
        st.booleans(),
    ),
    max_size=4,
)


@pytest.mark.parametrize(
    ("part", "whole", "share"), [(1050, 2000, 52.5), (950, 1050, 90.5), (1, 3, 33.3), (2, 3, 66.7), (0, 0, None)]
)
def test_shares_have_one_decimal(part: int, whole: int, share: float | None) -> None:
    assert percent(part, whole) == share


@given(values=st.lists(st.integers(0, 500), min_size=1), share=st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values: list[int], share: int) -> None:
    found = percentile(Counter(values), share)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= share * len(values)
    assert sum(value < found for value in values) * 100 < share * len(values)


@pytest.mark.parametrize(
    ("period", "hours"),
    [
        (timedelta(hours=-5), 0),
        (timedelta(minutes=59), 0),
        (timedelta(hours=71, minutes=59), 71),
        (timedelta(hours=95), 72),
        (timedelta(hours=96), 96),
    ],
)
def test_hours_are_whole_below_three_days_and_days_above(period: timedelta, hours: int) -> None:
    assert hours_between(BEGIN, BEGIN + period) == hours


@given(people=PEOPLE, others=PEOPLE)
def test_tallies_add_up_and_are_read_as_they_were_written(people: list[Tracked], others: list[Tracked]) -> None:
    both = tally_of([*people, *others])
    assert tally_document(added([tally_of(people), tally_of(others)])) == tally_document(both)
    assert tally_document(without(added([both]), tally_of(others))) == tally_document(tally_of(people))
    assert tally_document(tally_from(tally_document(both))) == tally_document(both)


@given(people=PEOPLE)
def test_no_step_has_more_people_than_the_one_before_and_no_share_is_above_a_hundred(people: list[Tracked]) -> None:
    tally = tally_of(people)
    funnel = funnel_of(tally)
    counts = [one.count for one in funnel.steps]
    assert counts == sorted(counts, reverse=True)
    shares = [share for one in funnel.steps for share in (one.step_percent, one.total_percent) if share is not None]
    keys = plan_keys_of(tally, retained=None)
    shares += [share for share in (keys.signup_to_first_order, keys.first_order_to_active) if share is not None]
    shares += [one.not_converted_percent or 0 for one in stage_times_of(tally)]
    assert all(0 <= share <= 100 for share in shares)
    assert tally.steps[Step.SIGNED_UP] == len(people)


def test_nobody_waits_for_the_first_login_of_whom_nobody_can_say_whether_he_signed_in() -> None:
    facts = [a_fact(FactType.SIGNUP, BEGIN), a_fact(FactType.LOGIN, BEGIN + timedelta(days=9))]
    alone, signed_in = (
        fold(some, ActivationPolicy(), until=BEGIN + timedelta(days=9)).lifecycle for some in (facts[:1], facts)
    )
    people = [Tracked(CUSTOMER, one, login_unknown=unknown) for one in (alone, signed_in) for unknown in (True, False)]
    to_login, to_order, *_ = stage_times_of(tally_of(people))
    assert (to_login.begun, to_login.converted, to_login.not_converted_percent) == (2, 1, 50.0)
    assert to_order.begun == 4
