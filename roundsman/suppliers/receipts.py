"""What comes of a purchase order (pure).

- A receipt says how much of which lines came. Never more of a line is received than was ordered: what is brought beyond that
  goes on a purchase order of its own.
- A receipt costs what all that has come costs, less what had come before: the receipts of an order add up to what its lines
  cost, to the paisa.
- A receipt that was wrong is taken back: the order is then as if it had not come, and it may come again under another id. A
  cancelled order stays cancelled. One that was closed is done with: there a credit note says what is not owed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from bson import ObjectId

from roundsman.errors import Conflict, InvalidInput, NotFound
from roundsman.money import cost_paise
from roundsman.suppliers.purchase_orders import (
    Came,
    PurchaseLine,
    PurchaseOrder,
    PurchaseOrderStatus,
    PurchaseOrderStep,
    Receipt,
    require_step,
    supplier_of,
)


class TooMuchReceived(Conflict):
    """More would be received than was ordered."""

    code = "too_much_received"


class UnknownReceipt(NotFound):
    """The purchase order has no such receipt."""

    code = "unknown_receipt"


class NotAReceipt(InvalidInput):
    """What came is on no line of the order, or is nothing."""

    code = "not_a_receipt"


def all_missing(order: PurchaseOrder) -> tuple[Came, ...]:
    """What has not come yet, as if it came now."""
    return tuple(Came(number, line.missing) for number, line in enumerate(order.lines, 1) if line.missing > 0)


def received(order: PurchaseOrder, receipt_id: ObjectId, told: Sequence[Came] | None, *, at: datetime) -> PurchaseOrder:
    """The order with one more receipt, of what was told or else of all that was missing; one that has this receipt as it is.

    Raises PurchaseOrderStep, SupplierUnnamed, NotAReceipt, TooMuchReceived.
    """
    if order.receipt(receipt_id) is not None:
        return order
    require_step(order, PurchaseOrderStatus.RECEIVED)
    supplier_of(order)
    came = all_missing(order) if told is None else tuple(told)
    _require_receipt(order, came)
    lines = _after(order.lines, came)
    is_all = all(line.missing == 0 for line in lines)
    paise = _received_paise(lines) - sum(one.paise for one in _counting(order))
    receipt = Receipt(receipt_id, at, came, paise, is_rest=told is None)
    return replace(
        order,
        lines=lines,
        status=PurchaseOrderStatus.RECEIVED if is_all else PurchaseOrderStatus.PART_RECEIVED,
        receipts=(*order.receipts, receipt),
    )


def taken_back(order: PurchaseOrder, receipt_id: ObjectId, *, reason: str, at: datetime) -> PurchaseOrder:
    """The order as if this had not come; one of which the receipt was taken back before as it is.

    Raises UnknownReceipt, PurchaseOrderStep.
    """
    receipt = order.receipt(receipt_id)
    if receipt is None:
        raise UnknownReceipt("The purchase order has no such receipt")
    if receipt.taken_back_at is not None:
        return order
    if order.status is PurchaseOrderStatus.CLOSED:
        raise PurchaseOrderStep("The purchase order is closed: enter a credit note for what did not come")
    gone = replace(receipt, taken_back_at=at, reason=reason)
    after = replace(order, receipts=tuple(gone if one.id == receipt_id else one for one in order.receipts))
    lines = tuple(replace(line, received=0) for line in order.lines)
    for one in _counting(after):
        lines = _after(lines, one.lines)
    return replace(after, lines=lines, status=_status_with(lines, order.status))


def _status_with(lines: Iterable[PurchaseLine], before: PurchaseOrderStatus) -> PurchaseOrderStatus:
    """How far an order is that lost a receipt."""
    if before is PurchaseOrderStatus.CANCELLED:
        return before
    is_part = any(line.received for line in lines)
    return PurchaseOrderStatus.PART_RECEIVED if is_part else PurchaseOrderStatus.ACKNOWLEDGED


def _counting(order: PurchaseOrder) -> list[Receipt]:
    return [one for one in order.receipts if one.taken_back_at is None]


def _after(lines: Iterable[PurchaseLine], came: Iterable[Came]) -> tuple[PurchaseLine, ...]:
    quantities = {one.line: one.quantity for one in came}
    return tuple(_with(line, quantities.get(number, 0)) for number, line in enumerate(lines, 1))


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
