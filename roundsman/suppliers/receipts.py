"""What comes of a purchase order (pure).

- A receipt says how much of which lines came. Never more of a line is received than was ordered: what is brought beyond that
  goes on a purchase order of its own.
- A receipt costs what all that has come costs, less what had come before: the receipts of an order add up to what its lines
  cost, to the paisa.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from bson import ObjectId

from roundsman.errors import Conflict, InvalidInput
from roundsman.money import cost_paise
from roundsman.suppliers.purchase_orders import (
    Came,
    PurchaseLine,
    PurchaseOrder,
    PurchaseOrderStatus,
    Receipt,
    require_step,
    supplier_of,
)


class TooMuchReceived(Conflict):
    """More would be received than was ordered."""

    code = "too_much_received"


class NotAReceipt(InvalidInput):
    """What came is on no line of the order, or is nothing."""

    code = "not_a_receipt"


def all_missing(order: PurchaseOrder) -> tuple[Came, ...]:
    """What has not come yet, as if it came now."""
    return tuple(Came(number, line.missing) for number, line in enumerate(order.lines, 1) if line.missing > 0)


def received(order: PurchaseOrder, receipt_id: ObjectId, came: Sequence[Came], *, at: datetime) -> PurchaseOrder:
    """The order with one more receipt; one that has this receipt as it is.

    Raises PurchaseOrderStep, SupplierUnnamed, NotAReceipt, TooMuchReceived.
    """
    if order.receipt(receipt_id) is not None:
        return order
    require_step(order, PurchaseOrderStatus.RECEIVED)
    supplier_of(order)
    _require_receipt(order, came)
    quantities = {one.line: one.quantity for one in came}
    lines = tuple(_with(line, quantities.get(number, 0)) for number, line in enumerate(order.lines, 1))
    is_all = all(line.missing == 0 for line in lines)
    receipt = Receipt(receipt_id, at, tuple(came), _received_paise(lines) - _received_paise(order.lines))
    return replace(
        order,
        lines=lines,
        status=PurchaseOrderStatus.RECEIVED if is_all else PurchaseOrderStatus.PART_RECEIVED,
        receipts=(*order.receipts, receipt),
    )


def _with(line: PurchaseLine, quantity: float) -> PurchaseLine:
    """The line after so much came; quantities of a source need not add up in binary."""
    return replace(line, received=line.quantity if quantity == line.missing else line.received + quantity)


def _received_paise(lines: Iterable[PurchaseLine]) -> int:
    return sum(cost_paise(line.received, line.unit_price_paise) for line in lines)


def _require_receipt(order: PurchaseOrder, came: Sequence[Came]) -> None:
    numbers = [one.line for one in came]
    if not came or len(set(numbers)) < len(numbers) or any(one.quantity <= 0 for one in came):
        raise NotAReceipt("A receipt names each line that came once, and more than nothing of it")
    for one in came:
        if not 1 <= one.line <= len(order.lines):
            raise NotAReceipt(f"The order has {len(order.lines)} lines, and none of number {one.line}")
        line = order.lines[one.line - 1]
        if one.quantity > line.missing:
            raise TooMuchReceived(
                f"Of {line.name} (line {one.line}) {line.quantity:g} {line.unit} were ordered and {line.received:g} received "
                f"before: {line.missing:g} can be received, not {one.quantity:g}. Put what was brought beyond that on a "
                "purchase order of its own."
            )
