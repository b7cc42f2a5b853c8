"""What is owed to suppliers, besides the bills that receipts bring: payments and credit notes, each once by its key.

What was entered wrongly is reversed, with a reason, and entered anew.
"""

from dataclasses import dataclass
from datetime import datetime

from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.mode import require_operations_managed_here
from roundsman.ids import PurchaseOrderId, SupplierId
from roundsman.operations.facts.intake import Change, Intake, KeyUsedOtherwise, note_down
from roundsman.suppliers.dues import Due, DueKind, NotReversible, reversal_of
from roundsman.suppliers.linkage import get_supplier
from roundsman.suppliers.posting import find_due, get_due, post
from roundsman.suppliers.purchasing import UnknownPurchaseOrder, get_purchase_order


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that went to a supplier; `reference` is the bank's, or that of the cash book."""

    key: str
    amount_paise: int
    reference: str


@dataclass(frozen=True, slots=True)
class Credited:
    """What a supplier owes back, like for milk that was sour; of a purchase order of his, if it is of one."""

    key: str
    amount_paise: int
    reason: str
    purchase_order_id: PurchaseOrderId | None = None


async def record_supplier_payment(tx: Tx, supplier_id: SupplierId, paid: Paid, *, intake: Intake, now: datetime) -> Due:
    """Write down a payment; sent again, gives the same entry. More than is owed is paid ahead.

    Raises SupplierNotFound, KeyUsedOtherwise, OperationsManagedElsewhere.
    """
    key = f"payment:{intake.id_for('supplier_payment', paid.key)}"
    due = Due(key, supplier_id, DueKind.PAYMENT, -paid.amount_paise, now, reference=paid.reference)
    return await _entered(tx, due, Change("supplier_due.paid", f"supplier:{supplier_id}"), intake=intake, now=now)


async def record_credit_note(
    tx: Tx, supplier_id: SupplierId, credited: Credited, *, intake: Intake, now: datetime
) -> Due:
    """Write down a credit note; sent again, gives the same entry.

    Raises SupplierNotFound, UnknownPurchaseOrder, KeyUsedOtherwise, OperationsManagedElsewhere.
    """
    key = f"credit_note:{intake.id_for('credit_note', credited.key)}"
    order_id, reason = credited.purchase_order_id, credited.reason
    due = Due(key, supplier_id, DueKind.CREDIT_NOTE, -credited.amount_paise, now, order_id, reason=reason)
    change = Change("supplier_due.credited", f"supplier:{supplier_id}", reason=reason)
    return await _entered(tx, due, change, intake=intake, now=now)


async def reverse_due(tx: Tx, supplier_id: SupplierId, key: str, *, reason: str, intake: Intake, now: datetime) -> Due:
    """Have a payment or a credit note count no more; gives the entry that says so. Reversed before, nothing happens.

    Raises SupplierNotFound, UnknownDue, NotReversible, OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> Due:
        await require_operations_managed_here(tx)
        supplier = await get_supplier(tx, supplier_id)
        due = await get_due(tx, key, supplier_id=supplier.id)
        if due.kind is DueKind.BILL:
            raise NotReversible(
                "A bill follows from what came: take the receipt back, POST /api/v1/suppliers/purchase-orders/"
                f"{due.purchase_order_id}/receipts/{{receipt_id}}/take-back"
            )
        reversal = reversal_of(due, reason=reason, at=now)
        if (there := await find_due(tx, reversal.key)) is not None:
            return there
        change = Change("supplier_due.reversed", f"supplier:{supplier_id}", await post(tx, reversal), reason)
        await note_down(tx, intake, change, now=now)
        return reversal

    return await in_transaction(tx, work)


async def _entered(tx: Tx, due: Due, change: Change, *, intake: Intake, now: datetime) -> Due:
    async def work(tx: Tx) -> Due:
        await require_operations_managed_here(tx)
        supplier = await get_supplier(tx, due.supplier_id)
        if (there := await find_due(tx, due.key)) is not None:
            return _same(there, due)
        await _require_his_order(tx, supplier.id, due.purchase_order_id)
        document = await post(tx, due)
        await note_down(tx, intake, Change(change.action, change.target, document, change.reason), now=now)
        return due

    return await in_transaction(tx, work)


async def _require_his_order(tx: Tx, supplier_id: SupplierId, order_id: PurchaseOrderId | None) -> None:
    if order_id is not None and (await get_purchase_order(tx, order_id)).supplier_id != supplier_id:
        raise UnknownPurchaseOrder("There is no such purchase order of this supplier")


def _same(there: Due, wanted: Due) -> Due:
    def content(due: Due) -> tuple[object, ...]:
        return due.supplier_id, due.paise, due.purchase_order_id, due.reference, due.reason

    if content(there) != content(wanted):
        raise KeyUsedOtherwise
    return there
