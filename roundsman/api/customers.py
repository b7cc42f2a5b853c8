"""Registering customers for people who stand at the door or on the phone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field, StringConstraints

from roundsman.access.permissions import Permission
from roundsman.api.models import AnswerModel, Id, Line, RequestModel, problems
from roundsman.audit_log.entries import acting
from roundsman.operations.accounts.sign_up import SignUp, sign_up_customer
from roundsman.web.guards import require
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, services_of

router = APIRouter(prefix="/customers", tags=["customers"])


class Registration(RequestModel):
    """A new customer, registered by somebody of the business."""

    name: Line = Field(examples=["Asha Patil"])
    phone: Line = Field(description="His mobile, in any spelling.", examples=["98200 12345"])
    email: Line | None = None
    address: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)] | None = None
    area: Line | None = None


class Registered(AnswerModel):
    """The user and his customer profile, linked."""

    user_id: Id
    customer_id: Id


@router.post(
    "",
    status_code=201,
    dependencies=[Depends(require(Permission.CUSTOMERS_CREATE))],
    responses=problems(401, 403, 409, 422),
)
async def register_customer(body: Registration, request: Request, principal: CurrentPrincipal) -> Registered:
    """Register a customer: user and customer profile are made together, linked, or not at all."""
    runtime = services_of(request).runtime
    actor = acting(principal, address=client_address(request))
    sign_up, now = SignUp(**body.model_dump()), runtime.clock()
    signed_up = await sign_up_customer(runtime.tx, sign_up, actor=actor, policy=runtime.activation, now=now)
    return Registered.model_validate(signed_up)
