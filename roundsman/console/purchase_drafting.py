"""Drafting a purchase order: of whom and for which day, then how much of each of his products; what is needed is filled in."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Final

from bson import ObjectId
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.calendar import day_of
from roundsman.console.fields import Key
from roundsman.console.forms import Form, InvalidForm, model_of, read_form, refused
from roundsman.console.guards import require_page
from roundsman.console.rendering import see_other, show
from roundsman.errors import InvalidInput, RoundsmanError
from roundsman.ids import ProductId, SupplierId
from roundsman.operations.buying.purchase_needs import Need, needs_of
from roundsman.operations.buying.purchasing import WantedPurchase, draft_purchase_order
from roundsman.operations.selling.order_intake import WantedLine
from roundsman.suppliers.linkage import get_supplier, list_suppliers
from roundsman.suppliers.suppliers import SupplierStatus
from roundsman.web.ids import IdInBody
from roundsman.web.operating import Operating, Work

PATH: Final = "/purchase-orders/new"
_MOST_FIELDS: Final = 40
"""How many products fit into one form; others are ordered by the API."""
_MOST_SUPPLIERS: Final = 500
_BUYS: Final = [Depends(require_page(Permission.SUPPLIERS_BUY))]
_QUANTITY: Final[TypeAdapter[float]] = TypeAdapter(Annotated[float, Field(ge=0, le=100_000, multiple_of=0.25)])
_FIELD: Final = "product_"

router = APIRouter(include_in_schema=False)


class NothingWanted(InvalidInput):
    """No quantity was written."""

    code = "nothing_wanted"

    def __init__(self) -> None:
        super().__init__("Write of at least one product how much is to come.")


class DraftQuery(BaseModel):
    """Of whom something is wanted, and for which day."""

    supplier: IdInBody | None = None
    day: date | None = None


class Drafting(BaseModel):
    """The same in the form, once by its key; how much of which product stands in fields of their own."""

    key: Key
    supplier: IdInBody
    day: date


@router.get(PATH, dependencies=_BUYS, name="draft_purchase_order_form_page")
async def ask(request: Request, work: Work) -> Response:
    """Ask of whom something is wanted and for which day; then how much of each of his products."""
    query = model_of(DraftQuery, dict(request.query_params))
    day = query.day or day_of(work.now) + timedelta(days=1)
    if query.supplier is None:
        return await _asked_of_whom(request, work, day)
    return await _shown(request, work, query.supplier, day, Form())


@router.post(PATH, dependencies=_BUYS, name="draft_purchase_order_page")
async def draft(request: Request, work: Work) -> Response:
    """Draft the purchase order; the supplier does not see it before it is sent."""
    sent = await read_form(request)
    asked = model_of(Drafting, sent)
    try:
        wanted = WantedPurchase(asked.key, SupplierId(asked.supplier), _lines(sent), asked.day)
        order = await draft_purchase_order(work.tx, wanted, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, asked.supplier, asked.day, refused(sent, error))
    return see_other(request, f"/purchase-orders/{order.id}", flash="flash.purchase_drafted")


async def _asked_of_whom(request: Request, work: Operating, day: date) -> Response:
    suppliers = await list_suppliers(work.tx, status=SupplierStatus.ACTIVE, skip=0, limit=_MOST_SUPPLIERS)
    return show(
        request,
        "partners/purchase_order_of_whom.html",
        form=Form(),
        options=[(str(one.id), one.name) for one in suppliers],
        day=day,
        today=day_of(work.now),
    )


async def _shown(request: Request, work: Operating, supplier_id: ObjectId, day: date, form: Form) -> Response:
    supplier = await get_supplier(work.tx, SupplierId(supplier_id))
    needs = await needs_of(work.tx, supplier.id, day, now=work.now)
    # What is needed has a field before what nobody needs.
    shown = sorted(needs.products, key=lambda one: one.missing == 0)[:_MOST_FIELDS]
    return show(
        request,
        "partners/purchase_order_new.html",
        status=form.status,
        supplier=supplier,
        is_bought_from=supplier.status is SupplierStatus.ACTIVE,
        day=day,
        products=[(_FIELD + str(one.product.id), one) for one in sorted(shown, key=_name)],
        left_out=len(needs.products) - len(shown),
        orders=needs.orders,
        form=form,
    )


def _name(need: Need) -> str:
    return need.product.name.casefold()


def _lines(sent: Mapping[str, str]) -> tuple[WantedLine, ...]:
    """How much of which product is wanted; one with nothing beside it is left out. Raises InvalidForm, NothingWanted."""
    wanted, wrong = [], {}
    for name, text in sent.items():
        product = name.removeprefix(_FIELD)
        if product == name or not ObjectId.is_valid(product) or not text.strip():
            continue
        try:
            wanted.append(WantedLine(ProductId(ObjectId(product)), _QUANTITY.validate_python(text.strip())))
        except ValidationError:
            wrong[name] = "Write how much, in quarters at the finest, like 12.5."
    if wrong:
        raise InvalidForm(wrong)
    lines = tuple(one for one in wanted if one.quantity > 0)
    if not lines:
        raise NothingWanted
    return lines
