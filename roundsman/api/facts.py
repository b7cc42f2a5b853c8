"""Facts about customers from another system, such as one that takes orders."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.activation.foreign import FOREIGN_TYPES, ForeignFact
from roundsman.api.models import AnswerModel, Line, RequestModel, problems
from roundsman.operations.facts.fact_batches import Fate, tell_batch
from roundsman.web.guards import require
from roundsman.web.operating import Work

router = APIRouter(prefix="/facts", tags=["activation"])

_MOST_ROWS: Final = 200
_MOST_PAISE: Final = 10**12
_EXAMPLE: Final[dict[str, Any]] = {
    "type": "order.placed",
    "subject": "98200 12345",
    "source_id": "order-4711",
    "occurred_at": "2026-03-01T06:30:00+05:30",
}


class FactRow(RequestModel):
    """One thing that happened to a customer."""

    type: Line = Field(description=f"One of: {', '.join(FOREIGN_TYPES)}.", examples=["order.placed"])
    subject: Annotated[str, Field(min_length=1, max_length=254)] = Field(
        description="Whom it is about: a phone in any spelling, an e-mail, an old id, a user id or a customer id.",
        examples=["98200 12345"],
    )
    source_id: Line = Field(
        description="What it happened with; the same for the same thing each time: the order that was placed or cancelled, the "
        "delivery, the payment, the refund, the call; `{delivery}:{attempt}` for a failed delivery, `{source}:{id}` for an "
        "interaction. Type and this id make a fact the same one when it is told again.",
        examples=["order-4711"],
    )
    occurred_at: datetime = Field(description="When it happened, with its zone.")
    order_id: Line | None = Field(
        None, description="The order of a delivery; a delivery without one counts as an order."
    )
    by_customer: bool = Field(default=False, description="Whether the customer himself cancelled.")
    amount_paise: Annotated[int, Field(ge=0, le=_MOST_PAISE)] = Field(0, description="Of a payment or a refund.")
    generated: bool = Field(
        default=False,
        description="Whether a subscription makes the order for the day of `occurred_at`: it counts from 00:00 in India, not before.",
    )


class FactBatch(RequestModel):
    """Facts to be taken, in any order."""

    facts: Annotated[list[FactRow], Field(min_length=1, max_length=_MOST_ROWS)] = Field(examples=[[_EXAMPLE]])


class OutcomeView(AnswerModel):
    """What became of a row."""

    fate: Fate = Field(
        description="recorded; already_recorded: told before; corrected: told before with another amount, `order_id` or "
        "`by_customer`, and what this row says stands from now on; conflict: something else was told before under the same type "
        "and id; parked: nobody is known by this subject yet, it goes to him when he appears; refused: `code` says why."
    )
    code: str | None
    message: str | None


class BatchOutcome(AnswerModel):
    """What became of each row, in their order."""

    outcomes: list[OutcomeView]


@router.post("", dependencies=[Depends(require(Permission.FACTS_TELL))], responses=problems(401, 403, 422))
async def take_facts(body: FactBatch, work: Work) -> BatchOutcome:
    """Take facts from another system. Each row stands for itself; telling the same again changes nothing."""
    rows = [ForeignFact(**row.model_dump()) for row in body.facts]
    outcomes = await tell_batch(work.tx, rows, intake=work.intake, now=work.now)
    return BatchOutcome(outcomes=[OutcomeView.model_validate(one) for one in outcomes])
