"""Keeping a session alive: a refresh token is good for one use, and gives an access token and the next refresh token.

For some seconds a used token gives the same successor again, because answers get lost and pages ask at the same time.
Used after that it was stolen, from its owner or by him who shows it now: the session ends for both.
"""

from dataclasses import replace
from datetime import datetime
from typing import NoReturn

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.sessions import Session, end_session, find_salt, rotate
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import NotAuthenticated
from roundsman.identity.following import sign_in_identifiers
from roundsman.identity.users import User
from roundsman.notifications.messages import Channel, Message, Template
from roundsman.notifications.outbox import put
from roundsman.operations.signing_in.authentication import SessionEnded, get_session_and_user
from roundsman.operations.signing_in.session_opening import SessionKeeping, SignedIn, tokens_for


class RefreshTokenReused(NotAuthenticated):
    """The refresh token was used before, longer ago than answers get lost; the session has ended."""

    code = "refresh_token_reused"

    def __init__(self) -> None:
        super().__init__("This refresh token was used before. To be safe the session has ended. Sign in again.")


async def refresh(tx: Tx, token: str, *, by: SessionKeeping, address: str | None, now: datetime) -> SignedIn:
    """Give the tokens that follow a refresh token. Raises InvalidRefreshToken, SessionEnded or RefreshTokenReused."""
    session, user = await get_session_and_user(tx, by.refreshing.read(token), policy=by.policy, now=now)
    rotation = by.refreshing.use(token)
    life = by.policy.life(user.effective_roles)
    expires_at = life.end(created_at=session.created_at, last_seen_at=now)
    if await rotate(tx, session, rotation, expires_at=expires_at, now=now):
        salt = rotation.salt
        session = replace(session, last_seen_at=now, expires_at=expires_at)
    else:
        salt = await _salt_of_recent_use(tx, session, user, token, by=by, address=address, now=now)
    return tokens_for(user, session, by.refreshing.successor(token, salt=salt), by=by, now=now)


async def _salt_of_recent_use(
    tx: Tx, session: Session, user: User, token: str, *, by: SessionKeeping, address: str | None, now: datetime
) -> bytes:
    digest = by.refreshing.digest(token)
    salt = await find_salt(tx, session.id, digest=digest, since=now - by.refresh_grace)
    if salt is None:
        await _end_after_theft(tx, session, user, address=address, now=now)
    return salt


async def _end_after_theft(tx: Tx, session: Session, user: User, *, address: str | None, now: datetime) -> NoReturn:
    """End the session and record why; raises RefreshTokenReused, or SessionEnded where somebody was faster."""

    async def work(tx: Tx) -> bool:
        if not await end_session(tx, session.id, of=user.id):
            return False
        actor = Actor(str(user.id), str(session.id), address)
        await record(tx, AuditEntry(now, actor, "session.refresh_token_reused", f"user:{user.id}"))
        await _notify(tx, session, user, now=now)
        return True

    if await in_transaction(tx, work):
        raise RefreshTokenReused
    raise SessionEnded


async def _notify(tx: Tx, session: Session, user: User, *, now: datetime) -> None:
    """Tell the user at every phone and e-mail he can sign in with, once for the session."""
    for identifier in await sign_in_identifiers(tx, [user.id]):
        kind, _, to = identifier.key.partition(":")
        channel = Channel.SMS if kind == "phone" else Channel.EMAIL
        await put(
            tx, Message(f"session-stolen:{session.id}:{identifier.key}", channel, to, Template.SESSION_STOLEN), now=now
        )
