"""What is to be brought to the customers of a round, and what was."""

from collections.abc import AsyncIterator, Collection
from datetime import date

from roundsman.calendar import begin_of
from roundsman.database.collections import DELIVERIES, ORDERS
from roundsman.database.documents import iterate, list_values
from roundsman.database.indexes import OPEN_ORDERS
from roundsman.database.transaction import Document, Tx
from roundsman.ids import CustomerId, DeliveryBoyId, OrderId
from roundsman.orders.deliveries import Delivery, DeliveryStatus
from roundsman.orders.orders import Order
from roundsman.orders.stops import LATE, that_counts
from roundsman.orders.store import delivery_from, order_from


async def open_orders(tx: Tx, customer_ids: Collection[CustomerId], day: date) -> list[Order]:
    """The orders of these customers that are to be brought on a day: those for it or the week before, and for any."""
    criteria = {
        "customer_id": {"$in": list(customer_ids)},
        "status": {"$in": list(OPEN_ORDERS)},
        "$or": [{"for_date": _week_to(day)}, {"for_date": {"$exists": False}}],
    }
    return [order async for order in iterate(tx, ORDERS, order_from, criteria)]


async def orders_to_come(tx: Tx, customer_ids: Collection[CustomerId], day: date) -> list[Order]:
    """The orders of these customers that are to be brought on a day or later: those for it, the week before or later, and for any."""
    criteria = {
        "customer_id": {"$in": list(customer_ids)},
        "status": {"$in": list(OPEN_ORDERS)},
        "$or": [{"for_date": {"$gte": (day - LATE).isoformat()}}, {"for_date": {"$exists": False}}],
    }
    return [order async for order in iterate(tx, ORDERS, order_from, criteria)]


async def overdue_orders(tx: Tx, day: date, *, skip: int, limit: int) -> list[Order]:
    """List some of the customers' orders that were not brought within their week, the oldest first."""
    criteria: Document = {
        "for_date": {"$lt": (day - LATE).isoformat()},
        "status": {"$in": list(OPEN_ORDERS)},
        "customer_id": {"$exists": True},
    }
    return await list_values(tx, ORDERS, order_from, criteria, [("for_date", 1), ("_id", 1)], skip=skip, limit=limit)


def _week_to(day: date) -> Document:
    return {"$gte": (day - LATE).isoformat(), "$lte": day.isoformat()}


async def orders_named(tx: Tx, order_ids: Collection[OrderId]) -> list[Order]:
    """Read these orders."""
    return [order async for order in iterate(tx, ORDERS, order_from, {"_id": {"$in": list(order_ids)}})]


async def deliveries_of_orders(tx: Tx, order_ids: Collection[OrderId]) -> dict[OrderId, Delivery]:
    """Read the deliveries of these orders that are known already; of several of one order, the one that counts."""
    found: dict[OrderId, Delivery] = {}
    async for one in iterate(tx, DELIVERIES, delivery_from, {"order_id": {"$in": list(order_ids)}}):
        if one.order_id is not None:
            found[one.order_id] = that_counts([one, *filter(None, [found.get(one.order_id)])])
    return found


async def deliveries_of_delivery_boy(tx: Tx, boy: DeliveryBoyId, day: date) -> list[Delivery]:
    """The deliveries that are known to be a delivery boy's on a day.

    Those of orders also where they are of the week before and were still to be made on that day, or made on it.
    """
    made_later = {"at": {"$gte": begin_of(day)}}
    left = {"order_id": {"$exists": True}, "$or": [{"status": {"$ne": DeliveryStatus.COMPLETED.value}}, made_later]}
    criteria: Document = {
        "delivery_boy_id": boy,
        "for_date": _week_to(day),
        "$or": [{"for_date": day.isoformat()}, left],
    }
    return [delivery async for delivery in iterate(tx, DELIVERIES, delivery_from, criteria)]


async def deliveries_to(tx: Tx, customer_ids: Collection[CustomerId], day: date) -> list[Delivery]:
    """The deliveries of a day to these customers that are known already, whoever brings them."""
    criteria = {"customer_id": {"$in": list(customer_ids)}, "for_date": day.isoformat()}
    return [delivery async for delivery in iterate(tx, DELIVERIES, delivery_from, criteria)]


async def waiting_deliveries(tx: Tx, boy: DeliveryBoyId, day: date) -> list[Delivery]:
    """What a delivery boy was told to bring, or tried to, and may still bring on a day or after it."""
    criteria: Document = {
        "delivery_boy_id": boy,
        "for_date": {"$gte": (day - LATE).isoformat()},
        "status": {"$ne": DeliveryStatus.COMPLETED.value},
        "$or": [{"for_date": {"$gte": day.isoformat()}}, {"order_id": {"$exists": True}}],
    }
    return [delivery async for delivery in iterate(tx, DELIVERIES, delivery_from, criteria)]


async def customers_with_open_orders(tx: Tx, day: date) -> set[CustomerId]:
    """Find whom orders are to be brought to on a day, by the orders for it, for the week before and for any."""
    found: set[CustomerId] = set()
    for for_date in (_week_to(day), None):
        criteria: Document = {"for_date": for_date, "status": {"$in": list(OPEN_ORDERS)}}
        orders = tx.database[ORDERS].find(criteria, {"customer_id": 1}, session=tx.session)
        found |= {one["customer_id"] async for one in orders if "customer_id" in one}
    return found


def completed_deliveries(tx: Tx) -> AsyncIterator[Delivery]:
    """All that delivery boys brought as it was told here; a source's delivery that is told here first becomes ours."""
    criteria = {"origin": "roundsman", "status": "completed", "delivery_boy_id": {"$exists": True}}
    return iterate(tx, DELIVERIES, delivery_from, criteria)
