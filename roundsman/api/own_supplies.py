"""What a supplier sees and says of his own: profile, products and prices, purchase orders, dues. Never a customer."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from roundsman.access.permissions import Permission
from roundsman.api.models import IdInPath, problems
from roundsman.api.operating import Page
from roundsman.api.products import PricedProduct
from roundsman.api.supply_views import (
    DuesView,
    Pricing,
    ProposalView,
    PurchaseOrderView,
    SupplierView,
    WhyNot,
    dues_view,
)
from roundsman.catalog.listing import list_products_of
from roundsman.ids import PriceProposalId, ProductId, PurchaseOrderId
from roundsman.operations.buying.price_proposals import WantedPrice, propose_price, withdraw_proposal
from roundsman.operations.buying.purchasing import acknowledge_purchase_order, of_own, reject_purchase_order
from roundsman.operations.buying.supplier_accounts import own_supplier
from roundsman.suppliers.proposing import list_proposals
from roundsman.suppliers.purchasing import get_order_of_supplier, list_orders_of_supplier
from roundsman.web.guards import require
from roundsman.web.operating import Work

router = APIRouter(prefix="/suppliers/me", tags=["suppliers"])

_SEES = [Depends(require(Permission.ME_SUPPLIES))]
_SAYS = [Depends(require(Permission.ME_SUPPLY))]


@router.get("", dependencies=_SEES, responses=problems(401, 403, 404))
async def profile(work: Work) -> SupplierView:
    """See one's own profile."""
    return SupplierView.model_validate(await own_supplier(work.tx, work.user_id))


@router.get("/products", dependencies=_SEES, responses=problems(401, 403, 404, 422))
async def products(work: Work, page: Annotated[Page, Query()]) -> list[PricedProduct]:
    """List the products one brings, sold or not, with all their prices, by name."""
    supplier = await own_supplier(work.tx, work.user_id)
    found = await list_products_of(work.tx, supplier.id, skip=page.skip, limit=page.limit)
    return [PricedProduct.model_validate(product) for product in found]


@router.get("/proposals", dependencies=_SEES, responses=problems(401, 403, 404, 422))
async def proposals(work: Work, page: Annotated[Page, Query()]) -> list[ProposalView]:
    """List the prices one has proposed, the newest first."""
    supplier = await own_supplier(work.tx, work.user_id)
    found = await list_proposals(work.tx, supplier_id=supplier.id, skip=page.skip, limit=page.limit)
    return [ProposalView.model_validate(proposal) for proposal in found]


@router.post("/proposals", status_code=201, dependencies=_SAYS, responses=problems(401, 403, 404, 409, 422))
async def propose(body: Pricing, work: Work) -> ProposalView:
    """Propose what a product of one's own should cost; an admin accepts it, or not."""
    wanted = WantedPrice(body.key, ProductId(body.product_id), body.paise, body.valid_from)
    proposal = await propose_price(work.tx, work.user_id, wanted, intake=work.intake, now=work.now)
    return ProposalView.model_validate(proposal)


@router.post("/proposals/{proposal_id}/withdraw", dependencies=_SAYS, responses=problems(401, 403, 404, 409, 422))
async def withdraw(proposal_id: IdInPath, work: Work) -> ProposalView:
    """Take back a proposal that was neither accepted nor rejected yet."""
    proposal = await withdraw_proposal(
        work.tx, work.user_id, PriceProposalId(proposal_id), intake=work.intake, now=work.now
    )
    return ProposalView.model_validate(proposal)


@router.get("/purchase-orders", dependencies=_SEES, responses=problems(401, 403, 404, 422))
async def purchase_orders(work: Work, page: Annotated[Page, Query()]) -> list[PurchaseOrderView]:
    """List what the business wants and wanted from one, the newest first; drafts are not there."""
    supplier = await own_supplier(work.tx, work.user_id)
    found = await list_orders_of_supplier(work.tx, supplier.id, skip=page.skip, limit=page.limit)
    return [PurchaseOrderView.model_validate(order) for order in found]


@router.get("/purchase-orders/{purchase_order_id}", dependencies=_SEES, responses=problems(401, 403, 404, 422))
async def purchase_order(purchase_order_id: IdInPath, work: Work) -> PurchaseOrderView:
    """See one of them."""
    supplier = await own_supplier(work.tx, work.user_id)
    order = await get_order_of_supplier(work.tx, supplier.id, PurchaseOrderId(purchase_order_id))
    return PurchaseOrderView.model_validate(order)


@router.post(
    "/purchase-orders/{purchase_order_id}/acknowledge", dependencies=_SAYS, responses=problems(401, 403, 404, 409, 422)
)
async def acknowledge(purchase_order_id: IdInPath, work: Work) -> PurchaseOrderView:
    """Say that one brings what is wanted, at the prices that stand there."""
    his = of_own(work.user_id, PurchaseOrderId(purchase_order_id))
    order = await acknowledge_purchase_order(work.tx, his, intake=work.intake, now=work.now)
    return PurchaseOrderView.model_validate(order)


@router.post(
    "/purchase-orders/{purchase_order_id}/reject", dependencies=_SAYS, responses=problems(401, 403, 404, 409, 422)
)
async def reject(body: WhyNot, purchase_order_id: IdInPath, work: Work) -> PurchaseOrderView:
    """Say that one does not bring it, and why."""
    his = of_own(work.user_id, PurchaseOrderId(purchase_order_id))
    order = await reject_purchase_order(work.tx, his, reason=body.reason, intake=work.intake, now=work.now)
    return PurchaseOrderView.model_validate(order)


@router.get("/dues", dependencies=_SEES, responses=problems(401, 403, 404, 422))
async def dues(work: Work, page: Annotated[Page, Query()]) -> DuesView:
    """See what one is owed, and the bills, credit notes and payments it is the sum of."""
    supplier = await own_supplier(work.tx, work.user_id)
    return await dues_view(work.tx, supplier.id, page)
