"""One's own data: getting all of it, and having it erased."""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from roundsman.access.permissions import Permission
from roundsman.api.models import IdInPath, problems
from roundsman.audit_log.entries import acting
from roundsman.ids import UserId
from roundsman.migration.closing import close_account
from roundsman.migration.personal_copies import export_person
from roundsman.migration.sealing import Seal
from roundsman.web.guards import require
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, services_of

router = APIRouter()

_ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {}}, "description": "A zip file with everything as JSON and CSV."}
}


@router.get(
    "/auth/me/export",
    tags=["auth"],
    response_class=Response,
    dependencies=[Depends(require(Permission.ME_EXPORT, fresh=True))],
    responses=problems(401, 403) | _ZIP,
)
async def export_own(request: Request, principal: CurrentPrincipal) -> Response:
    """Get everything that is stored about oneself: all tables, and the documents the account was made from."""
    return await _export(request, principal, principal.user_id)


@router.get(
    "/users/{user_id}/export",
    tags=["users"],
    response_class=Response,
    dependencies=[Depends(require(Permission.USERS_EXPORT, fresh=True))],
    responses=problems(401, 403, 404, 422) | _ZIP,
)
async def export_of(user_id: IdInPath, request: Request, principal: CurrentPrincipal) -> Response:
    """Get everything that is stored about another, who asked for it at the counter or on the phone."""
    return await _export(request, principal, UserId(user_id))


@router.post(
    "/auth/me/close",
    status_code=204,
    tags=["auth"],
    dependencies=[Depends(require(Permission.ME_CLOSE, fresh=True))],
    responses=problems(401, 403, 409),
)
async def close_own(request: Request, principal: CurrentPrincipal) -> None:
    """Close one's own account for good: everything personal is erased; orders stay under an id that names nobody."""
    runtime = services_of(request).runtime
    actor = acting(principal, address=client_address(request))
    await close_account(runtime.tx, principal.user_id, actor=actor, now=runtime.clock())


async def _export(request: Request, principal: CurrentPrincipal, user_id: UserId) -> Response:
    runtime = services_of(request).runtime
    actor = acting(principal, address=client_address(request))
    file = await export_person(runtime.tx, user_id, Seal(runtime.sealing_key), actor=actor, now=runtime.clock())
    headers = {"Content-Disposition": f'attachment; filename="data-of-{user_id}.zip"'}
    return Response(file, media_type="application/zip", headers=headers)
