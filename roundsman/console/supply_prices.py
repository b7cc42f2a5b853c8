"""What a supplier's products cost, and the prices he proposes for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.calendar import day_of
from roundsman.catalog.listing import list_products_of
from roundsman.catalog.prices import begun_price
from roundsman.catalog.products import Price, Product
from roundsman.console.fields import Key, Rupees
from roundsman.console.forms import Form, model_of, read_form
from roundsman.console.guards import require_page
from roundsman.console.portal_forms import are_operations_here, refused_here
from roundsman.console.rendering import see_other, show
from roundsman.errors import RoundsmanError
from roundsman.ids import PriceProposalId, ProductId
from roundsman.operations.buying.price_proposals import WantedPrice, propose_price, withdraw_proposal
from roundsman.operations.buying.supplier_accounts import own_supplier
from roundsman.suppliers.proposing import list_proposals
from roundsman.web.ids import IdInBody, IdInPath
from roundsman.web.operating import Operating, Work

PATH: Final = "/supplies/prices"
_MOST_PRODUCTS: Final = 200
_PROPOSALS_SHOWN: Final = 30
_SAYS: Final = [Depends(require_page(Permission.ME_SUPPLY))]

router = APIRouter(include_in_schema=False)


class Proposing(BaseModel):
    """What a product should cost, and from which day on."""

    key: Key
    product: IdInBody
    price: Rupees
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """A product with what a unit costs now, if it has a price, and the prices to come."""

    product: Product
    paise: int | None
    ahead: Sequence[Price]


@router.get(PATH, dependencies=[Depends(require_page(Permission.ME_SUPPLIES))], name="supply_prices_page")
async def supply_prices_page(request: Request, work: Work) -> Response:
    """Show one's own products with their prices, and what one proposed."""
    return await _shown(request, work, Form())


@router.post(PATH, dependencies=_SAYS, name="propose_price_page")
async def propose(request: Request, work: Work) -> Response:
    """Propose what a product of one's own should cost."""
    sent = await read_form(request)
    try:
        asked = model_of(Proposing, sent)
        wanted = WantedPrice(asked.key, ProductId(asked.product), asked.price, asked.since)
        await propose_price(work.tx, work.user_id, wanted, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, refused_here(request, sent, error))
    return see_other(request, PATH, flash="flash.proposed")


@router.post(PATH + "/proposals/{proposal_id}/withdraw", dependencies=_SAYS, name="withdraw_proposal_page")
async def withdraw(request: Request, proposal_id: IdInPath, work: Work) -> Response:
    """Take back a proposal that was neither accepted nor rejected yet."""
    try:
        await withdraw_proposal(work.tx, work.user_id, PriceProposalId(proposal_id), intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, refused_here(request, {}, error))
    return see_other(request, PATH, flash="flash.withdrawn")


async def _shown(request: Request, work: Operating, form: Form) -> Response:
    supplier = await own_supplier(work.tx, work.user_id)
    products = await list_products_of(work.tx, supplier.id, skip=0, limit=_MOST_PRODUCTS)
    is_here = await are_operations_here(work.tx)
    return show(
        request,
        "portal/supply_prices.html",
        status=form.status,
        priced=[_priced(product, work) for product in products],
        names={product.id: product.name for product in products},
        proposals=await list_proposals(work.tx, supplier_id=supplier.id, limit=_PROPOSALS_SHOWN),
        today=day_of(work.now),
        is_open=is_here,
        is_elsewhere=not is_here,
        form=form,
    )


def _priced(product: Product, work: Operating) -> Priced:
    ahead = [price for price in product.prices if price.valid_from > work.now]
    return Priced(product, begun_price(product, work.now), ahead)
