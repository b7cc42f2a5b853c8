"""Purchase orders one at a time, within the transaction of whoever decides about them; and lists of them."""

from collections.abc import Sequence

from pymongo import DESCENDING

from roundsman.database.bulk import BulkOutcome, insert_missing, renew_fields
from roundsman.database.collections import PURCHASE_ORDERS
from roundsman.database.documents import find_value, insert, list_values, put
from roundsman.database.transaction import Document, Tx
from roundsman.errors import NotFound
from roundsman.ids import PurchaseOrderId, SupplierId
from roundsman.suppliers.purchase_orders import PurchaseOrder, PurchaseOrderStatus
from roundsman.suppliers.store import purchase_order_document, purchase_order_from

_NEWEST = [("created_at", DESCENDING), ("_id", DESCENDING)]
_FOLLOWED = (
    *("supplier_id", "lines", "total_paise", "status", "for_date"),
    *("sent_at", "answered_at", "ended_at", "old_id", "source"),
)


class UnknownPurchaseOrder(NotFound):
    """There is no such purchase order, or none of who asks."""

    code = "unknown_purchase_order"


async def find_purchase_order(tx: Tx, order_id: PurchaseOrderId) -> PurchaseOrder | None:
    """Find a purchase order."""
    return await find_value(tx, PURCHASE_ORDERS, purchase_order_from, {"_id": order_id})


async def get_purchase_order(tx: Tx, order_id: PurchaseOrderId) -> PurchaseOrder:
    """Read a purchase order. Raises UnknownPurchaseOrder."""
    order = await find_purchase_order(tx, order_id)
    if order is None:
        raise UnknownPurchaseOrder("There is no such purchase order")
    return order


async def get_order_of_supplier(tx: Tx, supplier_id: SupplierId, order_id: PurchaseOrderId) -> PurchaseOrder:
    """Read a purchase order that was sent to this supplier. Raises UnknownPurchaseOrder."""
    order = await get_purchase_order(tx, order_id)
    if order.supplier_id != supplier_id or not order.is_shown_to_supplier:
        raise UnknownPurchaseOrder("There is no such purchase order")
    return order


async def insert_purchase_order(tx: Tx, order: PurchaseOrder) -> Document:
    """Insert a purchase order; gives it as it is stored."""
    return await insert(tx, PURCHASE_ORDERS, purchase_order_document(order))


async def replace_purchase_order(tx: Tx, order: PurchaseOrder) -> Document:
    """Replace a purchase order; gives it as it is stored."""
    return await put(tx, PURCHASE_ORDERS, purchase_order_document(order))


async def list_purchase_orders(
    tx: Tx,
    *,
    supplier_id: SupplierId | None = None,
    status: PurchaseOrderStatus | None = None,
    skip: int,
    limit: int,
) -> list[PurchaseOrder]:
    """List some of the purchase orders, of one supplier and in one status if given, the newest first."""
    wanted: Document = {} if supplier_id is None else {"supplier_id": supplier_id}
    return await _listed(tx, wanted if status is None else wanted | {"status": status.value}, skip=skip, limit=limit)


async def list_orders_of_supplier(
    tx: Tx, supplier_id: SupplierId, *, skip: int = 0, limit: int = 0
) -> list[PurchaseOrder]:
    """List what was sent to a supplier, the newest first; a `limit` of 0 is none."""
    sent = {"supplier_id": supplier_id, "sent_at": {"$exists": True}}
    return await _listed(tx, sent, skip=skip, limit=limit)


async def insert_purchase_orders(tx: Tx, orders: Sequence[PurchaseOrder]) -> BulkOutcome:
    """Insert the purchase orders that are not stored yet; compare the others."""
    return await insert_missing(tx, PURCHASE_ORDERS, [purchase_order_document(order) for order in orders])


async def follow_purchase_orders(tx: Tx, orders: Sequence[PurchaseOrder]) -> int:
    """Bring purchase orders that the source changed up to date, never one of Roundsman's own. Count the changed."""
    documents = [purchase_order_document(order) for order in orders]
    return await renew_fields(tx, PURCHASE_ORDERS, documents, guard="origin", fields=_FOLLOWED)


async def _listed(tx: Tx, wanted: Document, *, skip: int, limit: int) -> list[PurchaseOrder]:
    return await list_values(tx, PURCHASE_ORDERS, purchase_order_from, wanted, _NEWEST, skip=skip, limit=limit)
