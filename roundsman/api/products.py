"""The catalogue: what is sold and for how much, and what admins change about it."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field, StringConstraints

from roundsman.access.permissions import Permission
from roundsman.api.models import AnswerModel, Id, IdInBody, IdInPath, Line, RequestModel, problems
from roundsman.api.operating import Key, Page, Paise
from roundsman.catalog.changing import get_product
from roundsman.catalog.listing import list_active_products
from roundsman.catalog.prices import begun_price
from roundsman.ids import ProductId, SupplierId
from roundsman.operations.selling.catalog_changes import WantedProduct, make_product, price_product, sell_product
from roundsman.web.guards import require
from roundsman.web.operating import Work

router = APIRouter(prefix="/products", tags=["products"])

Unit = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class Making(RequestModel):
    """Something new in the catalogue."""

    key: Key
    name: Line = Field(examples=["Cow milk"])
    unit: Unit = Field(description="What one of it is.", examples=["litre"])
    price_paise: Paise = Field(description="What a unit costs from now on.")
    supplier_id: IdInBody | None = Field(None, description="Who supplies it, if it is known.")


class Pricing(RequestModel):
    """Another price."""

    paise: Paise
    valid_from: date | None = Field(
        None,
        description="The Indian day from which on it counts: a later one, or today, which is from this moment on, as if "
        "none were given. A price that was to count from the same later day is replaced.",
        examples=["2026-12-01"],
    )


class Selling(RequestModel):
    """Whether a product is sold."""

    active: bool


class ProductView(AnswerModel):
    """Something that is sold."""

    id: Id
    name: str
    unit: str
    price_paise: int | None = Field(
        description="What a unit costs now; null where no price counts yet: nobody can order it."
    )


class PriceView(AnswerModel):
    """What a unit costs from an instant on, until the next price counts."""

    paise: int
    valid_from: datetime


class PricedProduct(AnswerModel):
    """A product with all its prices, in the order of their dates: those of before, and those to come."""

    id: Id
    name: str
    unit: str
    active: bool
    supplier_id: Id | None
    prices: list[PriceView]


@router.get("", dependencies=[Depends(require(Permission.CATALOG_READ))], responses=problems(401, 403, 422))
async def sold(work: Work, page: Annotated[Page, Query()]) -> list[ProductView]:
    """List what is sold, by name."""
    found = await list_active_products(work.tx, skip=page.skip, limit=page.limit)
    return [
        ProductView(id=one.id, name=one.name, unit=one.unit, price_paise=begun_price(one, work.now)) for one in found
    ]


@router.get(
    "/{product_id}",
    dependencies=[Depends(require(Permission.CATALOG_PRICES))],
    responses=problems(401, 403, 404, 422),
)
async def one(product_id: IdInPath, work: Work) -> PricedProduct:
    """See a product with all its prices, sold or not."""
    return PricedProduct.model_validate(await get_product(work.tx, ProductId(product_id)))


@router.post(
    "",
    status_code=201,
    dependencies=[Depends(require(Permission.CATALOG_MANAGE))],
    responses=problems(401, 403, 409, 422),
)
async def make(body: Making, work: Work) -> PricedProduct:
    """Take something new into the catalogue."""
    supplier_id = None if body.supplier_id is None else SupplierId(body.supplier_id)
    wanted = WantedProduct(body.key, body.name, body.unit, body.price_paise, supplier_id)
    return PricedProduct.model_validate(await make_product(work.tx, wanted, intake=work.intake, now=work.now))


@router.post(
    "/{product_id}/prices",
    dependencies=[Depends(require(Permission.CATALOG_MANAGE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def price(body: Pricing, product_id: IdInPath, work: Work) -> PricedProduct:
    """Have a product cost something else from a day on. Orders keep the price they were placed at."""
    product = await price_product(
        work.tx, ProductId(product_id), body.paise, since=body.valid_from, actor=work.intake.actor, now=work.now
    )
    return PricedProduct.model_validate(product)


@router.patch(
    "/{product_id}",
    dependencies=[Depends(require(Permission.CATALOG_MANAGE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def sell(body: Selling, product_id: IdInPath, work: Work) -> PricedProduct:
    """Take a product out of the catalogue, or back into it."""
    product = await sell_product(
        work.tx, ProductId(product_id), active=body.active, actor=work.intake.actor, now=work.now
    )
    return PricedProduct.model_validate(product)
