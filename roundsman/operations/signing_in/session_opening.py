"""Opening a session for somebody who has proved who he is, in whatever way, and what he gets for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from roundsman.access.roles import Role
from roundsman.activation.facts import Fact, FactType
from roundsman.activation.policy import ActivationPolicy
from roundsman.audit_log.entries import SYSTEM, Actor, AuditEntry
from roundsman.audit_log.log import record, record_many
from roundsman.auth.lifetimes import SessionPolicy
from roundsman.auth.refresh import RefreshTokens
from roundsman.auth.sessions import (
    Opening,
    Session,
    end_those,
    list_sessions_and_need,
    new_session,
    new_session_id,
    open_session,
    renew_session,
)
from roundsman.auth.tokens import AccessClaims, TokenAuthority
from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.sign_ins import record_sign_in
from roundsman.identity.users import User
from roundsman.ids import SessionId
from roundsman.operations.facts.fact_intake import tell
from roundsman.operations.signing_in.authentication import SessionEnded

_GRACE: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class SessionKeeping:
    """What sessions are kept with, and how long; for `refresh_grace` a used refresh token still gives its successor.

    `activation` is by what a customer's sign-in is told.
    """

    tokens: TokenAuthority
    refreshing: RefreshTokens
    refresh_grace: timedelta = _GRACE
    policy: SessionPolicy = field(default_factory=SessionPolicy)
    activation: ActivationPolicy = field(default_factory=ActivationPolicy)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The user and his session, with the access token, its lifetime, and the token that refreshes both."""

    user: User
    session: Session
    access_token: str = field(repr=False)
    token_lifetime: timedelta
    refresh_token: str = field(repr=False)


async def open_session_of(
    tx: Tx, user: User, opening: Opening, *, by: SessionKeeping, now: datetime
) -> SignedIn | None:
    """Open a session of the user; None if he was disabled or his sessions were ended since he was read.

    Where he has as many sessions as his roles allow, the oldest ends.
    """

    async def work(tx: Tx) -> SignedIn | None:
        if not await record_sign_in(tx, user, now=now):
            return None
        # The user was written in this transaction, so two sign-ins never count the same sessions.
        live, is_half = await list_sessions_and_need(tx, user.id, version=user.session_version, now=now)
        await _make_room(tx, user, live, policy=by.policy, now=now)
        half = replace(opening, second_factor_due=opening.second_factor_due or is_half)
        signed_in = await _open(tx, user, half, by=by, now=now)
        if Role.CUSTOMER in user.roles:
            login = Fact(FactType.LOGIN, user.id, str(signed_in.session.id), now)
            await tell(tx, user.id, [login], policy=by.activation, now=now)
        return signed_in

    return await in_transaction(tx, work)


def tokens_for(user: User, session: Session, refresh_token: str, *, by: SessionKeeping, now: datetime) -> SignedIn:
    """Sign a new access token for the session and hand it out with the refresh token."""
    lifetime = by.policy.token_lifetime(user.effective_roles)
    claims = AccessClaims(user.id, session.id, session.version)
    access_token = by.tokens.issue(claims, now=now, lifetime=lifetime)
    return SignedIn(user, session, access_token, lifetime, refresh_token)


async def renew_session_of(
    tx: Tx, user: User, session_id: SessionId, *, second_factor: bool, by: SessionKeeping, now: datetime
) -> SignedIn:
    """Give new tokens to whoever has proved again who he is, and let none of the old count (OWASP ASVS 5.0, 7.2.4).

    So whoever got hold of half a sign-in gets no whole one when its second step is taken. Call it in a transaction. Raises
    SessionEnded.
    """
    successor = new_session_id()
    refresh_token = by.refreshing.first(successor)
    digest = by.refreshing.digest(refresh_token)
    session = await renew_session(
        tx, session_id, successor, refresh_digest=digest, second_factor=second_factor, now=now
    )
    if session is None:
        raise SessionEnded
    return tokens_for(user, session, refresh_token, by=by, now=now)


async def _make_room(tx: Tx, user: User, live: Sequence[Session], *, policy: SessionPolicy, now: datetime) -> None:
    """End the oldest sessions."""
    oldest = live[policy.life(user.effective_roles).most - 1 :]
    await end_those(tx, oldest)
    reason = "a newer sign-in took its place"
    entries = [AuditEntry(now, SYSTEM, "session.ended", f"user:{user.id}", reason=reason) for _ in oldest]
    await record_many(tx, entries)


async def _open(tx: Tx, user: User, opening: Opening, *, by: SessionKeeping, now: datetime) -> SignedIn:
    expires_at = by.policy.life(user.effective_roles).end(created_at=now, last_seen_at=now)
    session = new_session(user.id, opening, version=user.session_version, expires_at=expires_at, now=now)
    refresh_token = by.refreshing.first(session.id)
    await open_session(tx, session, refresh_digest=by.refreshing.digest(refresh_token))
    actor = Actor(str(user.id), str(session.id), opening.address)
    await record(tx, AuditEntry(now, actor, "session.opened", f"user:{user.id}"))
    return tokens_for(user, session, refresh_token, by=by, now=now)
