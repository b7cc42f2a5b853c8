"""Making an account for somebody who is to work in the office."""

from typing import Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from roundsman.access.permissions import Permission
from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.console.fields import Line
from roundsman.console.forms import Form, model_of, read_form, refused
from roundsman.console.guards import require_page
from roundsman.console.rendering import see_other, show
from roundsman.errors import RoundsmanError
from roundsman.identity.registration import IdentifierTaken
from roundsman.operations.accounts.staff import NewStaff, create_staff
from roundsman.web.operating import Work

PATH: Final = "/users/new"
_GRANTS: Final = [Depends(require_page(Permission.ROLES_GRANT, fresh=True))]

router = APIRouter(include_in_schema=False)


class StaffCreation(BaseModel):
    """Who is to work in the office, and as what; a phone or an e-mail to sign in with."""

    name: Line
    role: Role
    phone: Line | None = None
    email: Line | None = None


@router.get(PATH, dependencies=_GRANTS, name="create_staff_form_page")
async def ask(request: Request) -> HTMLResponse:
    """Ask who is to work in the office."""
    return _asked(request, Form())


@router.post(PATH, dependencies=_GRANTS, name="create_staff_page")
async def create(request: Request, work: Work) -> Response:
    """Make the account; its owner takes it by a code to his phone or e-mail."""
    sent = await read_form(request)
    try:
        staff = NewStaff(**model_of(StaffCreation, sent).model_dump())
        user_id = await create_staff(work.tx, staff, actor=work.intake.actor, now=work.now)
    except IdentifierTaken as taken:
        return _asked(request, refused(sent, taken), taken=taken.key.partition(":")[2])
    except RoundsmanError as error:
        return _asked(request, refused(sent, error))
    return see_other(request, f"/users/{user_id}", flash="flash.staff_created")


def _asked(request: Request, form: Form, *, taken: str = "") -> HTMLResponse:
    # Only roles of the office: whoever may grant one may grant each.
    roles = [role for role in Role if role in STAFF_ROLES]
    return show(request, "users/staff_new.html", status=form.status, roles=roles, taken=taken, form=form)
