"""Everything that is stored about a user, for whom asks for it at the counter or on the phone."""

from typing import Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from roundsman.access.permissions import Permission
from roundsman.console.guards import require_page
from roundsman.console.rendering import show
from roundsman.identity.lookup import get_user
from roundsman.ids import UserId
from roundsman.migration.personal_copies import export_person
from roundsman.migration.sealing import Seal
from roundsman.web.ids import IdInPath
from roundsman.web.operating import Work
from roundsman.web.services import services_of

PATH: Final = "/users/{user_id}/data"
_EXPORTS: Final = [Depends(require_page(Permission.USERS_EXPORT, fresh=True))]

router = APIRouter(include_in_schema=False)


@router.get(PATH, dependencies=_EXPORTS, name="user_data_page")
async def ask(request: Request, user_id: IdInPath, work: Work) -> HTMLResponse:
    """Say what the file holds."""
    return show(request, "users/data.html", user=await get_user(work.tx, UserId(user_id)))


@router.post(PATH, dependencies=_EXPORTS, name="download_user_data_page")
async def download(request: Request, user_id: IdInPath, work: Work) -> Response:
    """Give everything that is stored about him, which the audit log keeps."""
    seal = Seal(services_of(request).runtime.sealing_key)
    file = await export_person(work.tx, UserId(user_id), seal, actor=work.intake.actor, now=work.now)
    headers = {"Content-Disposition": f'attachment; filename="data-of-{user_id}.zip"', "Cache-Control": "no-store"}
    return Response(file, media_type="application/zip", headers=headers)
