"""Messages to customers as they come and go: put in the transaction of the change, and only where the owner wants them."""

from collections.abc import Sequence
from datetime import datetime

from roundsman.activation.lifecycle import Transition
from roundsman.activation.notices import FRESH_FOR, ONCE, is_fresh, not_before, template_of, untrue_of
from roundsman.activation.tracking import Recorded, transitions_of
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.customers.linkage import customers_of_user
from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.closing import family_of
from roundsman.identity.importing import find_users
from roundsman.identity.lookup import identifiers_of_user
from roundsman.identity.phones import read_phone
from roundsman.identity.users import UserStatus
from roundsman.ids import UserId
from roundsman.notifications.messages import Channel, Message, Template
from roundsman.notifications.outbox import put, was_put, withdraw
from roundsman.notifications.switches import (
    Switch,
    find_opt_out,
    list_switches,
    opt_in,
    opt_out,
    store_switch,
)

_KINDS = {Channel.SMS: "phone:", Channel.EMAIL: "email:"}


async def put_notices(tx: Tx, user_id: UserId, recorded: Recorded, *, now: datetime) -> int:
    """Put one message for each new transition and channel, where its template is on; count them.

    Call it in the transaction that wrote the transitions. Late ones tell nobody anything, a history that is told anew does
    not say again what it said, and whoever opted out, is no active user or has no contact gets nothing. What is not so any
    more is not said, and withdrawn where it waits.
    """
    await withdraw_untrue(tx, user_id, recorded, now=now)
    fresh = [one for one in recorded.transitions if is_fresh(one, now=now)]
    switches = {one.template: one for one in await list_switches(tx) if one.on} if fresh else {}
    if not switches or not await _wants_messages(tx, user_id):
        return 0
    history, channel = await transitions_of(tx, user_id), recorded.tracked.traits.channel
    told = switches.keys() - untrue_of(recorded.tracked.lifecycle.status)
    put_now = 0
    for one in fresh:
        template = template_of(one, history, channel=channel)
        if template in told and not await _was_told(tx, user_id, template, is_retold=recorded.withdrawn > 0):
            put_now += await _put(tx, user_id, one, switches[template], now=now)
    return put_now


async def withdraw_untrue(tx: Tx, user_id: UserId, recorded: Recorded, *, now: datetime) -> None:
    """Withdraw what waits to be said to a person and is not so any more; for who tells facts and notifies nobody."""
    if recorded.transitions or recorded.withdrawn:
        untrue = untrue_of(recorded.tracked.lifecycle.status)
        await withdraw(tx, [_beginning(user_id, template) for template in untrue], now=now)


async def switch_message(tx: Tx, switch: Switch, *, actor: Actor, now: datetime) -> None:
    """Switch a message on or off, and record who did."""
    state = f"on: {', '.join(switch.channels)}" if switch.on else "off"

    async def work(tx: Tx) -> None:
        await store_switch(tx, switch)
        await record(tx, AuditEntry(now, actor, "message.switched", f"message:{switch.template}", reason=state))

    await in_transaction(tx, work)


async def choose_messages(tx: Tx, user_id: UserId, *, wanted: bool, actor: Actor, now: datetime) -> None:
    """Have a person get these messages, or none any more, not even those that wait; record it where that changes something."""

    async def work(tx: Tx) -> None:
        family = await family_of(tx, user_id)
        changed = await opt_in(tx, family) if wanted else await opt_out(tx, user_id, now=now)
        if not wanted:
            await withdraw(tx, [_beginning(one) for one in family], now=now)
        if changed:
            action = "messages.wanted" if wanted else "messages.refused"
            await record(tx, AuditEntry(now, actor, action, f"user:{user_id}"))

    await in_transaction(tx, work)


async def refuses_messages_since(tx: Tx, user_id: UserId) -> datetime | None:
    """Since when a person wants none of these messages; None if he takes them."""
    return await find_opt_out(tx, await family_of(tx, user_id))


async def _wants_messages(tx: Tx, user_id: UserId) -> bool:
    users = await find_users(tx, [user_id])
    is_active = any(user.status is UserStatus.ACTIVE for user in users)
    return is_active and await refuses_messages_since(tx, user_id) is None


async def _was_told(tx: Tx, user_id: UserId, template: Template, *, is_retold: bool) -> bool:
    return (is_retold or template in ONCE) and await was_put(tx, _beginning(user_id, template))


async def _put(tx: Tx, user_id: UserId, one: Transition, switch: Switch, *, now: datetime) -> int:
    template, at = switch.template, one.effective_at
    values = {} if switch.dlt_template is None else {"dlt_template": switch.dlt_template}
    earliest = not_before(template, now=now)
    put_now = 0
    for channel in switch.channels:
        if (to := await _contact(tx, user_id, channel)) is not None:
            key = f"{_beginning(user_id, template)}{at.isoformat(timespec='milliseconds')}:{channel}"
            useful_until = max(at, earliest) + FRESH_FOR
            message = Message(key, channel, to, template, values, useful_until=useful_until)
            put_now += await put(tx, message, now=now, not_before=earliest)
    return put_now


def _beginning(user_id: UserId, template: Template | None = None) -> str:
    """With what the keys of the messages to a person begin, or those of one template."""
    return f"activation:{user_id}:" if template is None else f"activation:{user_id}:{template}:"


async def _contact(tx: Tx, user_id: UserId, channel: Channel) -> str | None:
    """Where he is reached: what he has proved, else what stands in his customer profile."""
    kind = _KINDS[channel]
    verified = [one.key for one in await identifiers_of_user(tx, user_id) if one.verified_at is not None]
    for key in verified:
        if key.startswith(kind):
            return key.removeprefix(kind)
    customers = await customers_of_user(tx, user_id)
    contacts: Sequence[str | None] = [one.phone if channel is Channel.SMS else one.email for one in customers]
    usable = (one for one in contacts if one and (channel is Channel.EMAIL or read_phone(one).is_key))
    return next(usable, None)
