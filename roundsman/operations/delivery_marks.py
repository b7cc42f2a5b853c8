"""Saying what became of a delivery: by the delivery boy who makes it, or by staff; and saying that it was not so.

One transaction writes the delivery, its order, the facts about the customer, the money he paid, what the delivery boy earns and
the audit log. Told again, nothing is written.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from roundsman.activation.facts import Fact
from roundsman.database.transaction import Tx, in_transaction
from roundsman.delivery.delivery_boys import require_here
from roundsman.delivery.linkage import get_delivery_boy
from roundsman.errors import Conflict
from roundsman.identity.mode import require_operations_managed_here
from roundsman.ids import DeliveryBoyId, OrderId, PaymentId, derived_object_id
from roundsman.operations.crediting import credit
from roundsman.operations.intake import Change, Intake, write_down
from roundsman.operations.rounds import UnknownStop, delivery_boy_of, find_stop
from roundsman.operations.telling import facts_of_delivery, facts_of_payment
from roundsman.orders.book import UnknownOrder, get_order, insert_payment, put_delivery, replace_order
from roundsman.orders.deliveries import Delivery, DeliveryStatus
from roundsman.orders.orders import Order, OrderOrigin
from roundsman.orders.payments import Payment, PaymentStatus
from roundsman.orders.stops import Mark, Stop, marked, reassigned, require_his_day, taken_back


class AttemptSkipped(Conflict):
    """An attempt is told of before the one that came before it."""

    code = "attempt_skipped"


async def mark_stop(tx: Tx, boy: DeliveryBoyId, stop_id: str, mark: Mark, *, intake: Intake, now: datetime) -> Stop:
    """Tell what became of a stop of a delivery boy's own round; once by its key.

    Raises UnknownStop, StopDoneAlready, NotTheDay, OrderNotOpen, OperationsManagedElsewhere.
    """

    async def change(tx: Tx, before: Stop) -> Stop:
        if await delivery_boy_of(tx, before) != boy:
            raise UnknownStop
        if mark.key not in before.delivery.marks:
            require_his_day(before.delivery, now=now)
        return marked(before, mark, boy, now=now)

    return await _changed(tx, stop_id, change, said=mark.at, intake=intake, now=now)


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

    return await _changed_order(tx, order_id, change, reason=reason, intake=intake, now=now)


async def take_stop_back(tx: Tx, stop_id: str, *, reason: str, intake: Intake, now: datetime) -> Stop:
    """Say that something was not delivered after all: nobody is paid for it. Raises UnknownStop, OperationsManagedElsewhere."""

    async def change(_: Tx, before: Stop) -> Stop:
        return taken_back(before, reason=reason)

    return await _changed(tx, stop_id, change, reason=reason, intake=intake, now=now)


async def reassign_stop(tx: Tx, stop_id: str, boy: DeliveryBoyId, *, intake: Intake, now: datetime) -> Stop:
    """Have another delivery boy bring something, or be paid for having brought it.

    Raises UnknownStop, UnknownDeliveryBoy, DeliveryBoyGone, OperationsManagedElsewhere.
    """

    async def change(tx: Tx, before: Stop) -> Stop:
        if before.delivery.status is not DeliveryStatus.COMPLETED:
            require_here(await get_delivery_boy(tx, boy))
        return reassigned(before, boy)

    return await _changed(tx, stop_id, change, reason=f"reassigned to {boy}", intake=intake, now=now)


Changing = Callable[[Tx, Stop], Awaitable[Stop]]


async def _changed_order(
    tx: Tx, order_id: OrderId, change: Changing, *, reason: str | None = None, intake: Intake, now: datetime
) -> Order:
    async def work(tx: Tx) -> Order:
        await get_order(tx, order_id)
        try:
            await _changed(tx, str(order_id), change, reason=reason, intake=intake, now=now)
        except UnknownStop as error:
            raise UnknownOrder("There is no such order of anybody who is known") from error
        return await get_order(tx, order_id)

    return await in_transaction(tx, work)


async def _changed(
    tx: Tx,
    stop_id: str,
    change: Changing,
    *,
    reason: str | None = None,
    said: datetime | None = None,
    intake: Intake,
    now: datetime,
) -> Stop:
    async def work(tx: Tx) -> Stop:
        await require_operations_managed_here(tx)
        before = await find_stop(tx, stop_id, said=said, now=now)
        after = await change(tx, before)
        if after != before:
            await _write(tx, before, after, reason or after.delivery.reason, intake=intake, now=now)
        return after

    return await in_transaction(tx, work)


async def _write(tx: Tx, before: Stop, after: Stop, reason: str | None, *, intake: Intake, now: datetime) -> None:
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
    if delivery.collected is not None and before.delivery.collected is None:
        facts += await _paid(tx, delivery)
    change = Change(_action(before, after), _target(after), document, reason)
    await write_down(tx, intake, delivery.user_id, change, *facts, now=now)


async def _paid(tx: Tx, delivery: Delivery) -> list[Fact]:
    if delivery.collected is None or delivery.user_id is None:
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
    await insert_payment(tx, payment)
    return [*facts_of_payment(delivery.user_id, payment)]


def _by_staff(stop: Stop, now: datetime, failed_because: str | None = None) -> Mark:
    return Mark(f"staff:{len(stop.delivery.marks) + 1}", now, failed_because)


def _action(before: Stop, after: Stop) -> str:
    if before.delivery.status is after.delivery.status and before.delivery.marks == after.delivery.marks:
        return "order.reassigned"
    return "order.delivered" if after.delivery.status is DeliveryStatus.COMPLETED else "order.not_delivered"


def _target(stop: Stop) -> str:
    return f"delivery:{stop.id}" if stop.order is None else f"order:{stop.id}"
