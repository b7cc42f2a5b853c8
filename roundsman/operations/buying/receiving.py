"""What comes of purchase orders. It is billed at once, in the same transaction, and once; so is what was told wrongly taken back."""

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.mode import require_operations_managed_here
from roundsman.ids import PurchaseOrderId
from roundsman.operations.facts.intake import Change, Intake, KeyUsedOtherwise, note_down
from roundsman.suppliers.dues import Due, DueKind, bill_key, reversal_of
from roundsman.suppliers.posting import get_due, post
from roundsman.suppliers.purchase_orders import Came, PurchaseOrder, supplier_of
from roundsman.suppliers.purchasing import get_purchase_order, replace_purchase_order
from roundsman.suppliers.receipts import received, taken_back


@dataclass(frozen=True, slots=True)
class WantedReceipt:
    """What came, once by its key; None is everything that had not come yet."""

    key: str
    came: tuple[Came, ...] | None = None


async def receive_purchase(
    tx: Tx, order_id: PurchaseOrderId, wanted: WantedReceipt, *, intake: Intake, now: datetime
) -> PurchaseOrder:
    """Write down what came of a purchase order, and what is owed for it; sent again, nothing more is.

    Raises UnknownPurchaseOrder, PurchaseOrderStep, SupplierUnnamed, NotAReceipt, TooMuchReceived, KeyUsedOtherwise,
    OperationsManagedElsewhere.
    """
    receipt_id = intake.id_for("receipt", f"{order_id}:{wanted.key}")

    async def work(tx: Tx) -> PurchaseOrder:
        await require_operations_managed_here(tx)
        before = await get_purchase_order(tx, order_id)
        if (there := before.receipt(receipt_id)) is not None:
            if wanted.came != (None if there.is_rest else there.lines):
                raise KeyUsedOtherwise
            return before
        after = received(before, receipt_id, wanted.came, at=now)
        change = Change("purchase_order.received", _target(after), await replace_purchase_order(tx, after))
        await note_down(tx, intake, change, now=now)
        await post(tx, _bill_of_last_receipt(after))
        return after

    return await in_transaction(tx, work)


async def take_receipt_back(
    tx: Tx, order_id: PurchaseOrderId, receipt_id: ObjectId, *, reason: str, intake: Intake, now: datetime
) -> PurchaseOrder:
    """Have something not have come after all, and nothing be owed for it; taken back before, nothing happens.

    Raises UnknownPurchaseOrder, UnknownReceipt, PurchaseOrderStep, OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> PurchaseOrder:
        await require_operations_managed_here(tx)
        before = await get_purchase_order(tx, order_id)
        after = taken_back(before, receipt_id, reason=reason, at=now)
        if after != before:
            document = await replace_purchase_order(tx, after)
            await note_down(
                tx, intake, Change("purchase_order.receipt_taken_back", _target(after), document, reason), now=now
            )
            number = [one.id for one in after.receipts].index(receipt_id) + 1
            bill = await get_due(tx, bill_key(order_id, number), supplier_id=supplier_of(after))
            await post(tx, reversal_of(bill, reason=reason, at=now))
        return after

    return await in_transaction(tx, work)


def _bill_of_last_receipt(order: PurchaseOrder) -> Due:
    number, receipt = len(order.receipts), order.receipts[-1]
    key = bill_key(order.id, number)
    return Due(key, supplier_of(order), DueKind.BILL, receipt.paise, receipt.at, purchase_order_id=order.id)


def _target(order: PurchaseOrder) -> str:
    return f"purchase_order:{order.id}"
