"""What a supplier is asked to bring, and his answer."""

from typing import Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.console.fields import PageNumber, Reasoned
from roundsman.console.forms import Form, model_of, read_form
from roundsman.console.guards import require_page
from roundsman.console.portal_forms import are_operations_here, refused_here
from roundsman.console.rendering import see_other, show
from roundsman.errors import RoundsmanError
from roundsman.ids import PurchaseOrderId
from roundsman.operations.buying.purchasing import acknowledge_purchase_order, of_own, reject_purchase_order
from roundsman.operations.buying.supplier_accounts import own_supplier
from roundsman.suppliers.posting import list_dues, totals_of
from roundsman.suppliers.purchasing import list_orders_of_supplier
from roundsman.web.ids import IdInPath
from roundsman.web.operating import Operating, Work

PATH: Final = "/supplies"
_SHOWN: Final = 20
_SEES: Final = [Depends(require_page(Permission.ME_SUPPLIES))]
_SAYS: Final = [Depends(require_page(Permission.ME_SUPPLY))]

router = APIRouter(include_in_schema=False)


@router.get(PATH, dependencies=_SEES, name="supplies_page")
async def supplies_page(request: Request, work: Work, page: PageNumber = 1) -> Response:
    """Show what the business wants and wanted, the newest first."""
    return await _shown(request, work, Form(), page=page)


@router.post(PATH + "/{purchase_order_id}/acknowledge", dependencies=_SAYS, name="acknowledge_page")
async def acknowledge(request: Request, purchase_order_id: IdInPath, work: Work) -> Response:
    """Say that one brings what is wanted."""
    order_id = PurchaseOrderId(purchase_order_id)
    try:
        await acknowledge_purchase_order(work.tx, of_own(work.user_id, order_id), intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _refused(request, work, order_id, error)
    return see_other(request, PATH, flash="flash.acknowledged")


@router.post(PATH + "/{purchase_order_id}/reject", dependencies=_SAYS, name="reject_page")
async def reject(request: Request, purchase_order_id: IdInPath, work: Work) -> Response:
    """Say that one does not bring it, and why."""
    order_id = PurchaseOrderId(purchase_order_id)
    try:
        reason = model_of(Reasoned, await read_form(request)).reason
        await reject_purchase_order(
            work.tx, of_own(work.user_id, order_id), reason=reason, intake=work.intake, now=work.now
        )
    except RoundsmanError as error:
        return await _refused(request, work, order_id, error)
    return see_other(request, PATH, flash="flash.rejected")


@router.get(PATH + "/statement", dependencies=_SEES, name="statement_page")
async def statement_page(request: Request, work: Work, page: PageNumber = 1) -> Response:
    """Show what one is owed, and the bills, credit notes and payments it is the sum of."""
    supplier = await own_supplier(work.tx, work.user_id)
    dues = await list_dues(work.tx, supplier.id, skip=(page - 1) * _SHOWN, limit=_SHOWN + 1)
    totals = await totals_of(work.tx, supplier.id)
    has_more = len(dues) > _SHOWN
    return show(request, "portal/statement.html", totals=totals, dues=dues[:_SHOWN], page=page, has_more=has_more)


async def _refused(request: Request, work: Operating, order_id: PurchaseOrderId, error: RoundsmanError) -> Response:
    form = refused_here(request, await read_form(request), error)
    return await _shown(request, work, form, refused_at=str(order_id))


async def _shown(request: Request, work: Operating, form: Form, *, page: int = 1, refused_at: str = "") -> Response:
    supplier = await own_supplier(work.tx, work.user_id)
    orders = await list_orders_of_supplier(work.tx, supplier.id, skip=(page - 1) * _SHOWN, limit=_SHOWN + 1)
    is_here = await are_operations_here(work.tx)
    return show(
        request,
        "portal/supplies.html",
        status=form.status,
        orders=orders[:_SHOWN],
        page=page,
        has_more=len(orders) > _SHOWN,
        is_open=is_here,
        is_elsewhere=not is_here,
        form=form,
        blank=Form(),
        refused_at=refused_at,
    )
