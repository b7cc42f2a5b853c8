"""Saying what became of a delivery: by the delivery boy who makes it, or by staff; and saying that it was not so.

One transaction writes the delivery, its order, the facts about the customer, the money he paid, what the delivery boy earns and
the audit log. Told again, nothing is written.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from roundsman.activation.facts import Fact
from roundsman.database.transaction import Tx, in_transaction
from roundsman.delivery.delivery_boys import require_here, require_round
from roundsman.delivery.linkage import get_delivery_boy
from roundsman.errors import Conflict
from roundsman.identity.mode import get_mode, require_operations_managed_here
from roundsman.ids import DeliveryBoyId, OrderId, PaymentId, derived_object_id
from roundsman.operations.delivering.crediting import credit
from roundsman.operations.delivering.stop_lookup import NotInRound, UnknownStop, delivery_boy_of, find_stop, may_tell
from roundsman.operations.facts.intake import Change, Intake, KeyUsedOtherwise, write_down
from roundsman.operations.facts.telling import facts_of_delivery, facts_of_payment
from roundsman.orders.book import UnknownOrder, get_order, put_delivery, put_payment, replace_order
from roundsman.orders.deliveries import Collected, Delivery, DeliveryStatus, Paid
from roundsman.orders.orders import Order, OrderOrigin
from roundsman.orders.payments import Payment, PaymentStatus
from roundsman.orders.stops import Mark, Stop, marked, reassigned, require_his_day, taken_back, with_collected


class AttemptSkipped(Conflict):
    """An attempt is told of before the one that came before it."""

    code = "attempt_skipped"


async def mark_stop(tx: Tx, boy: DeliveryBoyId, stop_id: str, mark: Mark, *, intake: Intake, now: datetime) -> Stop:
    """Tell what became of a stop of a delivery boy's own round; once by its key.

    Raises NoRound, UnknownStop, StopDoneAlready, NotTheDay, OrderNotOpen, KeyUsedOtherwise,
    OperationsManagedElsewhere.
    """

    async def change(tx: Tx, before: Stop) -> Stop:
        require_round(await get_delivery_boy(tx, boy))
        if not await may_tell(tx, boy, before, now=now):
            raise NotInRound
        if (told := before.delivery.told_under(mark.key)) is not None:
            if told != mark.told:
                raise KeyUsedOtherwise
            return before
        require_his_day(before, since=(await get_mode(tx)).operations_since, now=now)
        return marked(before, mark, boy, now=now)

    try:
        _, after = await _changed(tx, stop_id, change, Said(at=mark.at), intake=intake, now=now)
    except UnknownStop as error:
        raise NotInRound from error
    return after


async def mark_delivered(tx: Tx, order_id: OrderId, *, intake: Intake, now: datetime) -> Order:
    """Say that an order was delivered; one that was before stays as it is.

    Raises UnknownOrder, OrderNotOpen, OperationsManagedElsewhere.
    """

    async def change(tx: Tx, before: Stop) -> Stop:
        return marked(before, _by_staff(before, now), await delivery_boy_of(tx, before), now=now)

    return await _changed_order(tx, order_id, change, intake=intake, now=now)


async def mark_not_delivered(
    tx: Tx, order_id: OrderId, *, attempt: int, reason: str, intake: Intake, now: datetime
) -> Order:
    """Say that the first, second, ... attempt to deliver an order failed; told again, it stays as it is.

    Raises UnknownOrder, OrderNotOpen, StopDoneAlready, AttemptSkipped, OperationsManagedElsewhere.
    """

    async def change(tx: Tx, before: Stop) -> Stop:
        failed = before.delivery.failed_attempts
        if attempt <= failed:
            return before
        after = marked(before, _by_staff(before, now, reason), await delivery_boy_of(tx, before), now=now)
        if attempt != failed + 1:
            raise AttemptSkipped(f"So far {failed} attempts failed; the next is one more")
        return after

    return await _changed_order(tx, order_id, change, intake=intake, now=now)


async def take_stop_back(tx: Tx, stop_id: str, *, reason: str, intake: Intake, now: datetime) -> bool:
    """Say that something was not delivered after all: nobody is paid for it. Tells whether it had been delivered until now.

    Raises UnknownStop, OperationsManagedElsewhere.
    """

    async def change(_: Tx, before: Stop) -> Stop:
        return taken_back(before, reason=reason)

    said = Said("order.taken_back", reason)
    before, _ = await _changed(tx, stop_id, change, said, intake=intake, now=now)
    return before.delivery.status is DeliveryStatus.COMPLETED


async def correct_collected(
    tx: Tx, stop_id: str, paid: Paid, *, by: DeliveryBoyId | None, reason: str, intake: Intake, now: datetime
) -> Collected:
    """Say what a customer paid at the door after all, nothing being no paise: the payment and the cash in hand follow.

    `by` is who has the money; as it was, or who brought it, if not given.
    Raises UnknownStop, NobodyCollected, UnknownDeliveryBoy, OperationsManagedElsewhere.
    """

    async def change(tx: Tx, before: Stop) -> Stop:
        if by is not None:
            await get_delivery_boy(tx, by)
        return with_collected(before, paid, by, at=now)

    said = Said("order.collected", reason)
    _, after = await _changed(tx, stop_id, change, said, intake=intake, now=now)
    return _collected_of(after)


async def reassign_stop(tx: Tx, stop_id: str, boy: DeliveryBoyId, *, intake: Intake, now: datetime) -> Stop:
    """Have another delivery boy bring something, or be paid for having brought it.

    Raises UnknownStop, UnknownDeliveryBoy, DeliveryBoyGone, OperationsManagedElsewhere.
    """

    async def change(tx: Tx, before: Stop) -> Stop:
        found = await get_delivery_boy(tx, boy)
        if before.delivery.status is not DeliveryStatus.COMPLETED:
            require_here(found)
        return reassigned(before, boy)

    said = Said("order.reassigned", f"reassigned to {boy}")
    _, after = await _changed(tx, stop_id, change, said, intake=intake, now=now)
    return after


Changing = Callable[[Tx, Stop], Awaitable[Stop]]


@dataclass(frozen=True, slots=True)
class Said:
    """How the audit log tells of what was said of a stop; by what came of it, and why it failed, if not given."""

    action: str | None = None
    reason: str | None = None
    at: datetime | None = None


async def _changed_order(tx: Tx, order_id: OrderId, change: Changing, *, intake: Intake, now: datetime) -> Order:
    async def work(tx: Tx) -> Order:
        await get_order(tx, order_id)
        try:
            await _changed(tx, str(order_id), change, Said(), intake=intake, now=now)
        except UnknownStop as error:
            raise UnknownOrder("There is no such order of anybody who is known") from error
        return await get_order(tx, order_id)

    return await in_transaction(tx, work)


async def _changed(
    tx: Tx, stop_id: str, change: Changing, said: Said, *, intake: Intake, now: datetime
) -> tuple[Stop, Stop]:
    """Gives the stop as it was and as it became."""

    async def work(tx: Tx) -> tuple[Stop, Stop]:
        await require_operations_managed_here(tx)
        before = await find_stop(tx, stop_id, said=said.at, now=now)
        after = await change(tx, before)
        if after != before:
            await _write(tx, before, after, said, intake=intake, now=now)
        return before, after

    return await in_transaction(tx, work)


async def _write(tx: Tx, before: Stop, after: Stop, said: Said, *, intake: Intake, now: datetime) -> None:
    delivery = after.delivery
    if delivery.user_id is None:
        raise UnknownStop
    document = await put_delivery(tx, delivery)
    if after.order is not None and after.order != before.order:
        document = await replace_order(tx, after.order)
    await credit(tx, delivery, by=intake.actor.who, now=now)
    facts: list[Fact] = []
    if (delivery.status, delivery.failed_attempts) != (before.delivery.status, before.delivery.failed_attempts):
        facts = [*facts_of_delivery(delivery.user_id, delivery)]
    if delivery.collected != before.delivery.collected:
        facts += await _paid(tx, delivery, before.delivery.collected)
    action = said.action or _action(before, after)
    change = Change(action, _target(after), document, said.reason or delivery.reason)
    await write_down(tx, intake, delivery.user_id, change, *facts, now=now)


async def _paid(tx: Tx, delivery: Delivery, before: Collected | None) -> list[Fact]:
    """What was paid, or paid after all; what nobody paid and nobody told of is no payment."""
    if delivery.collected is None or delivery.user_id is None or not (delivery.collected.paise or before):
        return []
    payment = Payment(
        id=PaymentId(derived_object_id("payment", "door", str(delivery.id))),
        customer_id=delivery.customer_id,
        user_id=delivery.user_id,
        amount_paise=delivery.collected.paise,
        method=delivery.collected.method,
        at=delivery.collected.at,
        status=PaymentStatus.SUCCEEDED,
        origin=OrderOrigin.ROUNDSMAN,
        order_id=delivery.order_id,
    )
    await put_payment(tx, payment)
    # That nothing was paid after all corrects what was told; by itself it is nothing to tell.
    told = facts_of_payment(delivery.user_id, replace(payment, amount_paise=payment.amount_paise or 1))
    return [replace(fact, amount_paise=payment.amount_paise) for fact in told]


def _collected_of(stop: Stop) -> Collected:
    if stop.delivery.collected is None:
        raise UnknownStop
    return stop.delivery.collected


def _by_staff(stop: Stop, now: datetime, failed_because: str | None = None) -> Mark:
    return Mark(f"staff:{len(stop.delivery.marks) + 1}", now, failed_because)


def _action(before: Stop, after: Stop) -> str:
    if before.delivery.status is after.delivery.status is DeliveryStatus.COMPLETED:
        return "order.collected"
    return "order.delivered" if after.delivery.status is DeliveryStatus.COMPLETED else "order.not_delivered"


def _target(stop: Stop) -> str:
    return f"delivery:{stop.id}" if stop.order is None else f"order:{stop.id}"
