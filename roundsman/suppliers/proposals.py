"""What may become of a price that a supplier proposes (pure).

It waits until an admin accepts or rejects it, or the supplier withdraws it. What is so already stays as it is. An accepted
price counts from the day that was proposed, or from when it was accepted if that is later: never backwards.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from roundsman.errors import Conflict
from roundsman.ids import PriceProposalId, ProductId, SupplierId


class ProposalStatus(StrEnum):
    """What became of a proposed price."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ProposalSettled(Conflict):
    """The proposal was accepted, rejected or withdrawn before."""

    code = "proposal_settled"


@dataclass(frozen=True, slots=True)
class PriceProposal:
    """What a product of a supplier should cost from the beginning of an Indian day on, or from now on."""

    id: PriceProposalId
    supplier_id: SupplierId
    product_id: ProductId
    paise: int
    valid_from: date | None
    status: ProposalStatus
    proposed_at: datetime
    settled_at: datetime | None = None
    reason: str | None = None


def settled(
    proposal: PriceProposal, status: ProposalStatus, *, reason: str | None = None, at: datetime
) -> PriceProposal:
    """The proposal, about which nothing is open any more. Raises ProposalSettled."""
    if proposal.status is status:
        return proposal
    if proposal.status is not ProposalStatus.PROPOSED:
        raise ProposalSettled(f"The proposal was {proposal.status} before")
    return replace(proposal, status=status, reason=reason, settled_at=at)


def counts_from(proposal: PriceProposal, *, today: date) -> date | None:
    """The day from which on an accepted price counts; None is from this moment on."""
    is_ahead = proposal.valid_from is not None and proposal.valid_from > today
    return proposal.valid_from if is_ahead else None
