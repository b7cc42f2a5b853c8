"""Buying from suppliers: a purchase order is drafted and sent by staff, answered by the supplier, and ended by staff.

A supplier who does not use the application says on the phone what he brings; then staff answers for him, and the audit log
says who did.

Prices come from the catalogue, never from who asks: those of the day the order is for, as they stand when it is sent.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from roundsman.calendar import begin_of, day_of
from roundsman.catalog.listing import get_products
from roundsman.catalog.prices import price_at
from roundsman.catalog.products import Product
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.errors import Conflict
from roundsman.identity.mode import require_operations_managed_here
from roundsman.ids import PurchaseOrderId, SupplierId, UserId
from roundsman.operations.buying.supplier_accounts import own_supplier
from roundsman.operations.facts.intake import Change, Intake, KeyUsedOtherwise, note_down
from roundsman.operations.facts.steps import take_step
from roundsman.operations.selling.order_intake import DayPassed, WantedLine
from roundsman.suppliers.linkage import require_supplier
from roundsman.suppliers.purchase_orders import (
    PurchaseLine,
    PurchaseOrder,
    PurchaseOrderStatus,
    acknowledged,
    cancelled,
    closed,
    named,
    rejected,
    sent,
    supplier_of,
    total_of,
)
from roundsman.suppliers.purchasing import (
    find_purchase_order,
    get_order_of_supplier,
    get_purchase_order,
    insert_purchase_order,
    replace_purchase_order,
)
from roundsman.suppliers.suppliers import Supplier, SupplierStatus

Finding = Callable[[Tx], Awaitable[PurchaseOrder]]
"""How a purchase order is found by who may have it: by the supplier it was sent to, or by staff."""


class SupplierInactive(Conflict):
    """The business does not buy from the supplier any more."""

    code = "supplier_inactive"


class SuppliedByAnother(Conflict):
    """The product is brought by another supplier."""

    code = "supplied_by_another"


@dataclass(frozen=True, slots=True)
class WantedPurchase:
    """What is wanted from a supplier for a day, once by its key."""

    key: str
    supplier_id: SupplierId
    lines: tuple[WantedLine, ...]
    for_date: date


def of_anybody(order_id: PurchaseOrderId) -> Finding:
    """The way staff finds a purchase order, whoever's it is. Raises UnknownPurchaseOrder."""

    async def find(tx: Tx) -> PurchaseOrder:
        return await get_purchase_order(tx, order_id)

    return find


def of_own(user_id: UserId, order_id: PurchaseOrderId) -> Finding:
    """The way a supplier finds one that was sent to him. Raises NoSupplierProfile, UnknownPurchaseOrder."""

    async def find(tx: Tx) -> PurchaseOrder:
        supplier = await own_supplier(tx, user_id)
        return await get_order_of_supplier(tx, supplier.id, order_id)

    return find


async def draft_purchase_order(tx: Tx, wanted: WantedPurchase, *, intake: Intake, now: datetime) -> PurchaseOrder:
    """Write down what to buy; sent again, gives the same purchase order. The supplier does not see it yet.

    Raises UnknownSupplier, SupplierInactive, UnknownProduct, SuppliedByAnother, NotSold, DayPassed, KeyUsedOtherwise,
    OperationsManagedElsewhere.
    """

    async def work(tx: Tx) -> PurchaseOrder:
        await require_operations_managed_here(tx)
        order_id = PurchaseOrderId(intake.id_for("purchase_order", wanted.key))
        if (there := await find_purchase_order(tx, order_id)) is not None:
            return _same(there, wanted)
        order = await _new_order(tx, order_id, wanted, now=now)
        change = Change("purchase_order.drafted", _target(order), await insert_purchase_order(tx, order))
        await note_down(tx, intake, change, now=now)
        return order

    return await in_transaction(tx, work)


async def send_purchase_order(tx: Tx, order_id: PurchaseOrderId, *, intake: Intake, now: datetime) -> PurchaseOrder:
    """Show a draft to the supplier, who is to answer, at the prices of its day as they stand now.

    Raises UnknownPurchaseOrder, SupplierUnnamed, SupplierInactive, SuppliedByAnother, NotSold, DayPassed, and what
    `_changed` raises.
    """

    async def find(tx: Tx) -> PurchaseOrder:
        order = await get_purchase_order(tx, order_id)
        return await _as_of(tx, order, now=now) if order.status is PurchaseOrderStatus.DRAFT else order

    return await _changed(tx, find, lambda one: sent(one, at=now), "purchase_order.sent", intake=intake, now=now)


async def name_supplier(
    tx: Tx, order_id: PurchaseOrderId, supplier_id: SupplierId, *, intake: Intake, now: datetime
) -> PurchaseOrder:
    """Say who is to bring what the existing application wanted of somebody nobody knows.

    Raises UnknownPurchaseOrder, UnknownSupplier, SupplierNamed, and what `_changed` raises.
    """

    async def find(tx: Tx) -> PurchaseOrder:
        await require_supplier(tx, supplier_id)
        return await get_purchase_order(tx, order_id)

    action = "purchase_order.supplier_named"
    return await _changed(tx, find, lambda one: named(one, supplier_id), action, intake=intake, now=now)


async def acknowledge_purchase_order(tx: Tx, find: Finding, *, intake: Intake, now: datetime) -> PurchaseOrder:
    """Say as the supplier, or for him, that it will be brought. Raises SupplierUnnamed, and what `_changed` raises."""
    action = "purchase_order.acknowledged"
    return await _changed(tx, find, lambda one: acknowledged(one, at=now), action, intake=intake, now=now)


async def reject_purchase_order(tx: Tx, find: Finding, *, reason: str, intake: Intake, now: datetime) -> PurchaseOrder:
    """Say as the supplier, or for him, that it will not be brought. Raises what `_changed` raises."""

    def change(order: PurchaseOrder) -> PurchaseOrder:
        return rejected(order, reason=reason, at=now)

    return await _changed(tx, find, change, "purchase_order.rejected", reason=reason, intake=intake, now=now)


async def close_purchase_order(tx: Tx, order_id: PurchaseOrderId, *, intake: Intake, now: datetime) -> PurchaseOrder:
    """Put away a purchase order of which everything came. Raises what `_changed` raises."""
    return await _changed(
        tx, of_anybody(order_id), lambda one: closed(one, at=now), "purchase_order.closed", intake=intake, now=now
    )


async def cancel_purchase_order(
    tx: Tx, order_id: PurchaseOrderId, *, reason: str, intake: Intake, now: datetime
) -> PurchaseOrder:
    """Want nothing more of a purchase order; what came stays received and billed. Raises what `_changed` raises."""

    def change(order: PurchaseOrder) -> PurchaseOrder:
        return cancelled(order, reason=reason, at=now)

    action = "purchase_order.cancelled"
    return await _changed(tx, of_anybody(order_id), change, action, reason=reason, intake=intake, now=now)


async def _changed(
    tx: Tx,
    find: Finding,
    change: Callable[[PurchaseOrder], PurchaseOrder],
    action: str,
    *,
    reason: str | None = None,
    intake: Intake,
    now: datetime,
) -> PurchaseOrder:
    """Raises what `find` raises, UnknownPurchaseOrder among it, and PurchaseOrderStep, OperationsManagedElsewhere."""

    async def decide(_: Tx, before: PurchaseOrder) -> PurchaseOrder:
        return change(before)

    def told(after: PurchaseOrder, document: Document) -> Change:
        return Change(action, _target(after), document, reason)

    write = replace_purchase_order
    return await take_step(tx, load=find, decide=decide, write=write, told=told, intake=intake, now=now)


async def _new_order(tx: Tx, order_id: PurchaseOrderId, wanted: WantedPurchase, *, now: datetime) -> PurchaseOrder:
    draft = PurchaseOrder(
        id=order_id,
        supplier_id=wanted.supplier_id,
        lines=tuple(PurchaseLine(one.product_id, "", "", one.quantity, 0) for one in wanted.lines),
        total_paise=0,
        status=PurchaseOrderStatus.DRAFT,
        for_date=wanted.for_date,
        created_at=now,
    )
    return await _as_of(tx, draft, now=now)


async def _as_of(tx: Tx, draft: PurchaseOrder, *, now: datetime) -> PurchaseOrder:
    """The draft as the catalogue has it now: what its products are called, and what they cost on its day.

    A source's may have no day, and products nobody knows, whose price stays. Raises UnknownSupplier, SupplierUnnamed,
    SupplierInactive, UnknownProduct, SuppliedByAnother, NotSold, DayPassed.
    """
    if draft.for_date is not None and draft.for_date < day_of(now):
        raise DayPassed(f"{draft.for_date} is over: draft a purchase order for today or later")
    supplier = await require_supplier(tx, supplier_of(draft))
    if supplier.status is SupplierStatus.INACTIVE:
        raise SupplierInactive(f"The business does not buy from {supplier.name} any more")
    products = await get_products(tx, {line.product_id for line in draft.lines if line.product_id is not None})
    priced_at = now if draft.for_date is None else max(now, begin_of(draft.for_date))
    lines = tuple(
        line if line.product_id is None else _line(products[line.product_id], line.quantity, supplier, at=priced_at)
        for line in draft.lines
    )
    return replace(draft, lines=lines, total_paise=total_of(lines))


def _line(product: Product, quantity: float, supplier: Supplier, *, at: datetime) -> PurchaseLine:
    if product.supplier_id not in {None, supplier.id}:
        raise SuppliedByAnother(f"{product.name} is brought by another supplier than {supplier.name}")
    return PurchaseLine(product.id, product.name, product.unit, quantity, price_at(product, at))


def _same(order: PurchaseOrder, wanted: WantedPurchase) -> PurchaseOrder:
    asked = [(line.product_id, line.quantity) for line in wanted.lines]
    there = [(line.product_id, line.quantity) for line in order.lines]
    if (order.supplier_id, there, order.for_date) != (wanted.supplier_id, asked, wanted.for_date):
        raise KeyUsedOtherwise
    return order


def _target(order: PurchaseOrder) -> str:
    return f"purchase_order:{order.id}"
