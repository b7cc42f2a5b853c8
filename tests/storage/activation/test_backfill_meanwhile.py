"""Histories stored in bulk while live facts come, and broken off: whoever was first, nobody's history is half told."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from bson import ObjectId

from roundsman.activation.backfill import History, mend_half_stored, store_histories, untold
from roundsman.activation.facts import Fact, FactType
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.machine import fold
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.tracked import Traits
from roundsman.activation.tracking import find_tracked, record_facts, transitions_of
from roundsman.database.collections import FACTS, LIFECYCLES, SYSTEM, TRANSITIONS
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId
from tests.depth import depth
from tests.histories import BEGIN, CUSTOMER, a_fact

POLICY = ActivationPolicy()
NOW = BEGIN + timedelta(days=20)


def a_history(user: UserId) -> History:
    """Somebody who signed up and has ordered on each of five days since."""
    orders = [a_fact(FactType.ORDER_PLACED, BEGIN + timedelta(days=day), day, user) for day in range(1, 6)]
    return History(user, [a_fact(FactType.SIGNUP, BEGIN, subject=user), *orders], Traits())


async def require_told(tx: Tx, user: UserId, facts: list[Fact]) -> None:
    told, tracked = fold(facts, POLICY, until=NOW), await find_tracked(tx, user)
    assert tracked is not None
    assert tracked.lifecycle == told.lifecycle
    assert tuple(await transitions_of(tx, user)) == told.transitions


async def at_rest(tx: Tx) -> None:
    """Wait until the server does nothing any more for whom nobody waits."""
    mine: Document = {
        "ns": {"$regex": f"^{tx.database.name}[.]"},
        "op": {"$in": ["insert", "update", "remove", "command"]},
    }
    while (await tx.database.client.admin.command("currentOp", **mine))["inprog"]:  # noqa: ASYNC110 - the server decides
        await asyncio.sleep(0.001)


async def test_who_signs_in_after_a_backfill_was_broken_off_keeps_what_it_had_written(tx: Tx) -> None:
    history = a_history(CUSTOMER)
    await store_histories(tx, [history], policy=POLICY, now=NOW)
    await tx.database[LIFECYCLES].delete_many({})
    signup, login = history.facts[0], a_fact(FactType.LOGIN, BEGIN + timedelta(days=10))

    recorded = await record_facts(tx, CUSTOMER, [signup, login], policy=POLICY, now=NOW)

    assert recorded.tracked.lifecycle.status is ActivationStatus.ENGAGED
    await require_told(tx, CUSTOMER, [*history.facts, login])


@pytest.mark.parametrize("live", [True, False])
async def test_what_is_corrected_after_a_backfill_was_broken_off_is_told_as_it_is_now(tx: Tx, *, live: bool) -> None:
    paid = a_fact(FactType.PAYMENT_SUCCEEDED, BEGIN + timedelta(days=1), amount_paise=50_000)
    facts, corrected = a_history(CUSTOMER).facts, replace(paid, amount_paise=5_000)
    await store_histories(tx, [History(CUSTOMER, [*facts, paid], Traits())], policy=POLICY, now=NOW)
    await tx.database[LIFECYCLES].delete_many({})
    if live:
        await record_facts(tx, CUSTOMER, [corrected], policy=POLICY, now=NOW)
    else:
        await store_histories(tx, [History(CUSTOMER, [*facts, corrected], Traits())], policy=POLICY, now=NOW)
    await require_told(tx, CUSTOMER, [*facts, corrected])


async def test_broken_off_at_any_instant_while_live_facts_come_everybody_ends_as_the_fold_of_his(tx: Tx) -> None:
    chance = Random(5)  # noqa: S311 - a test that must repeat
    for _ in range(depth(test=25, proof=500)):
        people = [UserId(ObjectId()) for _ in range(4)]
        histories = [a_history(user) for user in people]
        logins = {user: a_fact(FactType.LOGIN, BEGIN + timedelta(days=10), 0, user) for user in people}
        storing = asyncio.create_task(store_histories(tx, histories, policy=POLICY, now=NOW))
        telling = asyncio.gather(
            *(
                record_facts(tx, one.user_id, [one.facts[0], logins[one.user_id]], policy=POLICY, now=NOW)
                for one in histories
            )
        )
        await asyncio.sleep(0.03 * chance.random())
        storing.cancel()
        await asyncio.gather(storing, telling, return_exceptions=True)
        assert telling.exception() is None
        await at_rest(tx)

        await mend_half_stored(tx, policy=POLICY, now=NOW)
        left = await untold(tx, histories)
        await store_histories(tx, left.new, policy=POLICY, now=NOW)
        for one in left.news:
            await record_facts(tx, one.user_id, one.facts, policy=POLICY, now=NOW)

        for history in histories:
            await require_told(tx, history.user_id, [*history.facts, logins[history.user_id]])
    assert await tx.database[SYSTEM].count_documents({"_id": {"$regex": "^storing_histories:"}}) == 0
    assert await tx.database[FACTS].count_documents({}) == 7 * 4 * depth(test=25, proof=500)
    assert await tx.database[TRANSITIONS].count_documents({}) > 0
