"""The thresholds that count are those with which `serve` or the worker was started last; everything else goes by them."""

from datetime import timedelta

from roundsman.activation.facts import FactType
from roundsman.activation.policies import settle_policy
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.tracking import record_facts
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime, open_answering_runtime, open_runtime, open_working_runtime
from tests.histories import BEGIN, CUSTOMER, a_fact


async def test_only_what_runs_on_settles_other_thresholds(runtime: Runtime) -> None:
    stricter = runtime.settings.model_copy(update={"inactive_after_days": 20})
    before = runtime.activation

    async with open_runtime(stricter) as command:
        assert command.activation == before
    async with open_working_runtime(stricter) as worker:
        assert (worker.activation.inactive_after, worker.activation.version) == (timedelta(days=20), before.version + 1)
    async with open_runtime(runtime.settings) as command:
        assert command.activation == worker.activation
    async with open_answering_runtime(stricter) as server:
        assert server.activation == worker.activation


async def test_a_process_that_began_with_other_thresholds_does_not_tell_anybody_back(tx: Tx) -> None:
    before = await settle_policy(tx, ActivationPolicy(), now=BEGIN)
    stricter = await settle_policy(tx, ActivationPolicy(inactive_after=timedelta(days=10)), now=BEGIN)
    day = timedelta(days=1)
    await record_facts(tx, CUSTOMER, [a_fact(FactType.ORDER_PLACED, BEGIN)], policy=stricter, now=BEGIN)

    told = await record_facts(
        tx, CUSTOMER, [a_fact(FactType.INTERACTION, BEGIN + day)], policy=before, now=BEGIN + 12 * day
    )

    assert (told.tracked.lifecycle.status, told.tracked.policy_version) == ("inactive", stricter.version)
