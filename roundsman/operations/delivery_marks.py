"""Saying what became of the delivery of an order."""

from dataclasses import replace
from datetime import datetime

from roundsman.activation.calendar import day_of
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict
from roundsman.identity.mode import require_operations_managed_here
from roundsman.ids import OrderId
from roundsman.operations.intake import Change, Intake, write_down
from roundsman.operations.telling import facts_of_delivery
from roundsman.orders.book import find_delivery, get_order, owner_of, put_delivery, replace_order
from roundsman.orders.changes import delivered, not_delivered
from roundsman.orders.deliveries import Delivery, DeliveryStatus, delivery_id_of
from roundsman.orders.orders import Order, OrderOrigin


class AttemptSkipped(Conflict):
    """An attempt is told of before the one that came before it."""

    code = "attempt_skipped"


async def mark_delivered(tx: Tx, order_id: OrderId, *, intake: Intake, now: datetime) -> Order:
    """Say that an order was delivered; one that was before stays as it is.

    Raises UnknownOrder, OrderNotOpen, OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> Order:
        await require_operations_managed_here(tx)
        before = await get_order(tx, order_id)
        after = delivered(before, at=now)
        if after == before:
            return before
        delivery = replace(await _delivery_of(tx, before, now=now), status=DeliveryStatus.COMPLETED, at=now)
        await put_delivery(tx, delivery)
        facts = facts_of_delivery(owner_of(before), delivery)
        change = Change("order.delivered", f"order:{order_id}", await replace_order(tx, after))
        await write_down(tx, intake, owner_of(before), change, *facts, now=now)
        return after

    return await in_transaction(tx, work)


async def mark_not_delivered(
    tx: Tx, order_id: OrderId, *, attempt: int, reason: str, intake: Intake, now: datetime
) -> Order:
    """Say that the first, second, ... attempt to deliver an order failed; told again, it stays as it is.

    Raises UnknownOrder, OrderNotOpen, AttemptSkipped, OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> Order:
        await require_operations_managed_here(tx)
        before = await get_order(tx, order_id)
        delivery = await _delivery_of(tx, before, now=now)
        if attempt <= delivery.failed_attempts:
            return before
        after = not_delivered(before)
        if attempt != delivery.failed_attempts + 1:
            raise AttemptSkipped(f"So far {delivery.failed_attempts} attempts failed; the next is one more")
        delivery = replace(delivery, status=DeliveryStatus.FAILED, at=now, failed_attempts=attempt)
        await put_delivery(tx, delivery)
        facts = facts_of_delivery(owner_of(before), delivery)
        change = Change("order.not_delivered", f"order:{order_id}", await replace_order(tx, after), reason)
        await write_down(tx, intake, owner_of(before), change, *facts, now=now)
        return after

    return await in_transaction(tx, work)


async def _delivery_of(tx: Tx, order: Order, *, now: datetime) -> Delivery:
    delivery_id = delivery_id_of(order.id)
    return await find_delivery(tx, delivery_id) or Delivery(
        id=delivery_id,
        customer_id=order.customer_id,
        user_id=order.user_id,
        for_date=order.for_date or day_of(now),
        status=DeliveryStatus.PENDING,
        origin=OrderOrigin.ROUNDSMAN,
        order_id=order.id,
        delivery_boy_id=order.delivery_boy_id,
    )
