"""Proposed prices one at a time, within the transaction of whoever decides about them; and lists of them."""

from pymongo import DESCENDING

from roundsman.database.collections import PRICE_PROPOSALS
from roundsman.database.documents import find_value, list_values, put
from roundsman.database.transaction import Document, Tx
from roundsman.errors import NotFound
from roundsman.ids import PriceProposalId, SupplierId
from roundsman.suppliers.proposals import PriceProposal, ProposalStatus
from roundsman.suppliers.store import proposal_document, proposal_from

_NEWEST = [("proposed_at", DESCENDING), ("_id", DESCENDING)]


class UnknownProposal(NotFound):
    """There is no such proposal, or none of who asks."""

    code = "unknown_proposal"


async def find_proposal(tx: Tx, proposal_id: PriceProposalId) -> PriceProposal | None:
    """Find a proposal."""
    return await find_value(tx, PRICE_PROPOSALS, proposal_from, {"_id": proposal_id})


async def get_proposal(tx: Tx, proposal_id: PriceProposalId, *, supplier_id: SupplierId | None = None) -> PriceProposal:
    """Read a proposal, of this supplier if one is given. Raises UnknownProposal."""
    proposal = await find_proposal(tx, proposal_id)
    if proposal is None or supplier_id not in {None, proposal.supplier_id}:
        raise UnknownProposal("There is no such proposal")
    return proposal


async def put_proposal(tx: Tx, proposal: PriceProposal) -> Document:
    """Insert a proposal, or replace it; gives it as it is stored."""
    return await put(tx, PRICE_PROPOSALS, proposal_document(proposal))


async def list_proposals(
    tx: Tx,
    *,
    supplier_id: SupplierId | None = None,
    status: ProposalStatus | None = None,
    skip: int = 0,
    limit: int = 0,
) -> list[PriceProposal]:
    """List proposals, of one supplier and in one status if given, the newest first; a `limit` of 0 is none."""
    wanted: Document = {} if supplier_id is None else {"supplier_id": supplier_id}
    if status is not None:
        wanted["status"] = status.value
    return await list_values(tx, PRICE_PROPOSALS, proposal_from, wanted, _NEWEST, skip=skip, limit=limit)
