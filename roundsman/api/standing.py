"""What a user may be: his roles, and whether he may sign in at all."""

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from roundsman.access.permissions import Permission
from roundsman.access.principal import Principal
from roundsman.access.roles import Role
from roundsman.api.models import KEPT_FOR_GOOD, IdInPath, Line, RequestModel, problems
from roundsman.api.people import UserView
from roundsman.ids import UserId
from roundsman.operations.accounts.standing import Decision, disable, enable, grant_role, revoke_role
from roundsman.web.guards import require
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, services_of

router = APIRouter(prefix="/users/{user_id}", tags=["users"])


class Reason(RequestModel):
    """Why it is done; the audit log keeps it."""

    reason: Line = Field(description=KEPT_FOR_GOOD, examples=["she runs the office from today"])


class Grant(Reason):
    """A role that a user gets, and why."""

    role: Role = Field(examples=["delivery_boy"])


@router.post(
    "/roles",
    dependencies=[Depends(require(Permission.ROLES_GRANT, fresh=True))],
    responses=problems(401, 403, 404, 409, 422),
)
async def grant(body: Grant, user_id: IdInPath, request: Request, principal: CurrentPrincipal) -> UserView:
    """Give a user a role, or confirm one that an import brought; it counts with his next request."""
    runtime = services_of(request).runtime
    decision = _decision(body, user_id, request, principal)
    return UserView.model_validate(await grant_role(runtime.tx, decision, body.role, now=runtime.clock()))


@router.delete(
    "/roles/{role}",
    dependencies=[Depends(require(Permission.ROLES_GRANT, fresh=True))],
    responses=problems(401, 403, 404, 409, 422),
)
async def revoke(
    body: Reason, user_id: IdInPath, role: Role, request: Request, principal: CurrentPrincipal
) -> UserView:
    """Take a role from a user; he may do nothing with it from his next request on. The last admin stays one."""
    runtime = services_of(request).runtime
    decision = _decision(body, user_id, request, principal)
    return UserView.model_validate(await revoke_role(runtime.tx, decision, role, now=runtime.clock()))


@router.post(
    "/disable",
    dependencies=[Depends(require(Permission.USERS_DISABLE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def disable_(body: Reason, user_id: IdInPath, request: Request, principal: CurrentPrincipal) -> UserView:
    """Shut a user out: his sessions end at once, and he cannot sign in. The last admin stays."""
    runtime = services_of(request).runtime
    decision = _decision(body, user_id, request, principal)
    return UserView.model_validate(await disable(runtime.tx, decision, now=runtime.clock()))


@router.post(
    "/enable",
    dependencies=[Depends(require(Permission.USERS_DISABLE))],
    responses=problems(401, 403, 404, 409, 422),
)
async def enable_(body: Reason, user_id: IdInPath, request: Request, principal: CurrentPrincipal) -> UserView:
    """Let a user in again who was shut out; he signs in anew."""
    runtime = services_of(request).runtime
    decision = _decision(body, user_id, request, principal)
    return UserView.model_validate(await enable(runtime.tx, decision, now=runtime.clock()))


def _decision(body: Reason, user_id: IdInPath, request: Request, principal: Principal) -> Decision:
    return Decision(principal, UserId(user_id), body.reason, client_address(request))
