"""Ending sessions: one's own or, as an admin, somebody else's. Each end is recorded and counts everywhere at once."""

from datetime import datetime

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.sessions import Session, end_session, end_sessions, list_live_sessions
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import NotFound
from roundsman.identity.lookup import get_user
from roundsman.identity.sign_ins import forget_sign_ins
from roundsman.ids import SessionId, UserId


class UnknownSession(NotFound):
    """The user has no session of this id, or has it no longer."""

    code = "unknown_session"


async def list_sessions(tx: Tx, user_id: UserId, *, now: datetime) -> list[Session]:
    """List the sessions of a user that count, newest first. Raises UnknownUser."""
    user = await get_user(tx, user_id)
    return await list_live_sessions(tx, user_id, version=user.session_version, now=now)


async def end_one_session(tx: Tx, user_id: UserId, session_id: SessionId, *, actor: Actor, now: datetime) -> None:
    """End one session of the user. Raises UnknownSession."""

    async def work(tx: Tx) -> None:
        if not await end_session(tx, session_id, of=user_id):
            raise UnknownSession("There is no such session, or it has ended already")
        await record(tx, AuditEntry(now, actor, "session.ended", f"user:{user_id}", reason=f"session {session_id}"))

    await in_transaction(tx, work)


async def end_replaced_session(
    tx: Tx, user_id: UserId, session_id: SessionId, *, address: str | None, now: datetime
) -> bool:
    """End the session in which somebody signed in anew; False if it is none of his, or has ended."""

    async def work(tx: Tx) -> bool:
        if not await end_session(tx, session_id, of=user_id):
            return False
        actor = Actor(str(user_id), str(session_id), address)
        await record(tx, AuditEntry(now, actor, "session.ended", f"user:{user_id}", reason="signed in anew"))
        return True

    return await in_transaction(tx, work)


async def end_every_session(tx: Tx, user_id: UserId, *, actor: Actor, now: datetime) -> int:
    """End all sessions of the user and count them; no token given out before counts any more. Raises UnknownUser."""

    async def work(tx: Tx) -> int:
        await get_user(tx, user_id)
        # A sign-in that is going on at the same time read the version that is over now, so it fails.
        await forget_sign_ins(tx, user_id)
        ended = await end_sessions(tx, user_id)
        await record(tx, AuditEntry(now, actor, "session.all_ended", f"user:{user_id}", reason=f"{ended} sessions"))
        return ended

    return await in_transaction(tx, work)
