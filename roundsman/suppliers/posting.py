"""The one way in which dues are written: an entry with the balance that follows from it, in the transaction of what happened."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from pymongo import DESCENDING

from roundsman.database.collections import PURCHASE_ORDERS, SUPPLIER_DUES, SUPPLIER_TOTALS
from roundsman.database.documents import find_value, insert, iterate, list_values
from roundsman.database.transaction import Document, Tx
from roundsman.errors import NotFound
from roundsman.ids import PurchaseOrderId, SupplierId
from roundsman.suppliers.dues import Due, DueKind, SupplierTotals, bill_key
from roundsman.suppliers.store import due_document, due_from, purchase_order_from, totals_from

_NEWEST = [("at", DESCENDING), ("_id", DESCENDING)]


class UnknownDue(NotFound):
    """There is no such entry of the supplier."""

    code = "unknown_due"


@dataclass(frozen=True, slots=True)
class DuesCheck:
    """How many entries were added up, and what does not agree, in words."""

    suppliers: int
    entries: int
    balance_paise: int
    wrong: tuple[str, ...]


async def post(tx: Tx, due: Due) -> Document:
    """Within a transaction: insert a new entry and add it to the balance; gives it as it is stored."""
    document = await insert(tx, SUPPLIER_DUES, due_document(due))
    added = {"$inc": {"balance_paise": due.paise, "entries": 1}}
    await tx.database[SUPPLIER_TOTALS].update_one({"_id": due.supplier_id}, added, upsert=True, session=tx.session)
    return document


async def find_due(tx: Tx, key: str) -> Due | None:
    """Find an entry."""
    return await find_value(tx, SUPPLIER_DUES, due_from, {"_id": key})


async def get_due(tx: Tx, key: str, *, supplier_id: SupplierId) -> Due:
    """Read an entry of this supplier. Raises UnknownDue."""
    due = await find_due(tx, key)
    if due is None or due.supplier_id != supplier_id:
        raise UnknownDue("There is no such entry of this supplier")
    return due


async def list_dues(tx: Tx, supplier_id: SupplierId, *, skip: int = 0, limit: int = 0) -> list[Due]:
    """List entries of a supplier, the newest first; a `limit` of 0 is none."""
    return await list_values(tx, SUPPLIER_DUES, due_from, {"supplier_id": supplier_id}, _NEWEST, skip=skip, limit=limit)


async def totals_of(tx: Tx, supplier_id: SupplierId) -> SupplierTotals:
    """Read what the entries of a supplier add up to; of whom there are none, nought."""
    found = await find_value(tx, SUPPLIER_TOTALS, totals_from, {"_id": supplier_id})
    return found or SupplierTotals(supplier_id)


async def balances_of(tx: Tx, supplier_ids: Collection[SupplierId]) -> dict[SupplierId, int]:
    """What is owed to some suppliers, in paise; to whom there is no entry, nought."""
    found = iterate(tx, SUPPLIER_TOTALS, totals_from, {"_id": {"$in": list(supplier_ids)}})
    kept = {one.supplier_id: one.balance_paise async for one in found}
    return {one: kept.get(one, 0) for one in supplier_ids}


async def check_dues(tx: Tx) -> DuesCheck:
    """Add up all entries: every kept balance is their sum, every receipt was billed once, and what is reversed was entered."""
    summed = {one.supplier_id: one async for one in _sums(tx)}
    kept = {one.supplier_id: one async for one in iterate(tx, SUPPLIER_TOTALS, totals_from)}
    wrong = [
        f"supplier {one}: {kept.get(one)} is kept, {summed.get(one)} is the sum"
        for one in sorted(summed.keys() | kept.keys())
        if summed.get(one) != kept.get(one)
    ]
    wrong += [one async for one in _wrong_bills(tx)]
    wrong += [one async for one in _wrong_reversals(tx)]
    entries, balance = sum(one.entries for one in summed.values()), sum(one.balance_paise for one in summed.values())
    return DuesCheck(len(summed), entries, balance, tuple(wrong))


async def _sums(tx: Tx) -> AsyncIterator[SupplierTotals]:
    added: Document = {"_id": "$supplier_id", "balance_paise": {"$sum": "$paise"}, "entries": {"$sum": 1}}
    async for document in await tx.database[SUPPLIER_DUES].aggregate([{"$group": added}], session=tx.session):
        yield totals_from(document)


async def _wrong_bills(tx: Tx) -> AsyncIterator[str]:
    """Receipts without their bill or with another one, and bills without a receipt; what was taken back is reversed, and only that."""
    bills = {one.key: one async for one in _of_kind(tx, DueKind.BILL)}
    reversed_bills = {one.reverses async for one in _of_kind(tx, DueKind.REVERSAL)} & bills.keys()
    async for order in iterate(tx, PURCHASE_ORDERS, purchase_order_from, {"receipts": {"$exists": True}}):
        for number, receipt in enumerate(order.receipts, 1):
            key = bill_key(PurchaseOrderId(order.id), number)
            bill = bills.pop(key, None)
            if bill is None or (bill.paise, bill.supplier_id) != (receipt.paise, order.supplier_id):
                billed = "is not billed" if bill is None else f"is billed to {bill.supplier_id} at {bill.paise} paise"
                yield f"receipt {number} of purchase order {order.id} costs {receipt.paise} paise and {billed}"
            if (key in reversed_bills) != (receipt.taken_back_at is not None):
                yield f"receipt {number} of purchase order {order.id} and its bill were not taken back together"
    for bill in bills.values():
        yield f"{bill.key} is billed, but there is no such receipt"


async def _wrong_reversals(tx: Tx) -> AsyncIterator[str]:
    """Reversals of what was never entered, or of another amount or supplier."""
    async for one in _of_kind(tx, DueKind.REVERSAL):
        entered = None if one.reverses is None else await find_due(tx, one.reverses)
        if entered is None or (entered.supplier_id, -entered.paise) != (one.supplier_id, one.paise):
            yield f"{one.key} takes back {-one.paise} paise, which {one.reverses} is not"


def _of_kind(tx: Tx, kind: DueKind) -> AsyncIterator[Due]:
    return iterate(tx, SUPPLIER_DUES, due_from, {"kind": kind.value})
