"""The orders there are and have been."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

from pymongo import DESCENDING

from roundsman.database.bulk import BulkOutcome, complete_fields, insert_missing, renew_fields
from roundsman.database.collections import ORDERS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Document, Tx
from roundsman.ids import OrderId, UserId
from roundsman.orders.orders import Order, OrderOrigin
from roundsman.orders.store import order_document, order_from

_FOLLOWED = (
    "lines",
    "total_paise",
    "status",
    "for_date",
    "delivered_at",
    "cancelled_at",
    "delivery_boy_id",
    "type",
    "old_id",
    "source",
)


async def insert_orders(tx: Tx, orders: Sequence[Order]) -> BulkOutcome:
    """Insert the orders that are not stored yet; compare the others."""
    return await insert_missing(tx, ORDERS, [order_document(order) for order in orders])


async def follow_orders(tx: Tx, orders: Sequence[Order]) -> int:
    """Bring orders that the source changed up to date, never one that Roundsman took itself. Count the changed.

    Whose an order is stays, but for an order that came before its customer and was nobody's.
    """
    documents = [order_document(order) for order in orders]
    changed = await renew_fields(tx, ORDERS, documents, guard="origin", fields=_FOLLOWED)
    await complete_fields(tx, ORDERS, documents, guard="origin", absent="user_id", fields=("user_id", "customer_id"))
    await complete_fields(tx, ORDERS, documents, guard="user_id", absent="customer_id", fields=("customer_id",))
    return changed


async def count_not_taken(tx: Tx, collection: str, digests: Mapping[Any, bytes]) -> int:
    """Count what of the source, each with the SHA-256 of its document, is not stored here, or not as it is now."""
    wanted = {"_id": {"$in": list(digests)}, "source.sha256": {"$exists": True}}
    found = tx.database[collection].find(wanted, {"source.sha256": 1}, session=tx.session)
    taken = [one["_id"] async for one in found if one["source"]["sha256"] == digests[one["_id"]]]
    return len(digests) - len(taken)


def iterate_orders(tx: Tx) -> AsyncIterator[Order]:
    """Read all orders."""
    return iterate(tx, ORDERS, order_from)


async def count_orders(tx: Tx) -> int:
    """Count all orders."""
    return await tx.database[ORDERS].count_documents({}, session=tx.session)


async def sum_own_orders(tx: Tx) -> tuple[int, int]:
    """Count the orders that were taken here, and sum up their totals in paise."""
    own: list[Document] = [
        {"$match": {"origin": OrderOrigin.ROUNDSMAN.value}},
        {"$group": {"_id": None, "count": {"$sum": 1}, "paise": {"$sum": "$total_paise"}}},
    ]
    cursor = await tx.database[ORDERS].aggregate(own, session=tx.session)
    found = await cursor.to_list()
    return (found[0]["count"], found[0]["paise"]) if found else (0, 0)


async def orders_called(tx: Tx, old_ids: Collection[str]) -> dict[str, OrderId]:
    """Find orders by the ids under which a source's other documents name them."""
    wanted = {"old_id": {"$in": list(old_ids)}}
    found = tx.database[ORDERS].find(wanted, {"old_id": 1}, session=tx.session)
    return {document["old_id"]: OrderId(document["_id"]) async for document in found}


async def orders_of_users(tx: Tx, user_ids: Collection[UserId]) -> list[Order]:
    """List the orders of several users, in no particular order."""
    wanted = {"user_id": {"$in": list(user_ids)}}
    return [order async for order in iterate(tx, ORDERS, order_from, wanted)]


async def orders_of_user(tx: Tx, user_id: UserId) -> list[Order]:
    """List the orders of a user, the newest first."""
    found = tx.database[ORDERS].find({"user_id": user_id}, session=tx.session).sort("placed_at", DESCENDING)
    return [order_from(document) async for document in found]


async def find_latest_order_of_user(tx: Tx, user_id: UserId) -> Order | None:
    """Find the order a user placed last; None when he placed none."""
    newest = [("placed_at", DESCENDING)]
    document = await tx.database[ORDERS].find_one({"user_id": user_id}, sort=newest, session=tx.session)
    return None if document is None else order_from(document)
