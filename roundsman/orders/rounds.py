"""What is to be brought to the customers of a round, and what was."""

from collections.abc import AsyncIterator, Collection
from datetime import date

from roundsman.calendar import begin_of
from roundsman.database.collections import DELIVERIES, ORDERS
from roundsman.database.documents import iterate
from roundsman.database.indexes import OPEN_ORDERS
from roundsman.database.transaction import Document, Tx
from roundsman.ids import CustomerId, DeliveryBoyId, OrderId
from roundsman.orders.deliveries import Delivery, DeliveryStatus
from roundsman.orders.orders import Order
from roundsman.orders.stops import LATE
from roundsman.orders.store import delivery_from, order_from


async def open_orders(tx: Tx, customer_ids: Collection[CustomerId], day: date) -> list[Order]:
    """The orders of these customers that are to be brought on a day: those for it or an earlier one, and for any."""
    criteria = {
        "customer_id": {"$in": list(customer_ids)},
        "status": {"$in": list(OPEN_ORDERS)},
        "$or": [{"for_date": {"$lte": day.isoformat()}}, {"for_date": {"$exists": False}}],
    }
    return [order async for order in iterate(tx, ORDERS, order_from, criteria)]


async def orders_named(tx: Tx, order_ids: Collection[OrderId]) -> list[Order]:
    """Read these orders."""
    return [order async for order in iterate(tx, ORDERS, order_from, {"_id": {"$in": list(order_ids)}})]


async def deliveries_of_delivery_boy(tx: Tx, boy: DeliveryBoyId, day: date) -> list[Delivery]:
    """The deliveries that are known to be a delivery boy's on a day.

    Those of orders also where they are of the week before and were still to be made on that day, or made on it.
    """
    made_later = {"at": {"$gte": begin_of(day)}}
    left = {"order_id": {"$exists": True}, "$or": [{"status": {"$ne": DeliveryStatus.COMPLETED.value}}, made_later]}
    criteria: Document = {
        "delivery_boy_id": boy,
        "for_date": {"$gte": (day - LATE).isoformat(), "$lte": day.isoformat()},
        "$or": [{"for_date": day.isoformat()}, left],
    }
    return [delivery async for delivery in iterate(tx, DELIVERIES, delivery_from, criteria)]


async def deliveries_to(tx: Tx, customer_ids: Collection[CustomerId], day: date) -> list[Delivery]:
    """The deliveries of a day to these customers that are known already, whoever brings them."""
    criteria = {"customer_id": {"$in": list(customer_ids)}, "for_date": day.isoformat()}
    return [delivery async for delivery in iterate(tx, DELIVERIES, delivery_from, criteria)]


def completed_deliveries(tx: Tx) -> AsyncIterator[Delivery]:
    """All that delivery boys brought as it was told here, also of a source's deliveries, which have the keys of who told it."""
    told_here = [{"origin": "roundsman"}, {"marks.0": {"$exists": True}}]
    criteria = {"status": "completed", "delivery_boy_id": {"$exists": True}, "$or": told_here}
    return iterate(tx, DELIVERIES, delivery_from, criteria)
