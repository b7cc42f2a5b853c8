"""Purchase orders as the office sees them: what was wanted of whom, how far each has come, and the next step."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final

from bson import ObjectId
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.console.fields import Key, Reasoned
from roundsman.console.forms import Form, InvalidForm, model_of, read_form, refused
from roundsman.console.guards import require_page
from roundsman.console.list_parts import PER_PAGE, PartQuery, pages_around, part_of
from roundsman.console.rendering import see_other, show
from roundsman.errors import RoundsmanError
from roundsman.identity.mode import get_mode
from roundsman.ids import PurchaseOrderId, SupplierId
from roundsman.operations.buying.purchasing import (
    acknowledge_purchase_order,
    cancel_purchase_order,
    close_purchase_order,
    name_supplier,
    of_anybody,
    reject_purchase_order,
    send_purchase_order,
)
from roundsman.operations.buying.receiving import WantedReceipt, receive_purchase, take_receipt_back
from roundsman.suppliers.linkage import list_suppliers, suppliers_called
from roundsman.suppliers.purchase_orders import STEPS, Came, PurchaseOrder, PurchaseOrderStatus
from roundsman.suppliers.purchasing import get_purchase_order, list_purchase_orders
from roundsman.web.ids import IdInBody, IdInPath
from roundsman.web.operating import Operating, Work

PATH: Final = "/purchase-orders"
_MOST_FIELDS: Final = 40
"""How many lines fit into one form; of an order with more, everything is received at once or each by the API."""
_MOST_SUPPLIERS: Final = 500
ONE: Final = PATH + "/{purchase_order_id}"
_READS: Final = [Depends(require_page(Permission.SUPPLIERS_READ))]
_BUYS: Final = [Depends(require_page(Permission.SUPPLIERS_BUY))]
_QUANTITY: Final[TypeAdapter[float]] = TypeAdapter(Annotated[float, Field(ge=0, le=100_000, multiple_of=0.25)])

router = APIRouter(include_in_schema=False)


class PurchaseQuery(PartQuery):
    """Which purchase orders."""

    status: PurchaseOrderStatus | None = None


class Receiving(BaseModel):
    """What came, at one time; how much of which line stands in fields of their own."""

    key: Key
    everything: bool = False


class Naming(BaseModel):
    """Whose a purchase order is that names a supplier nobody knows."""

    supplier: IdInBody


@router.get(PATH, dependencies=_READS, name="purchase_orders_page")
async def show_orders(request: Request, work: Work) -> Response:
    """Show the purchase orders, the newest first."""
    query = model_of(PurchaseQuery, dict(request.query_params))
    found = await list_purchase_orders(work.tx, status=query.status, skip=query.skip, limit=PER_PAGE + 1)
    orders, is_more = part_of(found)
    return show(
        request,
        "partners/purchase_orders.html",
        orders=orders,
        suppliers=await suppliers_called(work.tx, {one.supplier_id for one in orders if one.supplier_id is not None}),
        query=query,
        statuses=list(PurchaseOrderStatus),
        mode=await get_mode(work.tx),
        around=pages_around(PATH, query, is_more=is_more),
    )


@router.get(ONE, dependencies=_READS, name="purchase_order_page")
async def show_order(request: Request, purchase_order_id: IdInPath, work: Work) -> Response:
    """Show a purchase order, what came of it, and what can be done."""
    return await _shown(request, work, purchase_order_id, Form())


@router.post(ONE + "/send", dependencies=_BUYS, name="send_purchase_order_page")
async def send(request: Request, purchase_order_id: IdInPath, work: Work) -> Response:
    """Show a draft to the supplier."""

    async def step() -> PurchaseOrder:
        return await send_purchase_order(work.tx, PurchaseOrderId(purchase_order_id), intake=work.intake, now=work.now)

    return await _done(request, work, purchase_order_id, step, {}, flash="flash.purchase_sent")


@router.post(ONE + "/acknowledge", dependencies=_BUYS, name="acknowledge_purchase_order_page")
async def acknowledge(request: Request, purchase_order_id: IdInPath, work: Work) -> Response:
    """Say for the supplier that he brings it."""

    async def step() -> PurchaseOrder:
        his = of_anybody(PurchaseOrderId(purchase_order_id))
        return await acknowledge_purchase_order(work.tx, his, intake=work.intake, now=work.now)

    return await _done(request, work, purchase_order_id, step, {}, flash="flash.purchase_acknowledged")


@router.post(ONE + "/reject", dependencies=_BUYS, name="reject_purchase_order_page")
async def reject(request: Request, purchase_order_id: IdInPath, work: Work) -> Response:
    """Say for the supplier that he does not bring it, and why."""
    sent = await read_form(request) | {"step": "reject"}

    async def step() -> PurchaseOrder:
        his, reason = of_anybody(PurchaseOrderId(purchase_order_id)), model_of(Reasoned, sent).reason
        return await reject_purchase_order(work.tx, his, reason=reason, intake=work.intake, now=work.now)

    return await _done(request, work, purchase_order_id, step, sent, flash="flash.purchase_rejected")


@router.post(ONE + "/supplier", dependencies=_BUYS, name="name_supplier_page")
async def name(request: Request, purchase_order_id: IdInPath, work: Work) -> Response:
    """Say who is to bring what was wanted of a supplier nobody knows."""
    sent = await read_form(request)

    async def step() -> PurchaseOrder:
        supplier = SupplierId(model_of(Naming, sent).supplier)
        return await name_supplier(
            work.tx, PurchaseOrderId(purchase_order_id), supplier, intake=work.intake, now=work.now
        )

    return await _done(request, work, purchase_order_id, step, sent, flash="flash.purchase_named")


@router.post(ONE + "/close", dependencies=_BUYS, name="close_purchase_order_page")
async def close(request: Request, purchase_order_id: IdInPath, work: Work) -> Response:
    """Put away a purchase order of which everything came."""

    async def step() -> PurchaseOrder:
        return await close_purchase_order(work.tx, PurchaseOrderId(purchase_order_id), intake=work.intake, now=work.now)

    return await _done(request, work, purchase_order_id, step, {}, flash="flash.purchase_closed")


@router.post(ONE + "/cancel", dependencies=_BUYS, name="cancel_purchase_order_page")
async def cancel(request: Request, purchase_order_id: IdInPath, work: Work) -> Response:
    """Want nothing more of a purchase order."""
    sent = await read_form(request) | {"step": "cancel"}

    async def step() -> PurchaseOrder:
        reason = model_of(Reasoned, sent).reason
        return await cancel_purchase_order(
            work.tx, PurchaseOrderId(purchase_order_id), reason=reason, intake=work.intake, now=work.now
        )

    return await _done(request, work, purchase_order_id, step, sent, flash="flash.purchase_cancelled")


@router.post(ONE + "/receipts", dependencies=_BUYS, name="receive_purchase_order_page")
async def receive(request: Request, purchase_order_id: IdInPath, work: Work) -> Response:
    """Tell what came; it is billed at once."""
    sent = await read_form(request)

    async def step() -> PurchaseOrder:
        asked = model_of(Receiving, sent)
        wanted = WantedReceipt(asked.key, None if asked.everything else _came(sent))
        return await receive_purchase(
            work.tx, PurchaseOrderId(purchase_order_id), wanted, intake=work.intake, now=work.now
        )

    return await _done(request, work, purchase_order_id, step, sent, flash="flash.purchase_received")


@router.post(ONE + "/receipts/{receipt_id}/take-back", dependencies=_BUYS, name="take_receipt_back_page")
async def take_back(request: Request, purchase_order_id: IdInPath, receipt_id: IdInPath, work: Work) -> Response:
    """Say that something did not come after all; its bill is reversed."""
    sent = await read_form(request) | {"step": str(receipt_id)}

    async def step() -> PurchaseOrder:
        order_id, reason = PurchaseOrderId(purchase_order_id), model_of(Reasoned, sent).reason
        return await take_receipt_back(work.tx, order_id, receipt_id, reason=reason, intake=work.intake, now=work.now)

    return await _done(request, work, purchase_order_id, step, sent, flash="flash.receipt_taken_back")


async def _done(
    request: Request,
    work: Operating,
    order_id: ObjectId,
    step: Callable[[], Awaitable[PurchaseOrder]],
    sent: Mapping[str, str],
    *,
    flash: str,
) -> Response:
    try:
        await step()
    except RoundsmanError as error:
        return await _shown(request, work, order_id, refused(sent, error))
    return see_other(request, f"{PATH}/{order_id}", flash=flash)


async def _shown(request: Request, work: Operating, order_id: ObjectId, form: Form) -> Response:
    order = await get_purchase_order(work.tx, PurchaseOrderId(order_id))
    named = {} if order.supplier_id is None else await suppliers_called(work.tx, [order.supplier_id])
    who_it_may_be = [] if order.supplier_id else await list_suppliers(work.tx, skip=0, limit=_MOST_SUPPLIERS)
    return show(
        request,
        "partners/purchase_order.html",
        status=form.status,
        order=order,
        path=f"{PATH}/{order.id}",
        supplier=None if order.supplier_id is None else named.get(order.supplier_id),
        following={one.value for one in STEPS[order.status]},
        who_it_may_be=[(str(one.id), one.name) for one in who_it_may_be],
        most_fields=_MOST_FIELDS,
        mode=await get_mode(work.tx),
        form=form,
        blank=Form(),
    )


def _came(sent: Mapping[str, str]) -> tuple[Came, ...]:
    """How much of which line came; a line of which nothing came is left out. Raises InvalidForm."""
    told, wrong = [], {}
    for name, text in sorted(sent.items()):
        number = name.removeprefix("line_")
        if number == name or not number.isdecimal() or not text.strip():
            continue
        try:
            told.append(Came(int(number), _QUANTITY.validate_python(text.strip())))
        except ValidationError:
            wrong[name] = "Write how much came, in quarters at the finest, like 12.5."
    if wrong:
        raise InvalidForm(wrong)
    return tuple(sorted((one for one in told if one.quantity > 0), key=lambda one: one.line))
