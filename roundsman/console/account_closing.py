"""Taking one's data along, and closing one's account: both only for who has just proved who he is."""

from typing import Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.console.cookies import forget_session
from roundsman.console.forms import Form, InvalidForm, read_form
from roundsman.console.guards import require_page
from roundsman.console.portal_forms import refused_here
from roundsman.console.rendering import see_other, show
from roundsman.console.sign_in import PATH as SIGN_IN
from roundsman.errors import RoundsmanError
from roundsman.migration.closing import close_account
from roundsman.migration.personal_copies import export_person
from roundsman.migration.sealing import Seal
from roundsman.web.operating import Work
from roundsman.web.services import services_of

_TAKES: Final = [Depends(require_page(Permission.ME_EXPORT, fresh=True))]
_CLOSES: Final = [Depends(require_page(Permission.ME_CLOSE, fresh=True))]

router = APIRouter(include_in_schema=False)


@router.get("/account/data", dependencies=_TAKES, name="own_data_page")
async def data_page(request: Request) -> Response:
    """Say what the file holds."""
    return show(request, "portal/account_data.html")


@router.post("/account/data", dependencies=_TAKES, name="download_own_data_page")
async def download(request: Request, work: Work) -> Response:
    """Give everything that is stored about oneself."""
    seal = Seal(services_of(request).runtime.sealing_key)
    file = await export_person(work.tx, work.user_id, seal, actor=work.intake.actor, now=work.now)
    headers = {
        "Content-Disposition": f'attachment; filename="data-of-{work.user_id}.zip"',
        "Cache-Control": "no-store",
    }
    return Response(file, media_type="application/zip", headers=headers)


@router.get("/account/close", dependencies=_CLOSES, name="close_account_page")
async def closing_page(request: Request) -> Response:
    """Say what closing the account does."""
    return show(request, "portal/account_close.html", form=Form())


@router.post("/account/close", dependencies=_CLOSES, name="close_own_account_page")
async def close(request: Request, work: Work) -> Response:
    """Close one's own account for good."""
    sent = await read_form(request)
    try:
        if sent.get("sure") != "yes":
            raise InvalidForm({"sure": "This is needed."})
        await close_account(work.tx, work.user_id, actor=work.intake.actor, now=work.now)
    except RoundsmanError as error:
        form = refused_here(request, sent, error)
        return show(request, "portal/account_close.html", status=form.status, form=form)
    answer = see_other(request, SIGN_IN, flash="flash.closed")
    forget_session(answer, request)
    return answer
