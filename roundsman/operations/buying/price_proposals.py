"""Prices that suppliers propose, and what admins say to them. An accepted one becomes a dated price of the catalogue."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from roundsman.calendar import day_of
from roundsman.catalog.changing import ProductNotFound, get_product
from roundsman.catalog.products import Product
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.identity.mode import require_operations_managed_here
from roundsman.ids import PriceProposalId, ProductId, SupplierId, UserId
from roundsman.operations.buying.supplier_accounts import own_supplier
from roundsman.operations.facts.intake import Change, Intake, KeyUsedOtherwise, note_down
from roundsman.operations.facts.steps import take_step
from roundsman.operations.selling.catalog_changes import price_product
from roundsman.operations.selling.order_intake import DayPassed
from roundsman.suppliers.proposals import PriceProposal, ProposalStatus, counts_from, settled
from roundsman.suppliers.proposing import find_proposal, get_proposal, put_proposal

Finding = Callable[[Tx], Awaitable[PriceProposal]]


@dataclass(frozen=True, slots=True)
class WantedPrice:
    """What a product should cost from the beginning of a day on, or from now on; once by its key."""

    key: str
    product_id: ProductId
    paise: int
    valid_from: date | None = None


async def propose_price(
    tx: Tx, user_id: UserId, wanted: WantedPrice, *, intake: Intake, now: datetime
) -> PriceProposal:
    """Propose as a supplier what a product of one's own should cost; sent again, gives the same proposal.

    Raises NoSupplierProfile, ProductNotFound, DayPassed, KeyUsedOtherwise, OperationsManagedElsewhere.
    """
    proposal_id = PriceProposalId(intake.id_for("price_proposal", wanted.key))

    async def work(tx: Tx) -> PriceProposal:
        await require_operations_managed_here(tx)
        supplier = await own_supplier(tx, user_id)
        if (there := await find_proposal(tx, proposal_id)) is not None:
            return _same(there, wanted)
        if wanted.valid_from is not None and wanted.valid_from < day_of(now):
            raise DayPassed(f"{wanted.valid_from} is over; a price counts from today on or later")
        product = await _product_of(tx, supplier.id, wanted.product_id)
        proposal = PriceProposal(
            proposal_id, supplier.id, product.id, wanted.paise, wanted.valid_from, ProposalStatus.PROPOSED, now
        )
        change = Change("price_proposal.made", _target(proposal), await put_proposal(tx, proposal))
        await note_down(tx, intake, change, now=now)
        return proposal

    return await in_transaction(tx, work)


async def withdraw_proposal(
    tx: Tx, user_id: UserId, proposal_id: PriceProposalId, *, intake: Intake, now: datetime
) -> PriceProposal:
    """Take back as a supplier what one proposed. Raises NoSupplierProfile, and what `_settled` raises."""

    async def find(tx: Tx) -> PriceProposal:
        supplier = await own_supplier(tx, user_id)
        return await get_proposal(tx, proposal_id, supplier_id=supplier.id)

    return await _settled(tx, find, ProposalStatus.WITHDRAWN, intake=intake, now=now)


async def accept_proposal(tx: Tx, proposal_id: PriceProposalId, *, intake: Intake, now: datetime) -> PriceProposal:
    """Have the product cost what was proposed, from the proposed day on, or from now on if that has come.

    Raises ProductNotFound where it is not the supplier's any more, and what `_settled` raises.
    """
    find = partial(get_proposal, proposal_id=proposal_id)

    async def write(tx: Tx, proposal: PriceProposal) -> Document:
        product = await _product_of(tx, proposal.supplier_id, proposal.product_id)
        since = counts_from(proposal, today=day_of(now))
        await price_product(tx, product.id, proposal.paise, since=since, actor=intake.actor, now=now)
        return await put_proposal(tx, proposal)

    return await _settled(tx, find, ProposalStatus.ACCEPTED, write=write, intake=intake, now=now)


async def reject_proposal(
    tx: Tx, proposal_id: PriceProposalId, *, reason: str, intake: Intake, now: datetime
) -> PriceProposal:
    """Have the product cost what it does. Raises what `_settled` raises."""
    find = partial(get_proposal, proposal_id=proposal_id)
    return await _settled(tx, find, ProposalStatus.REJECTED, reason=reason, intake=intake, now=now)


async def _settled(
    tx: Tx,
    find: Finding,
    status: ProposalStatus,
    *,
    reason: str | None = None,
    write: Callable[[Tx, PriceProposal], Awaitable[Document]] = put_proposal,
    intake: Intake,
    now: datetime,
) -> PriceProposal:
    """Raises UnknownProposal, ProposalSettled, OperationsManagedElsewhere."""

    async def decide(_: Tx, before: PriceProposal) -> PriceProposal:
        return settled(before, status, reason=reason, at=now)

    def told(after: PriceProposal, document: Document) -> Change:
        return Change(f"price_proposal.{status}", _target(after), document, reason)

    return await take_step(tx, load=find, decide=decide, write=write, told=told, intake=intake, now=now)


async def _product_of(tx: Tx, supplier_id: SupplierId, product_id: ProductId) -> Product:
    product = await get_product(tx, product_id)
    if product.supplier_id != supplier_id:
        raise ProductNotFound("There is no such product of this supplier")
    return product


def _same(there: PriceProposal, wanted: WantedPrice) -> PriceProposal:
    if (there.product_id, there.paise, there.valid_from) != (wanted.product_id, wanted.paise, wanted.valid_from):
        raise KeyUsedOtherwise
    return there


def _target(proposal: PriceProposal) -> str:
    return f"price_proposal:{proposal.id}"
