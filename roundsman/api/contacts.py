"""Contacts of the office with customers."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Depends
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.api.models import AnswerModel, IdInPath, RequestModel, problems
from roundsman.api.operating import Key
from roundsman.ids import CustomerId
from roundsman.operations.facts.staff_contacts import record_contact
from roundsman.web.guards import require
from roundsman.web.operating import Work

router = APIRouter(prefix="/customers/{customer_id}/contacts", tags=["customers"])


class Contacting(RequestModel):
    """A contact with a customer."""

    key: Key
    how: Literal["call", "visit", "message"]


class ContactView(AnswerModel):
    """A contact that was told of."""

    id: str
    at: datetime = Field(description="When it was told of first.")


@router.post(
    "",
    status_code=201,
    dependencies=[Depends(require(Permission.CONTACTS_RECORD))],
    responses=problems(401, 403, 404, 409, 422),
)
async def record(body: Contacting, customer_id: IdInPath, work: Work) -> ContactView:
    """Tell that one has spoken with a customer."""
    fact = await record_contact(
        work.tx, CustomerId(customer_id), key=body.key, how=body.how, intake=work.intake, now=work.now
    )
    return ContactView(id=fact.source_id, at=fact.occurred_at)
