"""Decisions about a user, each on a page of its own: his roles, whether he may sign in, his authenticator, his sessions.

The forms for roles and standing carry in `seen` how he stood when they were opened; who decided meanwhile is not overruled
unawares. Whoever decides has proved lately who he is before he types anything.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, StringConstraints
from starlette.responses import HTMLResponse, Response

from roundsman.access.permissions import Permission
from roundsman.access.principal import Principal
from roundsman.access.roles import Role
from roundsman.console.conflicts import Difference, WayOn, show_conflict
from roundsman.console.forms import Form, model_of, read_form, refused
from roundsman.console.guards import require_page
from roundsman.console.rendering import see_other, show
from roundsman.console.users import ONE, PATH
from roundsman.errors import RoundsmanError
from roundsman.identity.lookup import get_user
from roundsman.identity.users import User
from roundsman.ids import UserId
from roundsman.operations.accounts.standing import (
    Decision,
    StandingChanged,
    disable,
    enable,
    grant_role,
    revoke_role,
    standing_in_words,
)
from roundsman.operations.signing_in.session_ending import end_every_session
from roundsman.operations.signing_in.stepping_up import forget_authenticator
from roundsman.web.ids import IdInPath
from roundsman.web.operating import Work
from roundsman.web.principal import CurrentPrincipal
from roundsman.web.services import client_address, services_of

_ROLES: Final = [Depends(require_page(Permission.ROLES_GRANT, fresh=True))]
_STANDING: Final = [Depends(require_page(Permission.USERS_DISABLE, fresh=True))]
_AUTHENTICATORS: Final = [Depends(require_page(Permission.AUTHENTICATORS_FORGET, fresh=True))]
_SESSIONS: Final = [Depends(require_page(Permission.USERS_SESSIONS, fresh=True))]

router = APIRouter(include_in_schema=False)


class Reasoned(BaseModel):
    """Why something is decided, which the audit log keeps."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]


class AboutStanding(Reasoned):
    """The same, and how the user stood when the form was opened."""

    seen: str


class AboutRole(AboutStanding):
    """The same, and which role it is about."""

    role: Role


@router.get(ONE + "/grant-role", dependencies=_ROLES, name="grant_role_form_page")
@router.get(ONE + "/revoke-role", dependencies=_ROLES, name="revoke_role_form_page")
@router.get(ONE + "/disable", dependencies=_STANDING, name="disable_form_page")
@router.get(ONE + "/enable", dependencies=_STANDING, name="enable_form_page")
@router.get(ONE + "/forget-authenticator", dependencies=_AUTHENTICATORS, name="forget_authenticator_form_page")
@router.get(ONE + "/sign-out", dependencies=_SESSIONS, name="sign_out_user_form_page")
async def ask(request: Request, user_id: IdInPath, role: str = "") -> HTMLResponse:
    """Ask for what the decision of this address needs: why, and about a role which one."""
    return await _ask(request, UserId(user_id), Form({"role": role}))


@router.post(ONE + "/grant-role", dependencies=_ROLES, name="grant_role_page")
async def grant(request: Request, user_id: IdInPath, principal: CurrentPrincipal, work: Work) -> Response:
    """Give him the role, or confirm one that waited for it."""

    async def decide(sent: dict[str, str]) -> None:
        asked = model_of(AboutRole, sent)
        await grant_role(work.tx, _decision(request, principal, UserId(user_id), asked), asked.role, now=work.now)

    return await _decided(request, UserId(user_id), decide)


@router.post(ONE + "/revoke-role", dependencies=_ROLES, name="revoke_role_page")
async def revoke(request: Request, user_id: IdInPath, principal: CurrentPrincipal, work: Work) -> Response:
    """Take the role from him."""

    async def decide(sent: dict[str, str]) -> None:
        asked = model_of(AboutRole, sent)
        await revoke_role(work.tx, _decision(request, principal, UserId(user_id), asked), asked.role, now=work.now)

    return await _decided(request, UserId(user_id), decide)


@router.post(ONE + "/disable", dependencies=_STANDING, name="disable_page")
async def disable_(request: Request, user_id: IdInPath, principal: CurrentPrincipal, work: Work) -> Response:
    """Shut him out."""

    async def decide(sent: dict[str, str]) -> None:
        asked = model_of(AboutStanding, sent)
        await disable(work.tx, _decision(request, principal, UserId(user_id), asked), now=work.now)

    return await _decided(request, UserId(user_id), decide)


@router.post(ONE + "/enable", dependencies=_STANDING, name="enable_page")
async def enable_(request: Request, user_id: IdInPath, principal: CurrentPrincipal, work: Work) -> Response:
    """Let him in again."""

    async def decide(sent: dict[str, str]) -> None:
        asked = model_of(AboutStanding, sent)
        await enable(work.tx, _decision(request, principal, UserId(user_id), asked), now=work.now)

    return await _decided(request, UserId(user_id), decide)


@router.post(ONE + "/forget-authenticator", dependencies=_AUTHENTICATORS, name="forget_authenticator_page")
async def forget(request: Request, user_id: IdInPath, work: Work) -> Response:
    """Let him set up another app; his sessions end."""

    async def decide(sent: dict[str, str]) -> None:
        reason = model_of(Reasoned, sent).reason
        await forget_authenticator(work.tx, UserId(user_id), reason=reason, actor=work.intake.actor, now=work.now)

    return await _decided(request, UserId(user_id), decide)


@router.post(ONE + "/sign-out", dependencies=_SESSIONS, name="sign_out_user_page")
async def sign_out(request: Request, user_id: IdInPath, work: Work) -> Response:
    """Sign him out everywhere."""

    async def decide(sent: dict[str, str]) -> None:
        del sent
        await end_every_session(work.tx, UserId(user_id), actor=work.intake.actor, now=work.now)

    return await _decided(request, UserId(user_id), decide)


async def _decided(request: Request, user_id: UserId, decide: Callable[[dict[str, str]], Awaitable[None]]) -> Response:
    sent = await read_form(request)
    try:
        await decide(sent)
    except StandingChanged as changed:
        return _changed_meanwhile(request, sent, changed.user)
    except RoundsmanError as error:
        return await _ask(request, user_id, refused(sent, error))
    return see_other(request, f"{PATH}/{user_id}", flash=f"flash.user_{_what(request)}")


async def _ask(request: Request, user_id: UserId, form: Form) -> HTMLResponse:
    user = await get_user(services_of(request).runtime.tx, user_id)
    held, counting = set(user.roles), user.effective_roles
    return show(
        request,
        f"users/{_what(request)}.html",
        status=form.status,
        form=form,
        user=user,
        # Who is refused goes on from what he saw first, until he is shown what changed.
        seen=form.values.get("seen") or standing_in_words(user),
        to_give=[(role, _words(role, waits=role in held)) for role in Role if role not in counting],
        to_take=[(role, _words(role)) for role in Role if role in held],
    )


def _changed_meanwhile(request: Request, sent: dict[str, str], user: User) -> HTMLResponse:
    title, words, wanted = _WISHES[_what(request)]
    now = standing_in_words(user)
    difference = Difference("Standing and roles", sent["seen"], now, wanted.format(role=_words(sent.get("role", ""))))
    kept: dict[str, str] = {name: sent[name] for name in ("role", "reason") if name in sent}
    on = WayOn(request.url.path, words, {**kept, "seen": now}, f"{PATH}/{user.id}", "Leave it as it is now")
    return show_conflict(request, title.format(name=user.name), [difference], on)


_WISHES: Final = {
    "grant_role": ("The roles of {name} have changed", "Give the role all the same", "to be {role} too"),
    "revoke_role": ("The roles of {name} have changed", "Take the role all the same", "to be {role} no more"),
    "disable": ("{name} stands differently now", "Disable all the same", "to be disabled"),
    "enable": ("{name} stands differently now", "Enable all the same", "to be active"),
}
"""Of each decision: the heading of the page that shows what changed meanwhile, its button, and what was wanted."""


def _what(request: Request) -> str:
    """Which decision it is about, as the address ends: 'grant_role'."""
    return request.url.path.rpartition("/")[2].replace("-", "_")


def _decision(request: Request, principal: Principal, user_id: UserId, asked: AboutStanding) -> Decision:
    return Decision(principal, user_id, asked.reason, client_address(request), asked.seen)


def _words(role: str, *, waits: bool = False) -> str:
    return f"{role.replace('_', ' ')} (waits to be confirmed)" if waits else role.replace("_", " ")
