"""Users: finding them, and one of them whole: who he is, how he signs in, what happened to him."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, StringConstraints
from starlette.responses import HTMLResponse, Response

from roundsman.access.permissions import Permission
from roundsman.access.roles import Role
from roundsman.console.forms import Form, model_of, refused
from roundsman.console.guards import require_page
from roundsman.console.rendering import see_other, show
from roundsman.errors import InvalidInput
from roundsman.identity.identifiers import identifier_candidates
from roundsman.identity.mode import PeopleMode, get_mode
from roundsman.identity.searching import UserPage
from roundsman.identity.users import Identifier, UserStatus
from roundsman.ids import SessionId, UserId
from roundsman.operations.people.contact_revealing import reveal_contacts
from roundsman.operations.people.people_search import PeopleFilter, search_people, sign_in_contacts_of
from roundsman.operations.people.user_file import read_user_file
from roundsman.operations.signing_in.session_ending import end_one_session
from roundsman.web.ids import IdInPath
from roundsman.web.operating import Work
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import services_of

PATH: Final = "/users"
ONE: Final = PATH + "/{user_id}"
_READING: Final = [Depends(require_page(Permission.USERS_READ))]
_REVEALING: Final = [Depends(require_page(Permission.USERS_REVEAL))]
_ENDING: Final = [Depends(require_page(Permission.USERS_SESSIONS))]
_KINDS: Final = {"phone": "Phone", "email": "E-mail", "alias": "Former id"}
_FILTERS: Final = ("q", "role", "status")

router = APIRouter(include_in_schema=False)


class UserQuery(BaseModel):
    """Which users are listed, and from where on."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)] | None = None
    role: Role | None = None
    status: UserStatus | None = None
    after: Annotated[str, StringConstraints(max_length=1_000)] | None = None


@dataclass(frozen=True, slots=True)
class FoundBy:
    """One thing that finds a user; what is a contact is shown masked."""

    text: str
    is_contact: bool
    is_shared: bool
    is_verified: bool


@router.get(PATH, dependencies=_READING, name="users_page")
async def list_(request: Request) -> HTMLResponse:
    """List users by name, narrowed by what was typed, a role and a status."""
    tx, sent = services_of(request).runtime.tx, dict(request.query_params)
    managed_here = (await get_mode(tx)).people is PeopleMode.LIVE
    try:
        query = model_of(UserQuery, sent)
        wanted = PeopleFilter(role=query.role, status=query.status, anything=query.q or None)
        found = await search_people(tx, wanted, after=query.after)
    except InvalidInput as error:
        return _listed(request, refused(sent, error), UserPage((), None), {}, managed_here=managed_here)
    contacts = await sign_in_contacts_of(tx, found.users)
    return _listed(request, Form(sent), found, contacts, managed_here=managed_here)


@router.get(ONE, dependencies=_READING, name="user_page")
async def one(request: Request, user_id: IdInPath, principal: CurrentPrincipal) -> HTMLResponse:
    """Show one user whole."""
    runtime = services_of(request).runtime
    file = await read_user_file(runtime.tx, UserId(user_id), now=runtime.clock())
    found_by = {kind: _found_by(file.person.identifiers, kind) for kind in _KINDS}
    return show(
        request,
        "users/user.html",
        file=file,
        user=file.person.user,
        found_by=found_by,
        kinds=_KINDS,
        own_session=principal.session_id,
    )


@router.get(ONE + "/reveal", dependencies=_REVEALING, name="user_unrevealed_page")
async def not_revealed(request: Request, user_id: IdInPath) -> Response:
    """Lead back whoever opens the address again: only a deliberate step shows contacts."""
    return see_other(request, f"{PATH}/{user_id}")


@router.post(ONE + "/reveal", dependencies=_REVEALING, name="user_reveal_page")
async def reveal(request: Request, user_id: IdInPath, work: Work) -> HTMLResponse:
    """Show phones and e-mails in full, which the audit log keeps."""
    contacts = await reveal_contacts(work.tx, UserId(user_id), actor=work.intake.actor, now=work.now)
    return show(request, "users/contacts.html", contacts=contacts, path=f"{PATH}/{user_id}")


@router.post(ONE + "/sessions/{session_id}/end", dependencies=_ENDING, name="user_session_end_page")
async def end_session(request: Request, user_id: IdInPath, session_id: IdInPath, work: Work) -> Response:
    """Sign a user out in one place."""
    session = SessionId(session_id)
    await end_one_session(work.tx, UserId(user_id), session, actor=work.intake.actor, now=work.now)
    return see_other(request, f"{PATH}/{user_id}", flash="flash.session_ended")


def _listed(
    request: Request, form: Form, found: UserPage, contacts: Mapping[UserId, Sequence[str]], *, managed_here: bool
) -> HTMLResponse:
    asked = {name: form.values[name] for name in _FILTERS if form.values.get(name)}
    return show(
        request,
        "users/users.html",
        status=form.status,
        form=form,
        users=found.users,
        contacts=contacts,
        next=f"{PATH}?{urlencode({**asked, 'after': found.next})}" if found.next else "",
        first=f"{PATH}?{urlencode(asked)}" if form.values.get("after") else "",
        is_narrowed=bool(asked),
        managed_here=managed_here,
        roles=list(Role),
        statuses=list(UserStatus),
    )


def _found_by(identifiers: Sequence[Identifier], kind: str) -> list[FoundBy]:
    of_kind = [one for one in identifiers if one.key.startswith(f"{kind}:")]
    return [_shown(one, one.key.partition(":")[2], is_former=kind == "alias") for one in of_kind]


def _shown(one: Identifier, text: str, *, is_former: bool) -> FoundBy:
    # A former id may be the very phone by which the existing application knew somebody.
    is_contact = not is_former or len(identifier_candidates(text)) > 1
    return FoundBy(text, is_contact, one.is_ambiguous, one.verified_at is not None)
