"""A customer's orders and payments."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.console.fields import PageNumber
from roundsman.console.forms import Form, read_form
from roundsman.console.guards import require_page
from roundsman.console.portal_forms import are_operations_here, refused_here
from roundsman.console.rendering import see_other, show
from roundsman.errors import RoundsmanError
from roundsman.ids import OrderId
from roundsman.operations.selling.order_intake import cancel_own_order
from roundsman.orders.book import list_orders, list_payments
from roundsman.orders.orders import OrderStatus
from roundsman.web.ids import IdInPath
from roundsman.web.operating import Operating, Work

PATH: Final = "/my/orders"
_SHOWN: Final = 20
_SEES: Final = [Depends(require_page(Permission.ME_PURCHASES))]
_OPEN: Final = {OrderStatus.PENDING, OrderStatus.OUT_FOR_DELIVERY, OrderStatus.NOT_DELIVERED}

router = APIRouter(include_in_schema=False)


@router.get(PATH, dependencies=_SEES, name="my_orders_page")
async def my_orders_page(
    request: Request, work: Work, tab: Annotated[str, Query(alias="show")] = "", page: PageNumber = 1
) -> Response:
    """Show one's own orders, or with `show=payments` one's payments, the newest first."""
    if tab == "payments":
        return await _payments_shown(request, work, page)
    return await _orders_shown(request, work, page, Form())


@router.post(
    PATH + "/{order_id}/cancel",
    dependencies=[Depends(require_page(Permission.ME_ORDER))],
    name="cancel_own_order_page",
)
async def cancel(request: Request, order_id: IdInPath, work: Work) -> Response:
    """Cancel an order that was not delivered yet."""
    try:
        await cancel_own_order(work.tx, work.user_id, OrderId(order_id), intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _orders_shown(request, work, 1, refused_here(request, await read_form(request), error))
    return see_other(request, PATH, flash="flash.cancelled")


async def _orders_shown(request: Request, work: Operating, page: int, form: Form) -> Response:
    orders = await list_orders(work.tx, work.user_id, skip=(page - 1) * _SHOWN, limit=_SHOWN + 1)
    is_here = await are_operations_here(work.tx)
    return show(
        request,
        "portal/my_orders.html",
        status=form.status,
        orders=orders[:_SHOWN],
        page=page,
        has_more=len(orders) > _SHOWN,
        open=_OPEN,
        is_open=is_here,
        is_elsewhere=not is_here,
        form=form,
    )


async def _payments_shown(request: Request, work: Operating, page: int) -> Response:
    payments = await list_payments(work.tx, work.user_id, skip=(page - 1) * _SHOWN, limit=_SHOWN + 1)
    has_more = len(payments) > _SHOWN
    return show(request, "portal/my_payments.html", payments=payments[:_SHOWN], page=page, has_more=has_more)
