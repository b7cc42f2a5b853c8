"""Suppliers as admins work with them: taking them on, what they bring at which price, what is owed, what is needed."""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field, StringConstraints

from roundsman.access.permissions import Permission
from roundsman.api.models import KEPT_FOR_GOOD, IdInBody, IdInPath, Line, RequestModel, problems
from roundsman.api.operating import Key, Page, Paise
from roundsman.api.products import PricedProduct
from roundsman.api.supply_views import (
    DemandRow,
    DemandView,
    DuesView,
    DueView,
    ProposalView,
    SupplierView,
    WhyNot,
    dues_view,
)
from roundsman.calendar import day_of
from roundsman.ids import PriceProposalId, ProductId, PurchaseOrderId, SupplierId, UserId
from roundsman.operations.accounts.profile_editing import edit_supplier
from roundsman.operations.buying.price_proposals import accept_proposal, reject_proposal
from roundsman.operations.buying.supplier_accounts import SupplierDetails, onboard_supplier, onboard_user
from roundsman.operations.buying.supplier_dues import (
    Credited,
    Paid,
    record_credit_note,
    record_supplier_payment,
    reverse_due,
)
from roundsman.operations.selling.catalog_changes import supply_product
from roundsman.operations.selling.supply_demand import demand_for
from roundsman.suppliers.gstin import PATTERN as GSTIN_PATTERN
from roundsman.suppliers.linkage import get_supplier, list_suppliers
from roundsman.suppliers.proposals import ProposalStatus
from roundsman.suppliers.proposing import list_proposals
from roundsman.suppliers.suppliers import SupplierEdit, SupplierStatus
from roundsman.web.guards import require
from roundsman.web.operating import Work

router = APIRouter(prefix="/suppliers", tags=["suppliers"])
of_users = APIRouter(prefix="/users/{user_id}/supplier", tags=["suppliers"])

_READS = [Depends(require(Permission.SUPPLIERS_READ))]
_ONBOARDS = [Depends(require(Permission.SUPPLIERS_ONBOARD))]
_BUYS = [Depends(require(Permission.SUPPLIERS_BUY))]
_PAYS = [Depends(require(Permission.SUPPLIERS_PAY, fresh=True))]
Gstin = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, pattern=GSTIN_PATTERN),
    Field(description="15 characters: state, PAN, and three more.", examples=["29ABCDE1234F1Z5"]),
]


class Onboarding(RequestModel):
    """From whom the business is to buy. Who is new signs in by a code to his phone or e-mail, so one of them is needed."""

    name: Line = Field(examples=["Nandi Dairy"])
    phone: Line | None = Field(None, description="His mobile, in any spelling.", examples=["98200 54321"])
    email: Line | None = None
    address: Line | None = None
    gstin: Gstin | None = None
    payment_terms: Line | None = Field(None, examples=["weekly"])


Cleared = Literal[""]
"""An empty text, which takes out what was there."""


class SupplierEditing(RequestModel):
    """What is to be said of a supplier from now on. What is not sent stays; an empty text takes out what was there."""

    name: Line | None = None
    status: SupplierStatus | None = Field(None, description="From who is inactive nothing is bought any more.")
    address: Line | Cleared | None = None
    gstin: Gstin | Cleared | None = None
    payment_terms: Line | Cleared | None = Field(None, examples=["every second Monday"])


class Paying(RequestModel):
    """Money that went to a supplier."""

    key: Key
    amount_paise: Paise
    reference: Line = Field(description="The bank's, or that of the cash book.", examples=["UTR 4021"])


class Crediting(RequestModel):
    """What a supplier owes back."""

    key: Key
    amount_paise: Paise
    reason: Line = Field(description=KEPT_FOR_GOOD, examples=["forty litres were sour"])
    purchase_order_id: IdInBody | None = Field(None, description="The purchase order of his that it is about.")


class Reversing(RequestModel):
    """Which entry was wrong, and why."""

    entry: Line = Field(description="Its key.", examples=["payment:69a3d7f0c2a4e5b6d7e8f901"])
    reason: Line = Field(description=KEPT_FOR_GOOD, examples=["50,000 were typed for 5,000"])


class ProposalSearch(Page):
    """Which proposed prices."""

    status: ProposalStatus | None = None
    supplier_id: IdInBody | None = None


class DemandSearch(Page):
    """For which day, and whose products."""

    day: date | None = Field(None, description="An Indian day; tomorrow if not given.", examples=["2026-12-01"])
    supplier_id: IdInBody | None = None


@router.get("", dependencies=_READS, responses=problems(401, 403, 422))
async def everybody(work: Work, page: Annotated[Page, Query()]) -> list[SupplierView]:
    """List suppliers, by name."""
    found = await list_suppliers(work.tx, skip=page.skip, limit=page.limit)
    return [SupplierView.model_validate(supplier) for supplier in found]


@router.post("", status_code=201, dependencies=_ONBOARDS, responses=problems(401, 403, 409, 422))
async def onboard(body: Onboarding, work: Work) -> SupplierView:
    """Take on a supplier: his account and his profile at once.

    Whose phone or e-mail is registered already is refused; find him among the users, and make him a supplier besides. So is a
    GSTIN that a supplier has: it is the same business.
    """
    details = SupplierDetails(**body.model_dump())
    supplier = await onboard_supplier(work.tx, details, actor=work.intake.actor, now=work.now)
    return SupplierView.model_validate(supplier)


@of_users.post("", status_code=201, dependencies=_ONBOARDS, responses=problems(401, 403, 404, 409, 422))
async def onboard_known(body: Onboarding, user_id: IdInPath, work: Work) -> SupplierView:
    """Make somebody a supplier who is registered already; he signs in as before, and stays what else he is."""
    details = SupplierDetails(**body.model_dump())
    supplier = await onboard_user(work.tx, UserId(user_id), details, actor=work.intake.actor, now=work.now)
    return SupplierView.model_validate(supplier)


@router.get("/demand", dependencies=_READS, responses=problems(401, 403, 422))
async def demand(work: Work, search: Annotated[DemandSearch, Query()]) -> DemandView:
    """See how much of which product is needed for a day: what is ordered for it, and what subscriptions bring."""
    day = search.day or day_of(work.now) + timedelta(days=1)
    supplier_id = None if search.supplier_id is None else SupplierId(search.supplier_id)
    found = await demand_for(work.tx, day, supplier_id=supplier_id)
    rows = [DemandRow.model_validate(row) for row in found[search.skip : search.skip + search.limit]]
    return DemandView(day=day, products=rows)


@router.get("/proposals", dependencies=_READS, responses=problems(401, 403, 422))
async def proposals(work: Work, search: Annotated[ProposalSearch, Query()]) -> list[ProposalView]:
    """List proposed prices, the newest first."""
    supplier_id = None if search.supplier_id is None else SupplierId(search.supplier_id)
    found = await list_proposals(
        work.tx, supplier_id=supplier_id, status=search.status, skip=search.skip, limit=search.limit
    )
    return [ProposalView.model_validate(proposal) for proposal in found]


@router.post(
    "/proposals/{proposal_id}/accept",
    dependencies=[Depends(require(Permission.SUPPLIERS_PRICE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def accept(proposal_id: IdInPath, work: Work) -> ProposalView:
    """Have the product cost what was proposed, from the proposed day on, or from now on if that has come."""
    proposal = await accept_proposal(work.tx, PriceProposalId(proposal_id), intake=work.intake, now=work.now)
    return ProposalView.model_validate(proposal)


@router.post(
    "/proposals/{proposal_id}/reject",
    dependencies=[Depends(require(Permission.SUPPLIERS_PRICE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def reject(body: WhyNot, proposal_id: IdInPath, work: Work) -> ProposalView:
    """Have the product cost what it does, and say why."""
    proposal = await reject_proposal(
        work.tx, PriceProposalId(proposal_id), reason=body.reason, intake=work.intake, now=work.now
    )
    return ProposalView.model_validate(proposal)


@router.get("/{supplier_id}", dependencies=_READS, responses=problems(401, 403, 404, 422))
async def one(supplier_id: IdInPath, work: Work) -> SupplierView:
    """See a supplier's profile."""
    return SupplierView.model_validate(await get_supplier(work.tx, SupplierId(supplier_id)))


@router.patch("/{supplier_id}", dependencies=_ONBOARDS, responses=problems(401, 403, 404, 409, 422))
async def edit_(body: SupplierEditing, supplier_id: IdInPath, work: Work) -> SupplierView:
    """Change a supplier's profile, or say whether the business buys from him; what he has to bring he still may."""
    edit = SupplierEdit(**body.model_dump())
    supplier = await edit_supplier(work.tx, SupplierId(supplier_id), edit, intake=work.intake, now=work.now)
    return SupplierView.model_validate(supplier)


@router.put("/{supplier_id}/products/{product_id}", dependencies=_BUYS, responses=problems(401, 403, 404, 409, 422))
async def supply(supplier_id: IdInPath, product_id: IdInPath, work: Work) -> PricedProduct:
    """Have a supplier bring a product from now on, instead of whoever did."""
    await get_supplier(work.tx, SupplierId(supplier_id))
    product = await supply_product(
        work.tx, ProductId(product_id), SupplierId(supplier_id), actor=work.intake.actor, now=work.now
    )
    return PricedProduct.model_validate(product)


@router.get("/{supplier_id}/dues", dependencies=_READS, responses=problems(401, 403, 404, 422))
async def dues(supplier_id: IdInPath, work: Work, page: Annotated[Page, Query()]) -> DuesView:
    """See what a supplier is owed, and the bills, credit notes and payments it is the sum of."""
    supplier = await get_supplier(work.tx, SupplierId(supplier_id))
    return await dues_view(work.tx, supplier.id, page)


@router.post(
    "/{supplier_id}/dues/payments",
    status_code=201,
    dependencies=_PAYS,
    responses=problems(401, 403, 404, 409, 422),
)
async def pay(body: Paying, supplier_id: IdInPath, work: Work) -> DueView:
    """Tell of money that went to a supplier; what is more than he is owed is paid ahead."""
    paid = Paid(**body.model_dump())
    due = await record_supplier_payment(work.tx, SupplierId(supplier_id), paid, intake=work.intake, now=work.now)
    return DueView.model_validate(due)


@router.post(
    "/{supplier_id}/dues/credit-notes",
    status_code=201,
    dependencies=_PAYS,
    responses=problems(401, 403, 404, 409, 422),
)
async def credit(body: Crediting, supplier_id: IdInPath, work: Work) -> DueView:
    """Tell of what a supplier owes back, so that he is owed less."""
    order_id = None if body.purchase_order_id is None else PurchaseOrderId(body.purchase_order_id)
    credited = Credited(body.key, body.amount_paise, body.reason, order_id)
    due = await record_credit_note(work.tx, SupplierId(supplier_id), credited, intake=work.intake, now=work.now)
    return DueView.model_validate(due)


@router.post(
    "/{supplier_id}/dues/reversals",
    status_code=201,
    dependencies=_PAYS,
    responses=problems(401, 403, 404, 409, 422),
)
async def reverse(body: Reversing, supplier_id: IdInPath, work: Work) -> DueView:
    """Have a payment or a credit note count no more that was entered wrongly; what is right is entered anew."""
    due = await reverse_due(
        work.tx, SupplierId(supplier_id), body.entry, reason=body.reason, intake=work.intake, now=work.now
    )
    return DueView.model_validate(due)
