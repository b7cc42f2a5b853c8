"""What customers are told as they come and go: once, over each channel, only where it is on and wanted."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from roundsman.activation.facts import Fact, FactType
from roundsman.activation.policies import settle_policy
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.tracking import advance, record_facts, refold
from roundsman.audit_log.entries import SYSTEM
from roundsman.customers.linkage import insert_customers
from roundsman.database.collections import AUDIT_LOG, OUTBOX
from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.users import Identifier, User, UserStatus
from roundsman.migration.backfilling import backfill
from roundsman.notifications.messages import ACTIVATION_TEMPLATES, Channel, Template
from roundsman.notifications.outbox import claim_next, note_failed
from roundsman.notifications.switches import Switch
from roundsman.operations.accounts.sign_up import SignUp, sign_up_customer
from roundsman.operations.facts.activation_messages import choose_messages, put_notices, switch_message
from roundsman.operations.facts.fact_intake import tell
from roundsman.operations.joining.merging import merge_users
from roundsman.orders.history import insert_orders
from tests.builders import NOW, a_customer, a_user
from tests.builders import an_order as an_order_taken
from tests.storage.test_outbox import Recorder, dispatcher

POLICY = ActivationPolicy()
BOTH = (Channel.SMS, Channel.EMAIL)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def switched_on(tx: Tx, *templates: Template, channels: Sequence[Channel] = (Channel.SMS,)) -> None:
    for one in templates or ACTIVATION_TEMPLATES:
        await switch_message(tx, Switch(one, on=True, channels=tuple(channels)), actor=SYSTEM, now=NOW)


async def settled(tx: Tx, status: UserStatus = UserStatus.ACTIVE) -> User:
    await insert_users(tx, [user := a_user(status=status)])
    await insert_customers(tx, [a_customer(user.id)])
    await insert_identifiers(tx, [Identifier("email:asha@example.in", (user.id,), NOW)])
    return user


def an_order(user: User, at: datetime, number: int = 1) -> Fact:
    return Fact(FactType.ORDER_PLACED, user.id, f"o-{number}", at)


async def swept(tx: Tx, user: User, now: datetime) -> None:
    async def work(tx: Tx) -> None:
        if recorded := await advance(tx, user.id, policy=POLICY, now=now):
            await put_notices(tx, user.id, recorded, now=now)

    await in_transaction(tx, work)


async def put_so_far(tx: Tx) -> list[tuple[str, str, str]]:
    found = await tx.database[OUTBOX].find().sort([("created_at", 1), ("template", 1), ("channel", 1)]).to_list()
    return [(one["template"], one["channel"], one["to"]) for one in found]


def of(*templates: str) -> list[tuple[str, str, str]]:
    return [(one, "sms", "+919876501234") for one in templates]


async def test_each_change_that_is_an_occasion_has_its_message(tx: Tx) -> None:
    await switched_on(tx)
    user = await settled(tx)
    await tell(tx, user.id, [], policy=POLICY, now=NOW)
    await tell(tx, user.id, [Fact(FactType.LOGIN, user.id, "s", NOW + HOUR)], policy=POLICY, now=NOW + HOUR)
    await tell(tx, user.id, [an_order(user, NOW + DAY)], policy=POLICY, now=NOW + DAY)
    await swept(tx, user, NOW + 31 * DAY + HOUR)
    assert await put_so_far(tx) == of("welcome", "first_order", "we_miss_you")
    back = NOW + 33 * DAY
    await tell(tx, user.id, [an_order(user, back, 2)], policy=POLICY, now=back)
    assert await put_so_far(tx) == of("welcome", "first_order", "we_miss_you", "welcome_back")


async def test_there_is_one_a_transition_and_channel_however_often_and_by_however_many_it_is_told(tx: Tx) -> None:
    await switched_on(tx, channels=BOTH)
    user = await settled(tx)
    order = an_order(user, NOW + HOUR)
    for _ in range(2):
        await asyncio.gather(*(tell(tx, user.id, [order], policy=POLICY, now=NOW + HOUR) for _ in range(8)))
    assert await put_so_far(tx) == [
        ("first_order", "email", "asha@example.in"),
        *of("first_order"),
        ("welcome", "email", "asha@example.in"),
        *of("welcome"),
    ]


async def test_a_history_told_anew_does_not_say_again_what_it_said(tx: Tx) -> None:
    await switched_on(tx, Template.FIRST_ORDER, Template.WELCOME_BACK)
    user = await settled(tx)
    await tell(tx, user.id, [an_order(user, NOW + 2 * HOUR)], policy=POLICY, now=NOW + 2 * HOUR)
    await tell(tx, user.id, [an_order(user, NOW + HOUR, 2)], policy=POLICY, now=NOW + 3 * HOUR)
    assert await put_so_far(tx) == of("first_order")

    back = NOW + 40 * DAY
    await swept(tx, user, back)
    await tell(tx, user.id, [an_order(user, back, 3)], policy=POLICY, now=back)
    await tell(tx, user.id, [an_order(user, back - HOUR, 4)], policy=POLICY, now=back + HOUR)
    assert await put_so_far(tx) == of("first_order", "welcome_back")


async def test_nothing_is_said_where_it_is_off_late_or_nobody_is_to_be_reached(tx: Tx) -> None:
    off = await settled(tx)
    await tell(tx, off.id, [an_order(off, NOW + HOUR)], policy=POLICY, now=NOW + HOUR)
    await switched_on(tx)
    await refold(tx, off.id, policy=POLICY, now=NOW + 2 * HOUR)

    await insert_users(tx, [late := a_user(), blocked := a_user(status=UserStatus.DISABLED), unreachable := a_user()])
    await insert_customers(tx, [a_customer(late.id), a_customer(blocked.id)])
    await tell(tx, late.id, [an_order(late, NOW + HOUR, 2)], policy=POLICY, now=NOW + HOUR + 2 * DAY)
    await tell(tx, blocked.id, [], policy=POLICY, now=NOW)
    await tell(tx, unreachable.id, [], policy=POLICY, now=NOW)

    assert await put_so_far(tx) == []


async def test_a_backfill_and_a_merge_tell_nobody(tx: Tx) -> None:
    await switched_on(tx)
    await settle_policy(tx, POLICY, now=NOW)
    users = [await settled(tx), a_user()]
    await insert_users(tx, [users[1]])
    for number, user in enumerate(users):
        facts = [Fact(FactType.SIGNUP, user.id, str(user.id), NOW), an_order(user, NOW + HOUR, number)]
        await record_facts(tx, user.id, facts, policy=POLICY, now=NOW + HOUR)
    await merge_users(tx, [one.id for one in users], cause="review:x", actor=SYSTEM, now=NOW + HOUR)
    assert await put_so_far(tx) == []


async def test_who_opted_out_gets_nothing_also_as_part_of_another_until_he_opts_in(tx: Tx) -> None:
    await switched_on(tx)
    user, other = await settled(tx), a_user()
    await insert_users(tx, [other])
    await choose_messages(tx, other.id, wanted=False, actor=SYSTEM, now=NOW)
    await choose_messages(tx, other.id, wanted=False, actor=SYSTEM, now=NOW)
    merged = await merge_users(tx, [user.id, other.id], cause="review:x", actor=SYSTEM, now=NOW)
    assert merged.survivor == user.id
    await tell(tx, user.id, [], policy=POLICY, now=NOW)
    assert await put_so_far(tx) == []

    await choose_messages(tx, user.id, wanted=True, actor=SYSTEM, now=NOW)
    await tell(tx, user.id, [an_order(user, NOW + HOUR)], policy=POLICY, now=NOW + HOUR)
    assert await put_so_far(tx) == of("first_order")
    assert await tx.database[AUDIT_LOG].count_documents({"action": {"$regex": "^messages"}}) == 2


async def test_whom_an_import_brought_is_welcomed_when_he_first_signs_in(tx: Tx) -> None:
    await switched_on(tx)
    await insert_users(tx, [user := a_user()])
    await insert_customers(tx, [replace(a_customer(user.id), created_by="import:run")])
    login = Fact(FactType.LOGIN, user.id, "s", NOW + 5 * DAY)
    await tell(tx, user.id, [login], policy=POLICY, now=NOW + 5 * DAY)
    assert await put_so_far(tx) == of("welcome")


@pytest.mark.parametrize(
    ("hour", "sent"),
    [(2, "2026-04-01 10:00"), (10, "2026-04-01 10:00"), (20, "2026-04-01 20:00"), (21, "2026-04-02 10:00")],
)
async def test_nobody_is_missed_by_night(tx: Tx, hour: int, sent: str) -> None:
    """The hours are India's."""
    await switched_on(tx, Template.WE_MISS_YOU)
    user = await settled(tx)
    now = datetime(2026, 4, 1, hour, tzinfo=UTC) - timedelta(hours=5, minutes=30)
    await tell(tx, user.id, [an_order(user, now - 30 * DAY)], policy=POLICY, now=now - HOUR)
    await swept(tx, user, now)
    (message,) = await tx.database[OUTBOX].find().to_list()
    assert (message["next_at"] + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%d %H:%M") == sent
    assert message["useful_until"] - message["next_at"] >= DAY


NIGHT = datetime(2026, 4, 1, 16, 30, tzinfo=UTC)
"""Ten in the evening, in India."""
MORNING = NIGHT + 12 * HOUR


async def missed_by_night(tx: Tx) -> User:
    """Somebody to whom a message waits for the morning: he was made inactive in the evening."""
    await switched_on(tx)
    user = await settled(tx)
    await tell(tx, user.id, [an_order(user, NIGHT - 30 * DAY)], policy=POLICY, now=NIGHT - 27 * DAY)
    await swept(tx, user, NIGHT)
    assert await put_so_far(tx) == of("we_miss_you")
    return user


async def sent_by(tx: Tx, at: datetime, *, refusals: int = 0) -> list[str]:
    await dispatcher(tx, recorder := Recorder(refusals), at=at).send_due()
    return [one.subject for one in recorder.sent]


async def nothing(_: Tx, __: User) -> None:
    """He sleeps."""


async def opts_out(tx: Tx, user: User) -> None:
    await choose_messages(tx, user.id, wanted=False, actor=SYSTEM, now=NIGHT + HOUR)


async def orders(tx: Tx, user: User) -> None:
    await tell(tx, user.id, [an_order(user, NIGHT + 10 * HOUR, 2)], policy=POLICY, now=NIGHT + 10 * HOUR)


async def had_ordered(tx: Tx, user: User) -> None:
    """It is told late."""
    await tell(tx, user.id, [an_order(user, NIGHT - 9 * DAY, 2)], policy=POLICY, now=NIGHT + HOUR)


async def had_ordered_as_a_backfill_tells(tx: Tx, user: User) -> None:
    await insert_orders(tx, [an_order_taken(user.id, placed_at=NIGHT - 9 * DAY)])
    await backfill(tx, policy=POLICY, clock=lambda: NIGHT + HOUR)


async def is_one_who_orders(tx: Tx, user: User) -> None:
    await insert_users(tx, [other := a_user()])
    await insert_identifiers(tx, [Identifier("phone:+919820012345", (other.id,), NOW)])
    await tell(tx, other.id, [an_order(other, NIGHT - 9 * DAY, 2)], policy=POLICY, now=NIGHT)
    await settle_policy(tx, POLICY, now=NIGHT)
    await merge_users(tx, [user.id, other.id], cause="review:x", actor=SYSTEM, now=NIGHT + HOUR)


@pytest.mark.parametrize(
    ("meanwhile", "sent"),
    [
        (nothing, ["We miss you"]),
        (opts_out, []),
        (orders, ["Welcome back"]),
        (had_ordered, []),
        (had_ordered_as_a_backfill_tells, []),
        (is_one_who_orders, []),
    ],
)
async def test_what_waits_for_the_morning_is_not_sent_to_who_wants_it_no_more_or_came_back(
    tx: Tx, meanwhile: Callable[[Tx, User], Awaitable[None]], sent: list[str]
) -> None:
    await meanwhile(tx, await missed_by_night(tx))
    assert await sent_by(tx, MORNING) == sent
    assert await sent_by(tx, MORNING + DAY) == []


async def test_what_is_being_sent_as_he_opts_out_is_sent_or_was_refused_and_is_not_tried_again(tx: Tx) -> None:
    user = await missed_by_night(tx)
    assert await sent_by(tx, MORNING, refusals=1) == []
    claimed = await claim_next(tx, now=MORNING + HOUR)
    assert claimed is not None
    await choose_messages(tx, user.id, wanted=False, actor=SYSTEM, now=MORNING + HOUR)
    await note_failed(tx, claimed, now=MORNING + HOUR)
    assert await sent_by(tx, MORNING + 2 * HOUR) == []


async def test_who_went_and_came_back_before_anybody_noticed_is_not_missed(tx: Tx) -> None:
    user = await settled(tx)
    await tell(tx, user.id, [an_order(user, NOW)], policy=POLICY, now=NOW)
    await switched_on(tx)
    noticed = NOW + 31 * DAY
    await tell(tx, user.id, [an_order(user, noticed, 2)], policy=POLICY, now=noticed)
    assert await put_so_far(tx) == of("welcome_back")


async def test_an_order_cancelled_before_anybody_heard_of_it_is_thanked_for_by_nobody(tx: Tx) -> None:
    await switched_on(tx)
    user = await settled(tx)
    cancelled = Fact(FactType.ORDER_CANCELLED, user.id, "o-1", NOW + 2 * HOUR, by_customer=True)
    await tell(tx, user.id, [an_order(user, NOW + HOUR), cancelled], policy=POLICY, now=NOW + 2 * HOUR)
    assert await put_so_far(tx) == of("welcome")


async def test_a_sign_up_by_staff_is_welcomed(tx: Tx) -> None:
    await switched_on(tx, Template.WELCOME)
    await sign_up_customer(tx, SignUp("Asha", "98765 01234"), actor=SYSTEM, policy=POLICY, now=NOW)
    assert await put_so_far(tx) == of("welcome")
