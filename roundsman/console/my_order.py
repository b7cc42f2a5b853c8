"""What a customer can order: the products that are sold, what each costs, and how many are wanted for which day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final

from bson import ObjectId
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.calendar import begin_of, day_of
from roundsman.catalog.listing import list_active_products
from roundsman.catalog.prices import begun_price
from roundsman.catalog.products import Product
from roundsman.console.fields import Key, PageNumber
from roundsman.console.forms import Form, InvalidForm, model_of, read_form
from roundsman.console.guards import require_page
from roundsman.console.portal_forms import are_operations_here, refused_here
from roundsman.console.rendering import see_other, show
from roundsman.errors import RoundsmanError
from roundsman.ids import ProductId
from roundsman.operations.selling.order_intake import WantedLine, WantedOrder, place_own_order
from roundsman.web.operating import Operating, Work

PATH: Final = "/my/order"
_SHOWN: Final = 40
"""How many products fit into one form."""
_QUANTITY: Final = "quantity_"
_Quantity: Final[TypeAdapter[float]] = TypeAdapter(Annotated[float, Field(ge=0, le=1_000, multiple_of=0.25)])
_ORDERS: Final = [Depends(require_page(Permission.ME_ORDER))]

router = APIRouter(include_in_schema=False)


class Ordering(BaseModel):
    """For which day; how much of what stands in fields of their own."""

    key: Key
    day: date


@dataclass(frozen=True, slots=True)
class Offered:
    """A product, and what a unit of it costs."""

    product: Product
    paise: int


@router.get(PATH, dependencies=_ORDERS, name="order_page")
async def order_page(request: Request, work: Work, page: PageNumber = 1) -> Response:
    """Show what can be ordered."""
    return await _shown(request, work, page, Form())


@router.post(PATH, dependencies=_ORDERS, name="order_page_sent")
async def order(request: Request, work: Work, page: PageNumber = 1) -> Response:
    """Order it; sent again, it is ordered once."""
    sent = await read_form(request)
    try:
        asked = model_of(Ordering, sent)
        wanted = WantedOrder(asked.key, _lines(sent), asked.day)
        await place_own_order(work.tx, work.user_id, wanted, customer_id=None, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, page, refused_here(request, sent, error))
    return see_other(request, "/my/orders", flash="flash.ordered")


def _lines(sent: Mapping[str, str]) -> tuple[WantedLine, ...]:
    """How much of what is wanted, without what is not. Raises InvalidForm."""
    asked = {name: text.strip() for name, text in sent.items() if name.startswith(_QUANTITY) and text.strip()}
    wrong = {name: text for name, text in asked.items() if not _is_quantity(name, text)}
    if wrong:
        raise InvalidForm(wrong)
    amounts = {name: _Quantity.validate_python(text) for name, text in asked.items()}
    if not any(amounts.values()):
        raise InvalidForm({"lines": ""})
    return tuple(
        WantedLine(ProductId(ObjectId(name.removeprefix(_QUANTITY))), amount)
        for name, amount in sorted(amounts.items())
        if amount
    )


def _is_quantity(name: str, text: str) -> bool:
    try:
        _Quantity.validate_python(text)
    except ValidationError:
        return False
    return ObjectId.is_valid(name.removeprefix(_QUANTITY))


async def _shown(request: Request, work: Operating, page: int, form: Form) -> Response:
    today = day_of(work.now)
    tomorrow = today + timedelta(days=1)
    products = await list_active_products(work.tx, skip=(page - 1) * _SHOWN, limit=_SHOWN + 1)
    is_here = await are_operations_here(work.tx)
    return show(
        request,
        "portal/my_order.html",
        status=form.status,
        offered=[one for product in products[:_SHOWN] if (one := _offered(product, tomorrow)) is not None],
        today=today,
        tomorrow=tomorrow,
        page=page,
        has_more=len(products) > _SHOWN,
        is_open=is_here,
        is_elsewhere=not is_here,
        form=form,
    )


def _offered(product: Product, day: date) -> Offered | None:
    """What it costs on a day; none where no price counts then, so that nobody can order it."""
    paise = begun_price(product, begin_of(day))
    return None if paise is None else Offered(product, paise)
