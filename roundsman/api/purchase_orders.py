"""Purchase orders as admins work with them: drafted, sent, received and ended."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.api.models import IdInBody, IdInPath, RequestModel, problems
from roundsman.api.operating import Key, Page
from roundsman.api.supply_views import PurchaseOrderView, Quantity, WhyNot
from roundsman.ids import ProductId, PurchaseOrderId, SupplierId
from roundsman.operations.buying.purchasing import (
    WantedPurchase,
    acknowledge_purchase_order,
    cancel_purchase_order,
    close_purchase_order,
    draft_purchase_order,
    name_supplier,
    of_anybody,
    reject_purchase_order,
    send_purchase_order,
)
from roundsman.operations.buying.receiving import WantedReceipt, receive_purchase, take_receipt_back
from roundsman.operations.selling.order_intake import WantedLine
from roundsman.suppliers.purchase_orders import Came, PurchaseOrderStatus
from roundsman.suppliers.purchasing import get_purchase_order, list_purchase_orders
from roundsman.web.guards import require
from roundsman.web.operating import Work

router = APIRouter(prefix="/suppliers/purchase-orders", tags=["suppliers"])

_READS = [Depends(require(Permission.SUPPLIERS_READ))]
_BUYS = [Depends(require(Permission.SUPPLIERS_BUY))]


class Wanted(RequestModel):
    """How much of what."""

    product_id: IdInBody
    quantity: Quantity


class Drafting(RequestModel):
    """What to buy. Prices are those of the catalogue on the day, so none is sent."""

    key: Key
    supplier_id: IdInBody
    lines: Annotated[list[Wanted], Field(min_length=1, max_length=100)] = Field(
        examples=[[{"product_id": "69a3d7f0c2a4e5b6d7e8f901", "quantity": 120}]]
    )
    for_date: date = Field(
        description="The Indian day on which it should come, today or later.", examples=["2026-12-01"]
    )


class CameOf(RequestModel):
    """How much of a line came."""

    line: Annotated[int, Field(ge=1, le=1_000, description="The first line of the order is 1.")]
    quantity: Quantity


class Receiving(RequestModel):
    """What came, at one time."""

    key: Key
    lines: Annotated[list[CameOf], Field(min_length=1, max_length=1_000)] | None = Field(
        None, description="Everything that had not come yet, if not given.", examples=[[{"line": 1, "quantity": 80}]]
    )


class Naming(RequestModel):
    """Whose a purchase order is."""

    supplier_id: IdInBody


class PurchaseSearch(Page):
    """Which purchase orders."""

    status: PurchaseOrderStatus | None = None
    supplier_id: IdInBody | None = None


@router.get("", dependencies=_READS, responses=problems(401, 403, 422))
async def some(work: Work, search: Annotated[PurchaseSearch, Query()]) -> list[PurchaseOrderView]:
    """List purchase orders, the newest first."""
    supplier_id = None if search.supplier_id is None else SupplierId(search.supplier_id)
    found = await list_purchase_orders(
        work.tx, supplier_id=supplier_id, status=search.status, skip=search.skip, limit=search.limit
    )
    return [PurchaseOrderView.model_validate(order) for order in found]


@router.post("", status_code=201, dependencies=_BUYS, responses=problems(401, 403, 409, 422))
async def draft(body: Drafting, work: Work) -> PurchaseOrderView:
    """Draft a purchase order; the supplier does not see it before it is sent."""
    lines = tuple(WantedLine(ProductId(line.product_id), line.quantity) for line in body.lines)
    wanted = WantedPurchase(body.key, SupplierId(body.supplier_id), lines, body.for_date)
    order = await draft_purchase_order(work.tx, wanted, intake=work.intake, now=work.now)
    return PurchaseOrderView.model_validate(order)


@router.get("/{purchase_order_id}", dependencies=_READS, responses=problems(401, 403, 404, 422))
async def one(purchase_order_id: IdInPath, work: Work) -> PurchaseOrderView:
    """See a purchase order."""
    return PurchaseOrderView.model_validate(await get_purchase_order(work.tx, PurchaseOrderId(purchase_order_id)))


@router.post("/{purchase_order_id}/send", dependencies=_BUYS, responses=problems(401, 403, 404, 409, 422))
async def send(purchase_order_id: IdInPath, work: Work) -> PurchaseOrderView:
    """Show a draft to the supplier, who acknowledges or rejects it.

    It is priced and checked once more: a price accepted since it was drafted counts.
    """
    order = await send_purchase_order(work.tx, PurchaseOrderId(purchase_order_id), intake=work.intake, now=work.now)
    return PurchaseOrderView.model_validate(order)


@router.put("/{purchase_order_id}/supplier", dependencies=_BUYS, responses=problems(401, 403, 404, 409, 422))
async def name(body: Naming, purchase_order_id: IdInPath, work: Work) -> PurchaseOrderView:
    """Say who is to bring what the existing application wanted of a supplier nobody knows; once said, it stays so."""
    order = await name_supplier(
        work.tx,
        PurchaseOrderId(purchase_order_id),
        SupplierId(body.supplier_id),
        intake=work.intake,
        now=work.now,
    )
    return PurchaseOrderView.model_validate(order)


@router.post("/{purchase_order_id}/acknowledge", dependencies=_BUYS, responses=problems(401, 403, 404, 409, 422))
async def acknowledge(purchase_order_id: IdInPath, work: Work) -> PurchaseOrderView:
    """Say for a supplier who does not use the application that he brings what is wanted; the audit log says who did."""
    order = await acknowledge_purchase_order(
        work.tx, of_anybody(PurchaseOrderId(purchase_order_id)), intake=work.intake, now=work.now
    )
    return PurchaseOrderView.model_validate(order)


@router.post("/{purchase_order_id}/reject", dependencies=_BUYS, responses=problems(401, 403, 404, 409, 422))
async def reject(body: WhyNot, purchase_order_id: IdInPath, work: Work) -> PurchaseOrderView:
    """Say for such a supplier that he does not bring it, and why."""
    order = await reject_purchase_order(
        work.tx,
        of_anybody(PurchaseOrderId(purchase_order_id)),
        reason=body.reason,
        intake=work.intake,
        now=work.now,
    )
    return PurchaseOrderView.model_validate(order)


@router.post(
    "/{purchase_order_id}/receipts", status_code=201, dependencies=_BUYS, responses=problems(401, 403, 404, 409, 422)
)
async def receive(body: Receiving, purchase_order_id: IdInPath, work: Work) -> PurchaseOrderView:
    """Tell what came. It is billed at once; never more is received than was ordered."""
    came = None if body.lines is None else tuple(Came(line.line, line.quantity) for line in body.lines)
    wanted = WantedReceipt(body.key, came)
    order = await receive_purchase(
        work.tx, PurchaseOrderId(purchase_order_id), wanted, intake=work.intake, now=work.now
    )
    return PurchaseOrderView.model_validate(order)


@router.post(
    "/{purchase_order_id}/receipts/{receipt_id}/take-back",
    dependencies=_BUYS,
    responses=problems(401, 403, 404, 409, 422),
)
async def take_back(body: WhyNot, purchase_order_id: IdInPath, receipt_id: IdInPath, work: Work) -> PurchaseOrderView:
    """Say that something did not come after all, or not so much: its bill is reversed. Then tell anew what came."""
    order = await take_receipt_back(
        work.tx, PurchaseOrderId(purchase_order_id), receipt_id, reason=body.reason, intake=work.intake, now=work.now
    )
    return PurchaseOrderView.model_validate(order)


@router.post("/{purchase_order_id}/close", dependencies=_BUYS, responses=problems(401, 403, 404, 409, 422))
async def close(purchase_order_id: IdInPath, work: Work) -> PurchaseOrderView:
    """Put away a purchase order of which everything came."""
    order = await close_purchase_order(work.tx, PurchaseOrderId(purchase_order_id), intake=work.intake, now=work.now)
    return PurchaseOrderView.model_validate(order)


@router.post("/{purchase_order_id}/cancel", dependencies=_BUYS, responses=problems(401, 403, 404, 409, 422))
async def cancel(body: WhyNot, purchase_order_id: IdInPath, work: Work) -> PurchaseOrderView:
    """Want nothing more of a purchase order; what came stays received and billed."""
    order = await cancel_purchase_order(
        work.tx, PurchaseOrderId(purchase_order_id), reason=body.reason, intake=work.intake, now=work.now
    )
    return PurchaseOrderView.model_validate(order)
