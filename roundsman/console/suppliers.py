"""Suppliers as the office sees them: what they bring at which price, the prices they ask for, and what they are owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bson import ObjectId
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.catalog.listing import list_products_of, products_known
from roundsman.catalog.prices import begun_price
from roundsman.catalog.products import Price, Product
from roundsman.console.fields import Key, Line, Reasoned, Rupees
from roundsman.console.forms import Form, model_of, read_form, refused
from roundsman.console.guards import require_page
from roundsman.console.list_parts import PER_PAGE, PartQuery, pages_around, part_of
from roundsman.console.rendering import see_other, show
from roundsman.errors import RoundsmanError
from roundsman.identity.mode import get_mode
from roundsman.ids import PriceProposalId, SupplierId
from roundsman.operations.buying.price_proposals import accept_proposal, reject_proposal
from roundsman.operations.buying.supplier_dues import Paid, record_supplier_payment
from roundsman.suppliers.linkage import get_supplier, list_suppliers, suppliers_called
from roundsman.suppliers.posting import balances_of, keys_reversed, list_dues, totals_of
from roundsman.suppliers.proposals import PriceProposal, ProposalStatus
from roundsman.suppliers.proposing import list_proposals
from roundsman.suppliers.purchasing import list_purchase_orders
from roundsman.suppliers.suppliers import SupplierStatus
from roundsman.web.ids import IdInPath
from roundsman.web.operating import Operating, Work

PATH: Final = "/suppliers"
ONE: Final = PATH + "/{supplier_id}"
_READS: Final = [Depends(require_page(Permission.SUPPLIERS_READ))]
_PRICES: Final = [Depends(require_page(Permission.SUPPLIERS_PRICE))]
_PAYS: Final = [Depends(require_page(Permission.SUPPLIERS_PAY, fresh=True))]
_MOST_PRODUCTS: Final = 200
_FIRST: Final = 10

router = APIRouter(include_in_schema=False)


class SupplierQuery(PartQuery):
    """Which suppliers."""

    status: SupplierStatus | None = None


class Paying(BaseModel):
    """Money that went to a supplier."""

    key: Key
    amount: Rupees
    reference: Line


@dataclass(frozen=True, slots=True)
class PricedProduct:
    """A product with what a unit costs now, if it has a price, and the prices to come."""

    product: Product
    paise: int | None
    ahead: Sequence[Price]


@dataclass(frozen=True, slots=True)
class PriceRequest:
    """A price that a supplier asks for, of which product if that is known, and what a unit of it costs now."""

    proposal: PriceProposal
    product: Product | None
    now_paise: int | None


@router.get(PATH, dependencies=_READS, name="suppliers_page")
async def show_suppliers(request: Request, work: Work) -> Response:
    """Show all suppliers by their names, and the prices that wait for an answer."""
    query = model_of(SupplierQuery, dict(request.query_params))
    found = await list_suppliers(work.tx, status=query.status, skip=query.skip, limit=PER_PAGE + 1)
    suppliers, is_more = part_of(found)
    waiting = await list_proposals(work.tx, status=ProposalStatus.PROPOSED, limit=PER_PAGE)
    return show(
        request,
        "partners/suppliers.html",
        suppliers=suppliers,
        owed=await balances_of(work.tx, [one.id for one in suppliers]),
        requests=await _requests(work, waiting),
        names=await suppliers_called(work.tx, {one.supplier_id for one in waiting}),
        query=query,
        statuses=list(SupplierStatus),
        mode=await get_mode(work.tx),
        around=pages_around(PATH, query, is_more=is_more),
    )


@router.get(ONE, dependencies=_READS, name="supplier_page")
async def show_supplier(request: Request, supplier_id: IdInPath, work: Work) -> Response:
    """Show a supplier, his products, the prices he asks for, and what he is owed."""
    return await _shown(request, work, supplier_id, Form())


@router.post(ONE + "/prices/{proposal_id}/accept", dependencies=_PRICES, name="accept_price_page")
async def accept(request: Request, supplier_id: IdInPath, proposal_id: IdInPath, work: Work) -> Response:
    """Have the product cost what he asks for."""
    try:
        await accept_proposal(work.tx, PriceProposalId(proposal_id), intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, supplier_id, refused({}, error))
    return see_other(request, f"{PATH}/{supplier_id}", flash="flash.price_accepted")


@router.post(ONE + "/prices/{proposal_id}/reject", dependencies=_PRICES, name="reject_price_page")
async def reject(request: Request, supplier_id: IdInPath, proposal_id: IdInPath, work: Work) -> Response:
    """Have the product cost what it does, and say why."""
    sent = await read_form(request) | {"proposal": str(proposal_id)}
    try:
        reason = model_of(Reasoned, sent).reason
        await reject_proposal(work.tx, PriceProposalId(proposal_id), reason=reason, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, work, supplier_id, refused(sent, error))
    return see_other(request, f"{PATH}/{supplier_id}", flash="flash.price_rejected")


@router.get(ONE + "/payment", dependencies=_PAYS, name="pay_supplier_page")
async def ask_payment(request: Request, supplier_id: IdInPath, work: Work) -> Response:
    """Ask how much went to a supplier, and under what."""
    return await _shown_payment(request, work, supplier_id, Form())


@router.post(ONE + "/payment", dependencies=_PAYS, name="pay_supplier_page_sent")
async def pay(request: Request, supplier_id: IdInPath, work: Work) -> Response:
    """Write down money that went to a supplier."""
    sent = await read_form(request)
    try:
        asked = model_of(Paying, sent)
        paid = Paid(asked.key, asked.amount, asked.reference)
        await record_supplier_payment(work.tx, SupplierId(supplier_id), paid, intake=work.intake, now=work.now)
    except RoundsmanError as error:
        return await _shown_payment(request, work, supplier_id, refused(sent, error))
    return see_other(request, f"{PATH}/{supplier_id}", flash="flash.supplier_paid")


async def _shown(request: Request, work: Operating, supplier_id: ObjectId, form: Form) -> Response:
    query = model_of(PartQuery, dict(request.query_params))
    supplier = await get_supplier(work.tx, SupplierId(supplier_id))
    dues, is_more = part_of(await list_dues(work.tx, supplier.id, skip=query.skip, limit=PER_PAGE + 1))
    proposals = await list_proposals(work.tx, supplier_id=supplier.id, limit=PER_PAGE)
    products = await list_products_of(work.tx, supplier.id, skip=0, limit=_MOST_PRODUCTS)
    requests = await _requests(work, proposals)
    return show(
        request,
        "partners/supplier.html",
        status=form.status,
        supplier=supplier,
        path=f"{PATH}/{supplier.id}",
        products=[_priced(product, work) for product in products],
        waiting=[one for one in requests if one.proposal.status is ProposalStatus.PROPOSED],
        answered=[one for one in requests if one.proposal.status is not ProposalStatus.PROPOSED][:_FIRST],
        totals=await totals_of(work.tx, supplier.id),
        dues=dues,
        taken_back=await keys_reversed(work.tx, [one.key for one in dues]),
        around=pages_around(f"{PATH}/{supplier.id}", query, is_more=is_more),
        orders=await list_purchase_orders(work.tx, supplier_id=supplier.id, skip=0, limit=_FIRST),
        mode=await get_mode(work.tx),
        form=form,
    )


async def _shown_payment(request: Request, work: Operating, supplier_id: ObjectId, form: Form) -> Response:
    supplier = await get_supplier(work.tx, SupplierId(supplier_id))
    totals = await totals_of(work.tx, supplier.id)
    return show(
        request, "partners/supplier_payment.html", status=form.status, supplier=supplier, totals=totals, form=form
    )


async def _requests(work: Operating, proposals: Sequence[PriceProposal]) -> list[PriceRequest]:
    products = await products_known(work.tx, {one.product_id for one in proposals})
    return [_request(one, products.get(one.product_id), work) for one in proposals]


def _request(proposal: PriceProposal, product: Product | None, work: Operating) -> PriceRequest:
    return PriceRequest(proposal, product, None if product is None else begun_price(product, work.now))


def _priced(product: Product, work: Operating) -> PricedProduct:
    ahead = [price for price in product.prices if price.valid_from > work.now]
    return PricedProduct(product, begun_price(product, work.now), ahead)
