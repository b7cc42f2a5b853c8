"""Orders, deliveries and payments one at a time, within the transaction of whoever decides about them."""

from pymongo import DESCENDING

from roundsman.database.collections import DELIVERIES, ORDERS, PAYMENTS
from roundsman.database.documents import find_value, insert, list_values, put
from roundsman.database.transaction import Document, Tx
from roundsman.errors import NotFound
from roundsman.ids import OrderId, PaymentId, UserId
from roundsman.orders.deliveries import AnyDeliveryId, Delivery
from roundsman.orders.orders import Order
from roundsman.orders.payments import Payment
from roundsman.orders.store import (
    delivery_document,
    delivery_from,
    order_document,
    order_from,
    payment_document,
    payment_from,
)

_NEWEST_ORDERS = [("placed_at", DESCENDING), ("_id", DESCENDING)]
_NEWEST_PAYMENTS = [("at", DESCENDING), ("_id", DESCENDING)]


class UnknownOrder(NotFound):
    """There is no such order, or none of who asks."""

    code = "unknown_order"


async def find_order(tx: Tx, order_id: OrderId) -> Order | None:
    """Find an order."""
    return await find_value(tx, ORDERS, order_from, {"_id": order_id})


async def get_order(tx: Tx, order_id: OrderId) -> Order:
    """Read an order. Raises UnknownOrder."""
    order = await find_order(tx, order_id)
    if order is None:
        raise UnknownOrder("There is no such order")
    return order


def owner_of(order: Order) -> UserId:
    """Tell whose an order is. Raises UnknownOrder for a source's order of a customer nobody knows."""
    if order.user_id is None:
        raise UnknownOrder("There is no such order of anybody who is known")
    return order.user_id


async def insert_order(tx: Tx, order: Order) -> Document:
    """Insert an order; gives it as it is stored."""
    return await insert(tx, ORDERS, order_document(order))


async def replace_order(tx: Tx, order: Order) -> Document:
    """Replace an order; gives it as it is stored."""
    return await put(tx, ORDERS, order_document(order))


async def list_orders(tx: Tx, user_id: UserId, *, skip: int, limit: int) -> list[Order]:
    """List some of the orders of a user, the newest first."""
    return await list_values(tx, ORDERS, order_from, {"user_id": user_id}, _NEWEST_ORDERS, skip=skip, limit=limit)


async def find_delivery(tx: Tx, delivery_id: AnyDeliveryId) -> Delivery | None:
    """Find a delivery."""
    return await find_value(tx, DELIVERIES, delivery_from, {"_id": delivery_id})


async def put_delivery(tx: Tx, delivery: Delivery) -> Document:
    """Insert a delivery, or replace it; gives it as it is stored."""
    return await put(tx, DELIVERIES, delivery_document(delivery))


async def find_payment(tx: Tx, payment_id: PaymentId) -> Payment | None:
    """Find a payment."""
    return await find_value(tx, PAYMENTS, payment_from, {"_id": payment_id})


async def insert_payment(tx: Tx, payment: Payment) -> Document:
    """Insert a payment; gives it as it is stored."""
    return await insert(tx, PAYMENTS, payment_document(payment))


async def put_payment(tx: Tx, payment: Payment) -> Document:
    """Insert a payment, or replace it; gives it as it is stored."""
    return await put(tx, PAYMENTS, payment_document(payment))


async def deliveries_of_user(tx: Tx, user_id: UserId) -> list[Delivery]:
    """List what was brought to a user, or should have been, the newest first."""
    found = tx.database[DELIVERIES].find({"user_id": user_id}, session=tx.session).sort("for_date", DESCENDING)
    return [delivery_from(document) async for document in found]


async def list_deliveries(tx: Tx, user_id: UserId, *, skip: int, limit: int) -> list[Delivery]:
    """List some of what was brought to a user, or should have been, the newest first."""
    newest = [("for_date", DESCENDING), ("_id", DESCENDING)]
    return await list_values(tx, DELIVERIES, delivery_from, {"user_id": user_id}, newest, skip=skip, limit=limit)


async def list_payments(tx: Tx, user_id: UserId, *, skip: int = 0, limit: int = 0) -> list[Payment]:
    """List what a user paid, could not pay and got back, the newest first; a `limit` of 0 is none."""
    return await list_values(tx, PAYMENTS, payment_from, {"user_id": user_id}, _NEWEST_PAYMENTS, skip=skip, limit=limit)
