"""What may become of a purchase order (pure).

- draft -> sent -> acknowledged or rejected; acknowledged -> part received -> received -> closed. All may come at once. No other
  step leads anywhere, but for one: until everything has come, an order may be cancelled. What had come by then stays received
  and billed; the rest is not waited for any more.
- What is so already stays as it is: nothing is changed twice.
- A source's order may name a supplier nobody knows. It is asked of nobody and billed to nobody before staff names one, and then
  he stays: somebody else's order is another one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from bson import ObjectId

from roundsman.errors import Conflict
from roundsman.ids import ProductId, PurchaseOrderId, SourceRef, SupplierId
from roundsman.money import cost_paise


class PurchaseOrderStatus(StrEnum):
    """How far a purchase order has come."""

    DRAFT = "draft"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    PART_RECEIVED = "part_received"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class PurchaseOrderOrigin(StrEnum):
    """Which application made the purchase order."""

    ROUNDSMAN = "roundsman"
    SOURCE = "source"


_S = PurchaseOrderStatus
STEPS: Final[Mapping[PurchaseOrderStatus, frozenset[PurchaseOrderStatus]]] = {
    _S.DRAFT: frozenset({_S.SENT, _S.CANCELLED}),
    _S.SENT: frozenset({_S.ACKNOWLEDGED, _S.REJECTED, _S.CANCELLED}),
    _S.ACKNOWLEDGED: frozenset({_S.PART_RECEIVED, _S.RECEIVED, _S.CANCELLED}),
    _S.PART_RECEIVED: frozenset({_S.PART_RECEIVED, _S.RECEIVED, _S.CANCELLED}),
    _S.RECEIVED: frozenset({_S.CLOSED}),
    _S.REJECTED: frozenset(),
    _S.CLOSED: frozenset(),
    _S.CANCELLED: frozenset(),
}
"""What may follow upon what."""


class PurchaseOrderStep(Conflict):
    """The purchase order has not come so far, or further."""

    code = "purchase_order_step"


class SupplierUnnamed(Conflict):
    """Nobody knows of whom the purchase order wants something."""

    code = "supplier_unnamed"


class SupplierNamed(Conflict):
    """The purchase order is another supplier's."""

    code = "supplier_named"


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """One product of a purchase order; `product_id` is absent where a source names a product nobody knows."""

    product_id: ProductId | None
    name: str
    unit: str
    quantity: float
    unit_price_paise: int
    received: float = 0

    @property
    def missing(self) -> float:
        """How much has not come yet."""
        return max(self.quantity - self.received, 0)


@dataclass(frozen=True, slots=True)
class Came:
    """How much of a line came; the first line is number 1."""

    line: int
    quantity: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came at one time, and what it costs; one that was taken back counts no more, `reason` is why.

    Of `is_rest` no lines were told: all that was missing came.
    """

    id: ObjectId
    at: datetime
    lines: tuple[Came, ...]
    paise: int
    is_rest: bool = False
    taken_back_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """What is wanted from a supplier for an Indian day, at the prices of that day.

    `reason` is why it was rejected or cancelled. A source's may name a supplier nobody knows, or no day.
    """

    id: PurchaseOrderId
    supplier_id: SupplierId | None
    lines: tuple[PurchaseLine, ...]
    total_paise: int
    status: PurchaseOrderStatus
    for_date: date | None
    created_at: datetime
    origin: PurchaseOrderOrigin = PurchaseOrderOrigin.ROUNDSMAN
    receipts: tuple[Receipt, ...] = ()
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    old_id: str | None = None
    source: SourceRef | None = None

    @property
    def is_shown_to_supplier(self) -> bool:
        """Whether it was ever sent: what the business only thinks about is not his."""
        return self.sent_at is not None

    def receipt(self, receipt_id: ObjectId) -> Receipt | None:
        """The receipt of that id."""
        return next((one for one in self.receipts if one.id == receipt_id), None)


def total_of(lines: Iterable[PurchaseLine]) -> int:
    """What the lines cost together, in paise."""
    return sum(cost_paise(line.quantity, line.unit_price_paise) for line in lines)


def supplier_of(order: PurchaseOrder) -> SupplierId:
    """Tell from whom a purchase order wants something. Raises SupplierUnnamed."""
    if order.supplier_id is None:
        raise SupplierUnnamed(
            "The existing application names a supplier nobody knows. Say who it is first: "
            f"PUT /api/v1/suppliers/purchase-orders/{order.id}/supplier"
        )
    return order.supplier_id


def named(order: PurchaseOrder, supplier_id: SupplierId) -> PurchaseOrder:
    """The order of nobody who was known, which is this supplier's now. Raises SupplierNamed."""
    if order.supplier_id not in {None, supplier_id}:
        raise SupplierNamed("It is another supplier's: cancel it, and draft a purchase order for who is to bring it")
    return replace(order, supplier_id=supplier_id)


def sent(order: PurchaseOrder, *, at: datetime) -> PurchaseOrder:
    """The order, which the supplier can see and answer now. Raises PurchaseOrderStep, SupplierUnnamed."""
    return _of_somebody(_moved(order, replace(order, status=PurchaseOrderStatus.SENT, sent_at=at)))


def acknowledged(order: PurchaseOrder, *, at: datetime) -> PurchaseOrder:
    """The order, which the supplier is going to bring. Raises PurchaseOrderStep, SupplierUnnamed."""
    return _of_somebody(_moved(order, replace(order, status=PurchaseOrderStatus.ACKNOWLEDGED, answered_at=at)))


def rejected(order: PurchaseOrder, *, reason: str, at: datetime) -> PurchaseOrder:
    """The order, which the supplier does not bring. Raises PurchaseOrderStep."""
    ended = replace(order, status=PurchaseOrderStatus.REJECTED, answered_at=at, ended_at=at, reason=reason)
    return _moved(order, ended)


def closed(order: PurchaseOrder, *, at: datetime) -> PurchaseOrder:
    """The order, with which nothing remains to be done. Raises PurchaseOrderStep."""
    return _moved(order, replace(order, status=PurchaseOrderStatus.CLOSED, ended_at=at))


def cancelled(order: PurchaseOrder, *, reason: str, at: datetime) -> PurchaseOrder:
    """The order, of which nothing more is wanted. Raises PurchaseOrderStep."""
    return _moved(order, replace(order, status=PurchaseOrderStatus.CANCELLED, ended_at=at, reason=reason))


def require_step(order: PurchaseOrder, to: PurchaseOrderStatus) -> None:
    """Go on only where this may follow. Raises PurchaseOrderStep."""
    if to not in STEPS[order.status]:
        following = [one for one in PurchaseOrderStatus if one in STEPS[order.status]]
        said = f"it can become {' or '.join(following)}" if following else "nothing follows upon that"
        raise PurchaseOrderStep(f"The purchase order is {order.status} and cannot become {to}: {said}.")


def _moved(before: PurchaseOrder, after: PurchaseOrder) -> PurchaseOrder:
    if before.status is after.status:
        return before
    require_step(before, after.status)
    return after


def _of_somebody(order: PurchaseOrder) -> PurchaseOrder:
    supplier_of(order)
    return order
