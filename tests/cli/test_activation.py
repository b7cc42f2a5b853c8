"""The commands of the activation pipeline, as an operator uses them."""

import asyncio
import json
from datetime import timedelta
from typing import Final

from roundsman.activation.facts import Fact, FactType
from roundsman.activation.policies import settle_policy
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.tracking import find_tracked
from roundsman.audit_log.entries import SYSTEM
from roundsman.database.collections import OUTBOX
from roundsman.notifications.messages import Channel, Template
from roundsman.notifications.switches import Switch
from roundsman.operations.accounts.sign_up import SignUp, sign_up_customer
from roundsman.operations.facts.activation_messages import switch_message
from roundsman.operations.facts.fact_intake import tell
from roundsman.runtime import Runtime
from tests.commands import RoundsmanCommand

DAY: Final = timedelta(days=1)
SIGN_UP: Final = SignUp("Asha", "98200 12345")


async def test_whoever_is_due_is_moved_on_without_a_worker_and_told_of_it(
    roundsman: RoundsmanCommand, runtime: Runtime
) -> None:
    now, policy = runtime.clock(), runtime.activation
    switch = Switch(Template.WE_MISS_YOU, on=True, channels=(Channel.SMS,))
    await switch_message(runtime.tx, switch, actor=SYSTEM, now=now)
    signed_up = await sign_up_customer(runtime.tx, SIGN_UP, actor=SYSTEM, policy=policy, now=now - 40 * DAY)
    order = Fact(FactType.ORDER_PLACED, signed_up.user_id, "o-1", now - 30 * DAY)
    await tell(runtime.tx, signed_up.user_id, [order], policy=policy, now=now - 30 * DAY)

    swept = [await asyncio.to_thread(roundsman, "activation", "sweep", *options) for options in (["--json"], [])]

    assert json.loads(swept[0].stdout) == {"moved": 1, "refolded": 0}
    assert swept[1].stdout == "Moved 0 customers on.\n"
    assert await runtime.tx.database[OUTBOX].count_documents({}) == 1
    shown = json.loads((await asyncio.to_thread(roundsman, "activation", "dashboard", "--json")).stdout)
    assert {one["status"]: one["count"] for one in shown["statuses"]}["inactive"] == 1
    assert shown["sweep"]["rolled_up_at"] is not None


async def test_a_sweep_goes_by_the_newest_thresholds(roundsman: RoundsmanCommand, runtime: Runtime) -> None:
    now = runtime.clock()
    signed_up = await sign_up_customer(runtime.tx, SIGN_UP, actor=SYSTEM, policy=runtime.activation, now=now - 20 * DAY)
    await settle_policy(runtime.tx, ActivationPolicy(10 * DAY, 15 * DAY), now=now)

    swept = await asyncio.to_thread(roundsman, "activation", "sweep")

    assert "Told the histories of 1 anew" in swept.stdout
    tracked = await find_tracked(runtime.tx, signed_up.user_id)
    assert tracked is not None
    assert tracked.lifecycle.status == "churned"


def test_a_report_goes_by_the_thresholds_that_count_and_says_that_the_settings_are_others(
    roundsman: RoundsmanCommand, runtime: Runtime
) -> None:
    assert runtime.activation.inactive_after.days == 30
    elsewhere = roundsman.with_settings(ROUNDSMAN_INACTIVE_AFTER_DAYS="20")

    for _ in range(2):
        reported = elsewhere("activation", "what-if", "--engaged-orders", "4", "--json")
        assert json.loads(reported.stdout)["inactive_days"] == 30
        assert "say inactive after 20 days" in reported.stderr
        assert "start the worker and the server with these settings" in reported.stderr
    assert roundsman("activation", "dashboard").stderr == ""
