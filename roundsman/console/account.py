"""One's own account: who one is here, where one is signed in, and what one wants to be sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from roundsman.access.permissions import Permission
from roundsman.access.principal import Principal
from roundsman.auth.sessions import Session
from roundsman.console.cookies import forget_session
from roundsman.console.forms import Form, read_form
from roundsman.console.guards import require_page
from roundsman.console.portal_forms import refused_here
from roundsman.console.rendering import see_other, show
from roundsman.console.sign_in import PATH as SIGN_IN
from roundsman.errors import RoundsmanError
from roundsman.identity.mode import PeopleMode, get_mode
from roundsman.identity.users import Identifier
from roundsman.ids import SessionId
from roundsman.operations.facts.activation_messages import choose_messages, refuses_messages_since
from roundsman.operations.people.person import get_person
from roundsman.operations.signing_in.session_ending import end_every_session, end_one_session, list_sessions
from roundsman.operations.signing_in.stepping_up import authenticator_state
from roundsman.web.ids import IdInPath
from roundsman.web.operating import Operating, Work
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import services_of

PATH: Final = "/account"
_SESSIONS: Final = [Depends(require_page(Permission.SESSIONS_MANAGE))]

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Contact:
    """A phone or an e-mail with which one signs in; `kind` is phone or email, `verified_at` when it was proved."""

    kind: str
    text: str
    verified_at: datetime | None


@router.get(PATH, dependencies=[Depends(require_page(Permission.ME_READ))], name="account_page")
async def account_page(request: Request, principal: CurrentPrincipal, work: Work) -> Response:
    """Show one's own account."""
    return await _shown(request, principal, work, Form())


@router.post(PATH + "/sessions/{session_id}/end", dependencies=_SESSIONS, name="end_own_session_page")
async def end_session(request: Request, session_id: IdInPath, principal: CurrentPrincipal, work: Work) -> Response:
    """End one of one's own sessions: a lost phone, a shared computer."""
    actor = work.intake.actor
    try:
        await end_one_session(work.tx, work.user_id, SessionId(session_id), actor=actor, now=work.now)
    except RoundsmanError as error:
        return await _shown(request, principal, work, refused_here(request, {}, error))
    if session_id == principal.session_id:
        return _signed_out(request)
    return see_other(request, PATH, flash="flash.session_ended")


@router.post(PATH + "/sessions/end-all", dependencies=_SESSIONS, name="end_own_sessions_page")
async def end_sessions(request: Request, work: Work) -> Response:
    """Sign out everywhere, here too."""
    await end_every_session(work.tx, work.user_id, actor=work.intake.actor, now=work.now)
    return _signed_out(request)


@router.post(
    PATH + "/messages", dependencies=[Depends(require_page(Permission.ME_MESSAGES))], name="choose_messages_page"
)
async def messages(request: Request, work: Work) -> Response:
    """Opt out of messages about orders and coming back, or in again."""
    wanted = (await read_form(request)).get("wanted") == "yes"
    await choose_messages(work.tx, work.user_id, wanted=wanted, actor=work.intake.actor, now=work.now)
    return see_other(request, PATH, flash="flash.saved")


async def _shown(request: Request, principal: Principal, work: Operating, form: Form) -> Response:
    runtime = services_of(request).runtime
    person = await get_person(work.tx, work.user_id)
    sessions = await list_sessions(work.tx, work.user_id, now=work.now)
    return show(
        request,
        "portal/account.html",
        status=form.status,
        person=person,
        contacts=[one for one in map(_contact, person.identifiers) if one is not None],
        sessions=_own_first(sessions, principal.session_id),
        own_session=principal.session_id,
        authenticator=await authenticator_state(work.tx, principal, assurance=runtime.assurance),
        wants_messages=await refuses_messages_since(work.tx, work.user_id) is None,
        can_close=(await get_mode(work.tx)).people is PeopleMode.LIVE,
        form=form,
    )


def _contact(identifier: Identifier) -> Contact | None:
    kind, _, text = identifier.key.partition(":")
    return Contact(kind, text, identifier.verified_at) if kind in {"phone", "email"} else None


def _own_first(sessions: list[Session], own: SessionId) -> list[Session]:
    return sorted(sessions, key=lambda one: one.id != own)


def _signed_out(request: Request) -> Response:
    answer = see_other(request, SIGN_IN, flash="flash.signed_out")
    forget_session(answer, request)
    return answer
