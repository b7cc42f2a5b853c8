"""Facts as they are written: whatever their order, repetition and company, what is stored is what the rule says."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roundsman.activation.dashboard import read_dashboard
from roundsman.activation.facts import Ahead, Fact, FactType
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.machine import fold
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.recorded_facts import FactAhead
from roundsman.activation.rollups import rebuild, roll_up
from roundsman.activation.tracked import Tracked, Traits
from roundsman.activation.tracking import advance, find_tracked, record_facts, refold, transitions_of
from roundsman.database.collections import ACTIVATION_DAYS, FACT_CONFLICTS, FACTS, LIFECYCLES, TRANSITIONS
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from tests.depth import depth
from tests.histories import BEGIN, CUSTOMER, INSTANTS, MILLISECOND, a_fact, histories
from tests.storage.activation.crowds import TRAITS, rollups_of

POLICY = ActivationPolicy()
NOW = BEGIN + timedelta(days=400)
EXAMPLES = settings(
    max_examples=depth(test=40, proof=1_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def empty(tx: Tx) -> None:
    for name in (FACTS, LIFECYCLES, TRANSITIONS, FACT_CONFLICTS):
        await tx.database[name].delete_many({})


async def require_told(tx: Tx, facts: Sequence[Fact], user: UserId = CUSTOMER, *, now: datetime = NOW) -> Tracked:
    """What is stored is the fold of the facts: the lifecycle, and the transitions that hold."""
    told = fold(facts, POLICY, until=now)
    tracked = await find_tracked(tx, user)
    assert tracked is not None
    assert tracked.lifecycle == told.lifecycle
    assert tuple(await transitions_of(tx, user)) == told.transitions
    return tracked


@EXAMPLES
@given(facts=histories(), chance=st.randoms(use_true_random=False))
async def test_in_whatever_portions_and_order_facts_come_the_end_is_their_fold(
    tx: Tx, facts: list[Fact], chance: Random
) -> None:
    await empty(tx)
    left = [*facts, *facts[:2]]
    while left:
        size = chance.randint(1, 3)
        await record_facts(tx, CUSTOMER, left[:size], policy=POLICY, now=NOW)
        left = left[size:]
    await require_told(tx, facts)


@EXAMPLES
@given(facts=histories(), chance=st.randoms(use_true_random=False))
async def test_what_is_told_otherwise_is_corrected_and_the_end_is_the_fold_of_the_last_tellings(
    tx: Tx, facts: list[Fact], chance: Random
) -> None:
    await empty(tx)
    left = [*facts, *(a_correction(fact) for fact in facts if chance.random() < 0.5)]
    chance.shuffle(left)
    last = {fact.key: fact for fact in left}
    while left:
        size = chance.randint(1, 3)
        await record_facts(tx, CUSTOMER, left[:size], policy=POLICY, now=NOW)
        left = left[size:]
    await require_told(tx, list(last.values()))
    assert await tx.database[FACT_CONFLICTS].count_documents({}) == 0


def a_correction(fact: Fact) -> Fact:
    return replace(
        fact,
        amount_paise=fact.amount_paise + 1_000,
        by_customer=fact.type is FactType.ORDER_CANCELLED and not fact.by_customer,
        order_id=None if fact.order_id else "o",
    )


@EXAMPLES
@given(facts=histories(), instants=st.lists(INSTANTS, max_size=4))
async def test_what_comes_live_with_a_sweep_now_and_then_ends_as_what_comes_at_once(
    tx: Tx, facts: list[Fact], instants: list[datetime]
) -> None:
    """Each fact comes when it happens; a late one, when the clock has already moved the person, withdraws that."""
    await empty(tx)
    late = facts[0]
    for fact in sorted(facts[1:], key=lambda one: one.occurred_at):
        await record_facts(tx, CUSTOMER, [fact], policy=POLICY, now=fact.occurred_at)
        for now in sorted(instants):
            if now >= fact.occurred_at:
                await advance(tx, CUSTOMER, policy=POLICY, now=now)
    await record_facts(tx, CUSTOMER, [late], policy=POLICY, now=NOW)
    await advance(tx, CUSTOMER, policy=POLICY, now=NOW)
    await require_told(tx, facts)


async def test_many_writers_of_one_person_end_as_if_they_had_come_one_after_another(tx: Tx) -> None:
    facts = [a_fact(FactType.SIGNUP, BEGIN)]
    facts += [
        a_fact(
            FactType.ORDER_CANCELLED if number % 7 == 3 else FactType.ORDER_PLACED,
            BEGIN + timedelta(hours=number * 37 % 1500),
            number // 2,
        )
        for number in range(64)
    ]
    facts = list({fact.key: fact for fact in facts}.values())
    told = [fact for fact in facts for _ in range(2)]
    Random(7).shuffle(told)  # noqa: S311  any order will do
    await asyncio.gather(*(record_facts(tx, CUSTOMER, [fact], policy=POLICY, now=NOW) for fact in told[:64]))
    await asyncio.gather(*(record_facts(tx, CUSTOMER, [fact], policy=POLICY, now=NOW) for fact in told[64:]))
    await require_told(tx, facts)
    assert await tx.database[FACTS].count_documents({}) == len(facts)


async def test_many_writers_of_many_people_end_as_if_they_had_come_one_after_another(tx: Tx) -> None:
    chance = Random(11)  # noqa: S311  any order will do
    people = [UserId(ObjectId()) for _ in range(depth(test=100, proof=1_000))]
    told = [
        a_fact(chance.choice(list(FactType)), BEGIN + timedelta(hours=chance.randrange(3_000)), number, person)
        for person in people
        for number in range(6)
    ]
    told = list({fact.key: fact for fact in told}.values())
    chance.shuffle(told)
    writers = asyncio.gather(*(_telling(tx, told[writer::64]) for writer in range(64)))
    while not writers.done():
        await roll_up(tx, now=NOW)
    await writers
    await roll_up(tx, now=NOW)
    counted = await rollups_of(tx)
    assert sum(row["count"] for row in counted[ACTIVATION_DAYS][-1]["all_stock"]) > len(people) // 2
    await rebuild(tx, now=NOW)
    assert await rollups_of(tx) == counted
    for person in people:
        await require_told(tx, [fact for fact in told if fact.subject == person], person)


async def _telling(tx: Tx, facts: Sequence[Fact]) -> None:
    for fact in facts:
        traits = TRAITS[fact.occurred_at.day % len(TRAITS)]
        await record_facts(tx, fact.subject, [fact], policy=POLICY, now=NOW, traits=traits)


async def test_a_second_telling_that_says_something_else_is_kept_for_people_and_changes_nothing(tx: Tx) -> None:
    first = a_fact(FactType.ORDER_PLACED, BEGIN)
    await record_facts(tx, CUSTOMER, [first], policy=POLICY, now=NOW)
    other = a_fact(FactType.ORDER_PLACED, BEGIN + timedelta(days=1))
    for _ in range(2):
        recorded = await record_facts(tx, CUSTOMER, [other], policy=POLICY, now=NOW)
        assert recorded.contradicting == (other.key,)
    assert await tx.database[FACT_CONFLICTS].count_documents({"key": first.key}) == 1
    await require_told(tx, [first])


async def test_the_same_told_again_writes_nothing(tx: Tx) -> None:
    fact = a_fact(FactType.ORDER_PLACED, BEGIN)
    first = await record_facts(tx, CUSTOMER, [fact], policy=POLICY, now=BEGIN)
    again = await record_facts(tx, CUSTOMER, [fact], policy=POLICY, now=BEGIN)
    assert (first.new, again.known) == ((fact.key,), (fact.key,))
    assert again.tracked.seq == first.tracked.seq


async def test_a_corrected_amount_is_corrected_once_and_counted(tx: Tx) -> None:
    first = a_fact(FactType.PAYMENT_SUCCEEDED, BEGIN, amount_paise=50_000)
    corrected = replace(first, amount_paise=5_000)
    facts = [a_fact(FactType.SIGNUP, BEGIN), first, a_fact(FactType.ORDER_PLACED, BEGIN)]
    await record_facts(tx, CUSTOMER, facts, policy=POLICY, now=BEGIN)
    await roll_up(tx, now=BEGIN)
    once = await record_facts(tx, CUSTOMER, [corrected], policy=POLICY, now=BEGIN)
    again = await record_facts(tx, CUSTOMER, [corrected], policy=POLICY, now=BEGIN)
    assert (once.corrected, once.known, once.transitions, once.withdrawn) == ((first.key,), (), (), 0)
    assert (again.corrected, again.known, again.tracked) == ((), (first.key,), once.tracked)
    assert again.tracked.lifecycle.revenue_paise == 5_000
    await roll_up(tx, now=BEGIN)
    dashboard = await read_dashboard(tx, policy=POLICY, now=BEGIN)
    assert sum(one.revenue_paise for one in dashboard.statuses) == 5_000


async def test_what_lies_ahead_is_refused_waits_or_is_clamped(tx: Tx) -> None:
    day = BEGIN + timedelta(days=2)
    with pytest.raises(FactAhead, match="tell it when it has happened"):
        await record_facts(tx, CUSTOMER, [a_fact(FactType.ORDER_PLACED, day)], policy=POLICY, now=BEGIN)
    waits = a_fact(FactType.ORDER_PLACED, day, ahead=Ahead.WAITS)
    seen = a_fact(FactType.INTERACTION, day, ahead=Ahead.CLAMPED)
    signup = a_fact(FactType.SIGNUP, BEGIN)
    recorded = await record_facts(tx, CUSTOMER, [signup, waits, seen], policy=POLICY, now=BEGIN)
    assert recorded.tracked.lifecycle.status is ActivationStatus.NEW
    assert recorded.tracked.due_at == day

    assert await advance(tx, CUSTOMER, policy=POLICY, now=day - MILLISECOND) is None
    moved = await advance(tx, CUSTOMER, policy=POLICY, now=day + timedelta(hours=1))
    assert moved is not None
    assert [(one.after, one.effective_at) for one in moved.transitions] == [(ActivationStatus.ACTIVE, day)]
    again = await record_facts(tx, CUSTOMER, [seen], policy=POLICY, now=day)
    assert again.known == (seen.key,)


async def test_another_policy_tells_the_history_anew_and_removes_nothing(tx: Tx) -> None:
    facts = [a_fact(FactType.SIGNUP, BEGIN), a_fact(FactType.ORDER_PLACED, BEGIN + timedelta(days=1))]
    await record_facts(tx, CUSTOMER, facts, policy=POLICY, now=BEGIN + timedelta(days=20))
    stricter = ActivationPolicy(inactive_after=timedelta(days=10), version=2)
    recorded = await refold(tx, CUSTOMER, policy=stricter, now=BEGIN + timedelta(days=20))
    assert (recorded.tracked.lifecycle.status, recorded.tracked.policy_version) == (ActivationStatus.INACTIVE, 2)
    assert await tx.database[TRANSITIONS].count_documents({}) == 3


async def test_where_a_person_lives_is_known_of_all_his_transitions(tx: Tx) -> None:
    fact = a_fact(FactType.SIGNUP, BEGIN)
    await record_facts(tx, CUSTOMER, [fact], policy=POLICY, now=BEGIN, traits=Traits("Baner", "self"))
    await record_facts(tx, CUSTOMER, [], policy=POLICY, now=BEGIN, traits=Traits("Aundh", "self"))
    stored = await tx.database[TRANSITIONS].find_one({})
    assert stored is not None
    assert (stored["area"], stored["pending"]) == ("Aundh", True)
