"""How much of what was ordered, for the whole business."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

from roundsman.database.collections import ORDERS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Document, Tx
from roundsman.ids import ProductId
from roundsman.orders.orders import Order, OrderStatus, OrderType
from roundsman.orders.store import order_from


@dataclass(frozen=True, slots=True)
class Ordered:
    """How much of a product; where a source's order names one that nobody knows, only what it is called there."""

    product_id: ProductId | None
    name: str
    quantity: float


async def ordered_for(tx: Tx, day: date) -> list[Ordered]:
    """Add up the orders for a day that were not cancelled, but for those of subscriptions, by product, in no particular order."""
    return await _added_up(tx, _wanted_for(day) | {"type": {"$exists": False}})


def iterate_subscription_orders(tx: Tx, day: date) -> AsyncIterator[Order]:
    """Read the orders that stand for a day of a subscription and were not cancelled."""
    return iterate(tx, ORDERS, order_from, _wanted_for(day) | {"type": OrderType.SUBSCRIPTION.value})


def _wanted_for(day: date) -> Document:
    others = [status.value for status in OrderStatus if status is not OrderStatus.CANCELLED]
    return {"for_date": day.isoformat(), "status": {"$in": others}}


async def ordered_without_day(tx: Tx) -> list[Ordered]:
    """Add up the orders that are still to come, as soon as possible, by product, in no particular order."""
    return await _added_up(tx, {"for_date": None, "status": OrderStatus.PENDING.value})


async def _added_up(tx: Tx, wanted: Document) -> list[Ordered]:
    by_name = {"$cond": [{"$gt": ["$lines.product_id", None]}, None, "$lines.name"]}
    added: Document = {
        "_id": {"product_id": "$lines.product_id", "name": by_name},
        "name": {"$first": "$lines.name"},
        "quantity": {"$sum": "$lines.quantity"},
    }
    steps: list[Document] = [{"$match": wanted}, {"$unwind": "$lines"}, {"$group": added}]
    found = await tx.database[ORDERS].aggregate(steps, session=tx.session)
    return [Ordered(one["_id"].get("product_id"), one["name"], one["quantity"]) async for one in found]
