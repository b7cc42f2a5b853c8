"""The sweep writes what time has done, as if it had come by at each due instant."""

import asyncio
from datetime import timedelta

from bson import ObjectId

from roundsman.activation.facts import Fact, FactType
from roundsman.activation.lifecycle import TIMER, ActivationStatus
from roundsman.activation.machine import fold
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.sweep import Swept, last_swept_at, sweep
from roundsman.activation.tracking import find_tracked, record_facts, transitions_of
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from tests.histories import BEGIN, a_fact

POLICY = ActivationPolicy()


async def some_people(tx: Tx, count: int) -> dict[UserId, list[Fact]]:
    people: dict[UserId, list[Fact]] = {}
    for number in range(count):
        user = UserId(ObjectId())
        facts = [a_fact(FactType.SIGNUP, BEGIN, subject=user)]
        if number % 3:
            facts.append(a_fact(FactType.ORDER_PLACED, BEGIN + timedelta(hours=number), 1, user))
        await record_facts(tx, user, facts, policy=POLICY, now=BEGIN + timedelta(days=5))
        people[user] = facts
    return people


async def test_a_sweep_that_comes_a_week_late_writes_the_due_instants(tx: Tx) -> None:
    people = await some_people(tx, 30)
    late = BEGIN + timedelta(days=97)
    swept = await asyncio.gather(*(sweep(tx, policy=POLICY, now=late) for _ in range(3)))
    assert sum(one.moved for one in swept) == 30
    for user, facts in people.items():
        told = fold(facts, POLICY, until=late)
        assert tuple(await transitions_of(tx, user)) == told.transitions
        assert told.transitions[-1].cause == TIMER
        tracked = await find_tracked(tx, user)
        assert tracked is not None
        assert tracked.lifecycle == told.lifecycle
    assert await last_swept_at(tx) == late
    assert await sweep(tx, policy=POLICY, now=late) == Swept(0, 0)


async def test_who_is_not_due_is_not_touched(tx: Tx) -> None:
    people = await some_people(tx, 4)
    before = [await find_tracked(tx, user) for user in people]
    assert await sweep(tx, policy=POLICY, now=BEGIN + timedelta(days=20)) == Swept(0, 0)
    assert [await find_tracked(tx, user) for user in people] == before


async def test_after_a_change_of_the_thresholds_everybody_is_told_anew(tx: Tx) -> None:
    people = await some_people(tx, 3)
    now = BEGIN + timedelta(days=6)
    stricter = ActivationPolicy(inactive_after=timedelta(days=3), version=2)
    assert await sweep(tx, policy=stricter, now=now) == Swept(0, 3)
    statuses = []
    for user in people:
        tracked = await find_tracked(tx, user)
        assert tracked is not None
        statuses.append(tracked.lifecycle.status)
    assert statuses == [ActivationStatus.NEW, ActivationStatus.INACTIVE, ActivationStatus.INACTIVE]


async def test_whoever_is_told_of_a_move_is_told_once_and_with_it(tx: Tx) -> None:
    await some_people(tx, 3)
    told = []

    async def tell(_tx: Tx, user_id: UserId, recorded: object) -> None:
        assert _tx.session is not None
        told.append((user_id, recorded))

    for _ in range(2):
        await sweep(tx, policy=POLICY, now=BEGIN + timedelta(days=31), tell=tell)
    assert len(told) == 2
