"""The table of what follows is what the machine does: all of it, and nothing else."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

from hypothesis import given, settings

from roundsman.activation.facts import Fact, FactType
from roundsman.activation.lifecycle import TIMER, ActivationStatus
from roundsman.activation.machine import fold
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.table import TABLE, Event
from roundsman.cli.activation import activation_page
from tests.depth import depth
from tests.histories import BEGIN, CUSTOMER, histories

POLICY = ActivationPolicy()
PAGE = Path(__file__).parents[3] / "docs" / "activation.md"
Seen = dict[tuple[ActivationStatus, Event], set[ActivationStatus]]


def event_of(fact: Fact, past: list[Fact]) -> Event | None:
    """What a fact is in the table; None for a cancellation of nothing that counted, and for a sign-up."""
    match fact.type:
        case FactType.LOGIN:
            return Event.SIGN_IN
        case FactType.SIGNUP:
            return None
        case FactType.ORDER_CANCELLED:
            if not any(one.type is FactType.ORDER_PLACED and one.source_id == fact.source_id for one in past):
                return None
            return Event.CANCELLED_BY_CUSTOMER if fact.by_customer else Event.CANCELLED_BY_OTHERS
    before = fold(past, POLICY, until=fact.occurred_at).lifecycle.orders_valid
    after = fold([*past, fact], POLICY, until=fact.occurred_at).lifecycle.orders_valid
    if after > before:
        return Event.ORDER
    return Event.ACTIVITY if fact.is_activity else Event.NO_ACTIVITY


def observe_last(past: list[Fact], fact: Fact, seen: Seen) -> None:
    """Note what followed from a fact that stands alone at its instant and is later than all others."""
    before = fold(past, POLICY, until=fact.occurred_at).lifecycle.status
    after = fold([*past, fact], POLICY, until=fact.occurred_at).lifecycle.status
    if before and after and (event := event_of(fact, past)):
        seen[before, event].add(after)


def observe_clock(facts: list[Fact], seen: Seen) -> None:
    """Note what followed from time alone."""
    for one in fold(facts, POLICY, until=BEGIN + timedelta(days=400)).transitions:
        if one.before and one.cause == TIMER:
            seen[one.before, Event.CLOCK].add(one.after)


def observe(facts: list[Fact], seen: Seen) -> None:
    """Note what followed from each fact that stood alone at its instant, and from time alone."""
    at: dict[datetime, list[Fact]] = defaultdict(list)
    for fact in facts:
        at[fact.occurred_at].append(fact)
    past: list[Fact] = []
    for instant in sorted(at):
        if len(at[instant]) == 1:
            observe_last(past, at[instant][0], seen)
        past += at[instant]
    observe_clock(facts, seen)


@settings(max_examples=depth(test=200, proof=10_000))
@given(facts=histories())
def test_nothing_happens_that_the_table_does_not_say(facts: list[Fact]) -> None:
    seen: Seen = defaultdict(set)
    observe(facts, seen)
    for (before, event), after in seen.items():
        assert after <= TABLE[before][event], (before, event)


def test_everything_happens_that_the_table_says() -> None:
    """Every short history of sign-ins and orders, days or months apart, and one fact of any kind after it."""
    seen: Seen = defaultdict(set)
    signed_up = _a_fact(FactType.SIGNUP, 0, 0)
    for length, days in product((1, 2, 3, 4), (1, 31)):
        for chosen in product((FactType.LOGIN, FactType.ORDER_PLACED, FactType.INTERACTION), repeat=length):
            past = [signed_up, *(_a_fact(type_, number, number * days + 1) for number, type_ in enumerate(chosen))]
            for later in (0, 31, 61):
                for last in _one_more(past, (length - 1) * days + 2 + later):
                    observe_last(past, last, seen)
            observe_clock(past, seen)
    for before, following in TABLE.items():
        assert {event: seen[before, event] for event in Event} == following, before


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text("utf-8") == activation_page(POLICY) + "\n"


def _one_more(past: list[Fact], day: int) -> Iterator[Fact]:
    """A fact of each kind, and the cancellation of the last order, by the customer and by somebody else."""
    for kind in (FactType.LOGIN, FactType.ORDER_PLACED, FactType.INTERACTION, FactType.STAFF_CONTACT):
        yield _a_fact(kind, 99, day)
    for order in [fact for fact in past if fact.type is FactType.ORDER_PLACED][-1:]:
        cancelled = _a_fact(FactType.ORDER_CANCELLED, 0, day)
        for by_customer in (True, False):
            yield replace(cancelled, source_id=order.source_id, by_customer=by_customer)


def _a_fact(type_: FactType, number: int, day: int) -> Fact:
    return Fact(type_, CUSTOMER, f"{number}", BEGIN + timedelta(days=day))
