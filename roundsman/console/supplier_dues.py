"""What a supplier is owed, put right: credit notes, and entries that were typed wrongly and are taken back."""

from typing import Annotated, Final

from bson import ObjectId
from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.console.fields import Key, Line, Reasoned, Rupees
from roundsman.console.forms import Form, model_of, read_form, refused
from roundsman.console.guards import require_page
from roundsman.console.rendering import see_other, show
from roundsman.errors import RoundsmanError
from roundsman.ids import PurchaseOrderId, SupplierId
from roundsman.operations.buying.supplier_dues import Credited, record_credit_note, reverse_due
from roundsman.suppliers.linkage import get_supplier
from roundsman.suppliers.posting import get_due, keys_reversed, totals_of
from roundsman.suppliers.purchasing import list_orders_of_supplier
from roundsman.web.ids import IdInBody, IdInPath
from roundsman.web.operating import Operating, Work

ONE: Final = "/suppliers/{supplier_id}"
REVERSAL: Final = ONE + "/dues/{due}/reversal"
_PAYS: Final = [Depends(require_page(Permission.SUPPLIERS_PAY, fresh=True))]
_ORDERS_OFFERED: Final = 50
_DueInPath = Annotated[str, Path(min_length=1, max_length=200)]

router = APIRouter(include_in_schema=False)


class Crediting(BaseModel):
    """What a supplier owes back, and the purchase order it is about, if it is about one."""

    key: Key
    amount: Rupees
    reason: Line
    order: IdInBody | None = None


@router.get(ONE + "/credit-note", dependencies=_PAYS, name="credit_note_form_page")
async def ask_credit(request: Request, supplier_id: IdInPath, work: Work) -> Response:
    """Ask how much a supplier owes back, and why."""
    return await _shown_credit(request, work, supplier_id, Form())


@router.post(ONE + "/credit-note", dependencies=_PAYS, name="credit_note_page")
async def credit(request: Request, supplier_id: IdInPath, work: Work) -> Response:
    """Write down what a supplier owes back, so that he is owed less."""
    sent = await read_form(request)
    try:
        asked = model_of(Crediting, sent)
        order_id = None if asked.order is None else PurchaseOrderId(asked.order)
        credited = Credited(asked.key, asked.amount, asked.reason, order_id)
        await record_credit_note(work.tx, SupplierId(supplier_id), credited, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown_credit(request, work, supplier_id, refused(sent, error))
    return see_other(request, f"/suppliers/{supplier_id}", flash="flash.supplier_credited")


@router.get(REVERSAL, dependencies=_PAYS, name="reverse_due_form_page")
async def ask_reversal(request: Request, supplier_id: IdInPath, due: _DueInPath, work: Work) -> Response:
    """Ask why an entry is to count no more."""
    return await _shown_reversal(request, work, supplier_id, due, Form())


@router.post(REVERSAL, dependencies=_PAYS, name="reverse_due_page")
async def reverse(request: Request, supplier_id: IdInPath, due: _DueInPath, work: Work) -> Response:
    """Have a payment or a credit note count no more; what is right is entered anew."""
    sent = await read_form(request)
    try:
        reason = model_of(Reasoned, sent).reason
        await reverse_due(work.tx, SupplierId(supplier_id), due, reason=reason, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown_reversal(request, work, supplier_id, due, refused(sent, error))
    return see_other(request, f"/suppliers/{supplier_id}", flash="flash.due_reversed")


async def _shown_credit(request: Request, work: Operating, supplier_id: ObjectId, form: Form) -> Response:
    supplier = await get_supplier(work.tx, SupplierId(supplier_id))
    return show(
        request,
        "partners/supplier_credit.html",
        status=form.status,
        supplier=supplier,
        totals=await totals_of(work.tx, supplier.id),
        orders=await list_orders_of_supplier(work.tx, supplier.id, limit=_ORDERS_OFFERED),
        form=form,
    )


async def _shown_reversal(request: Request, work: Operating, supplier_id: ObjectId, key: str, form: Form) -> Response:
    supplier = await get_supplier(work.tx, SupplierId(supplier_id))
    due = await get_due(work.tx, key, supplier_id=supplier.id)
    return show(
        request,
        "partners/supplier_reversal.html",
        status=form.status,
        supplier=supplier,
        due=due,
        is_reversed=bool(await keys_reversed(work.tx, [due.key])),
        form=form,
    )
