"""Keeping a sign-in alive and ending it: refreshing, signing out, and the sessions a user has."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field, SecretStr

from roundsman.access.permissions import Permission
from roundsman.access.principal import Principal, SignedInBy
from roundsman.access.roles import Role
from roundsman.api.models import AnswerModel, Id, IdInPath, RequestModel, problems
from roundsman.audit_log.entries import acting
from roundsman.auth.sessions import Session
from roundsman.ids import SessionId, UserId
from roundsman.operations.signing_in.refreshing import refresh
from roundsman.operations.signing_in.session_ending import (
    end_every_session,
    end_one_session,
    end_replaced_session,
    list_sessions,
)
from roundsman.operations.signing_in.session_opening import SignedIn
from roundsman.web.guards import public, require
from roundsman.web.principal import CurrentPrincipal, presented_claims
from roundsman.web.services import client_address, services_of

router = APIRouter(prefix="/auth", tags=["auth"])
of_users = APIRouter(prefix="/users", tags=["users"])


class LoggedIn(AnswerModel):
    """The tokens of a session, and how long they are good."""

    access_token: str = Field(description="Send it as `Authorization: Bearer <token>`.")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  a word of RFC 6750, no secret
    expires_in_seconds: int = Field(examples=[600])
    refresh_token: str = Field(
        description="Good for one use at `POST /auth/refresh`. Keep it where no script reads it."
    )
    session_expires_at: datetime = Field(description="When the session ends unless it is refreshed before.")
    user_id: Id
    roles: list[Role]


class Refresh(RequestModel):
    """The refresh token of the last answer."""

    refresh_token: Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class SessionView(AnswerModel):
    """One sign-in that counts."""

    id: Id
    created_at: datetime
    last_seen_at: datetime = Field(description="When it was opened or refreshed last.")
    expires_at: datetime = Field(description="When it ends unless it is refreshed before.")
    signed_in_by: SignedInBy
    second_factor_at: datetime | None
    device: str | None = Field(description="What the browser or app calls itself.", examples=["Mozilla/5.0 (Linux)"])
    address: str | None = Field(examples=["203.0.113.7"])


class OwnSessionView(SessionView):
    """One of one's own sign-ins."""

    is_this_one: bool = Field(description="Whether the request came in this session.")


class SessionsEnded(AnswerModel):
    """How many sessions have ended."""

    ended: int


def logged_in(signed_in: SignedIn) -> LoggedIn:
    """Show what somebody gets who has signed in, in whatever way."""
    return LoggedIn(
        access_token=signed_in.access_token,
        expires_in_seconds=int(signed_in.token_lifetime.total_seconds()),
        refresh_token=signed_in.refresh_token,
        session_expires_at=signed_in.session.expires_at,
        user_id=signed_in.user.id,
        roles=[role for role in Role if role in signed_in.user.effective_roles],
    )


async def logged_in_anew(request: Request, signed_in: SignedIn) -> LoggedIn:
    """Show the same; the session of an access token that he sent along ends if it is his, for this one takes its place."""
    claims = presented_claims(request)
    if claims is not None:
        runtime, address = services_of(request).runtime, client_address(request)
        user_id, session_id = signed_in.user.id, claims.session_id
        await end_replaced_session(runtime.tx, user_id, session_id, address=address, now=runtime.clock())
    return logged_in(signed_in)


@router.post(
    "/refresh",
    dependencies=[Depends(public(reason="Whoever refreshes has no valid access token any more."))],
    responses=problems(401, 422),
)
async def refresh_(body: Refresh, request: Request) -> LoggedIn:
    """Get the next access token and the next refresh token.

    A refresh token is good once. For 30 seconds it gives the same next one again, for answers that got lost; after that
    its use ends the session, because somebody else has it.
    """
    services = services_of(request)
    token = body.refresh_token.get_secret_value()
    sessions = services.password_sign_in.sessions
    now, address = services.runtime.clock(), client_address(request)
    return logged_in(await refresh(services.runtime.tx, token, by=sessions, address=address, now=now))


@router.post(
    "/logout",
    status_code=204,
    dependencies=[Depends(require(Permission.SESSIONS_MANAGE, half_signed_in=True))],
    responses=problems(401, 403, 404),
)
async def logout(request: Request, principal: CurrentPrincipal) -> None:
    """Sign out: end the session this request came in. Its tokens are refused everywhere within two seconds."""
    await _end_one(request, principal, principal.user_id, principal.session_id)


@router.post(
    "/logout-all",
    dependencies=[Depends(require(Permission.SESSIONS_MANAGE, half_signed_in=True))],
    responses=problems(401, 403),
)
async def logout_all(request: Request, principal: CurrentPrincipal) -> SessionsEnded:
    """Sign out everywhere, here too."""
    return await _end_all(request, principal, principal.user_id)


@router.get("/sessions", dependencies=[Depends(require(Permission.SESSIONS_MANAGE))], responses=problems(401, 403))
async def own_sessions(request: Request, principal: CurrentPrincipal) -> list[OwnSessionView]:
    """List where one is signed in, newest first."""
    return [
        OwnSessionView(is_this_one=session.id == principal.session_id, **dict(SessionView.model_validate(session)))
        for session in await _sessions(request, principal.user_id)
    ]


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    dependencies=[Depends(require(Permission.SESSIONS_MANAGE))],
    responses=problems(401, 403, 404, 422),
)
async def end_own_session(session_id: IdInPath, request: Request, principal: CurrentPrincipal) -> None:
    """End one of one's own sessions: a lost phone, a shared computer."""
    await _end_one(request, principal, principal.user_id, SessionId(session_id))


@of_users.get(
    "/{user_id}/sessions",
    dependencies=[Depends(require(Permission.USERS_SESSIONS))],
    responses=problems(401, 403, 404, 422),
)
async def sessions_of_user(user_id: IdInPath, request: Request) -> list[SessionView]:
    """List where a user is signed in, newest first."""
    return [SessionView.model_validate(session) for session in await _sessions(request, UserId(user_id))]


@of_users.delete(
    "/{user_id}/sessions",
    dependencies=[Depends(require(Permission.USERS_SESSIONS))],
    responses=problems(401, 403, 404, 422),
)
async def end_sessions_of_user(user_id: IdInPath, request: Request, principal: CurrentPrincipal) -> SessionsEnded:
    """Sign a user out everywhere."""
    return await _end_all(request, principal, UserId(user_id))


async def _sessions(request: Request, user_id: UserId) -> list[Session]:
    runtime = services_of(request).runtime
    return await list_sessions(runtime.tx, user_id, now=runtime.clock())


async def _end_one(request: Request, principal: Principal, user_id: UserId, session_id: SessionId) -> None:
    runtime = services_of(request).runtime
    actor = acting(principal, address=client_address(request))
    await end_one_session(runtime.tx, user_id, session_id, actor=actor, now=runtime.clock())


async def _end_all(request: Request, principal: Principal, user_id: UserId) -> SessionsEnded:
    runtime = services_of(request).runtime
    actor = acting(principal, address=client_address(request))
    return SessionsEnded(ended=await end_every_session(runtime.tx, user_id, actor=actor, now=runtime.clock()))
