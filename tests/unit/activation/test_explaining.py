"""Each status is explained by the instants and thresholds it follows from, and by what time changes next."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.activation.explaining import explain
from roundsman.activation.facts import Fact, FactType
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.machine import fold
from roundsman.activation.policy import ActivationPolicy
from tests.histories import BEGIN, INSTANTS, a_fact, histories

POLICY = ActivationPolicy()
DAY = timedelta(days=1)
SIGNUP = a_fact(FactType.SIGNUP, BEGIN)
LOGIN = a_fact(FactType.LOGIN, BEGIN + DAY)
ORDERS = [a_fact(FactType.ORDER_PLACED, BEGIN + number * DAY, number) for number in (2, 3, 4)]


@pytest.mark.parametrize(
    ("facts", "days", "status", "evidence", "next_at"),
    [
        ([SIGNUP], 5, "new", {"first sign-in": None, "last activity": BEGIN}, BEGIN + 60 * DAY),
        ([SIGNUP, LOGIN], 5, "onboarded", {"first sign-in": BEGIN + DAY}, BEGIN + 61 * DAY),
        ([SIGNUP, ORDERS[0]], 5, "active", {"last order": BEGIN + 2 * DAY}, BEGIN + 32 * DAY),
        ([SIGNUP, *ORDERS], 5, "engaged", {"last order": BEGIN + 4 * DAY}, BEGIN + 34 * DAY),
        ([SIGNUP, *ORDERS], 34, "inactive", {"last activity": BEGIN + 4 * DAY}, BEGIN + 64 * DAY),
        ([SIGNUP, *ORDERS], 64, "churned", {"last activity": BEGIN + 4 * DAY}, None),
    ],
)
def test_a_status_is_explained_by_what_it_follows_from(
    facts: list[Fact], days: int, status: str, evidence: dict[str, datetime], next_at: datetime | None
) -> None:
    explanation = explain(fold(facts, POLICY, until=BEGIN + days * DAY).lifecycle, POLICY)
    assert explanation.status == status
    assert explanation.next_at == next_at
    assert evidence.items() <= {one.what: one.at for one in explanation.evidence}.items()
    assert "days" in explanation.rule


@given(facts=histories(), now=INSTANTS)
def test_the_next_change_is_the_one_that_comes(facts: list[Fact], now: datetime) -> None:
    explanation = explain(fold(facts, POLICY, until=now).lifecycle, POLICY)
    past = [fact for fact in facts if fact.occurred_at <= now]
    assert (explanation.next_at is None) == (explanation.status in {None, ActivationStatus.CHURNED})
    if explanation.next_at is not None:
        assert fold(past, POLICY, until=explanation.next_at).lifecycle.status == explanation.next_status
        thresholds = [one.reached_at for one in explanation.evidence if one.threshold]
        assert explanation.next_at in thresholds


@given(orders=st.integers(2, 9), days=st.integers(1, 40))
def test_the_thresholds_that_hold_are_named(orders: int, days: int) -> None:
    policy = ActivationPolicy(timedelta(days=days), timedelta(days=days + 1), orders)
    explanation = explain(fold([SIGNUP, ORDERS[0]], policy, until=BEGIN + 2 * DAY).lifecycle, policy)
    assert f"fewer than {orders} orders" in explanation.rule
