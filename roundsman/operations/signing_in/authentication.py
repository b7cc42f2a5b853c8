"""From an access token or a browser's cookie to the principal it stands for, as things are at this moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from roundsman.access.principal import Principal
from roundsman.auth.lifetimes import SessionPolicy
from roundsman.auth.refresh import InvalidRefreshToken, RefreshTokens
from roundsman.auth.sessions import Session, find_live_session_and_user, find_live_session_with_user, prolong
from roundsman.auth.tokens import AccessClaims
from roundsman.database.transaction import Tx
from roundsman.errors import NotAuthenticated
from roundsman.identity.users import User, UserStatus
from roundsman.ids import SessionId

_NOTED_AFTER: Final = timedelta(minutes=1)


class SessionEnded(NotAuthenticated):
    """The session behind a good token counts no longer: it expired, was ended, or the user was disabled."""

    code = "session_ended"

    def __init__(self) -> None:
        super().__init__("This session has ended. Sign in again.")


@dataclass(frozen=True, slots=True)
class Known:
    """Who asks, and the user he is, as both were read together."""

    principal: Principal
    user: User


async def authenticate(tx: Tx, claims: AccessClaims, *, policy: SessionPolicy, now: datetime) -> Known:
    """Return who stands behind a token that was read, as session and user are now; raises SessionEnded.

    Ending a session, disabling a user or changing his roles so counts wherever this is asked.
    """
    found = await find_live_session_and_user(tx, claims.session_id, claims.user_id, now=now)
    session, user = _require_counting(found, policy=policy, now=now)
    if session.version != claims.session_version:
        raise SessionEnded
    return _known(session, user)


async def authenticate_browser(
    tx: Tx, cookie: str, *, by: RefreshTokens, policy: SessionPolicy, now: datetime
) -> Known:
    """Return who stands behind the cookie of a browser, as session and user are now; raises SessionEnded.

    The cookie is the refresh token of its session, which a browser does not use up. Using the pages keeps the session
    alive, which is noted once a minute.
    """
    try:
        session_id = by.read(cookie)
    except InvalidRefreshToken:
        raise SessionEnded from None
    found = await find_live_session_with_user(tx, session_id, now=now, refresh_digest=by.digest(cookie))
    session, user = _require_counting(found, policy=policy, now=now)
    if now - session.last_seen_at >= _NOTED_AFTER:
        end = policy.life(user.effective_roles).end(created_at=session.created_at, last_seen_at=now)
        await prolong(tx, session.id, expires_at=end, now=now)
    return _known(session, user)


async def get_session_and_user(
    tx: Tx, session_id: SessionId, *, policy: SessionPolicy, now: datetime
) -> tuple[Session, User]:
    """Read a session that counts, and whose it is; raises SessionEnded.

    A role that was granted since may end it earlier: a session carries all roles, and the strictest life holds.
    """
    return _require_counting(await find_live_session_with_user(tx, session_id, now=now), policy=policy, now=now)


def _known(session: Session, user: User) -> Known:
    principal = Principal(
        user.id,
        user.effective_roles,
        session.id,
        session.signed_in_by,
        fresh_at=session.fresh_at,
        second_factor_at=session.second_factor_at,
        second_factor_due=session.second_factor_due,
    )
    return Known(principal, user)


def _require_counting(
    found: tuple[Session, User] | None, *, policy: SessionPolicy, now: datetime
) -> tuple[Session, User]:
    if found is None:
        raise SessionEnded
    session, user = found
    if user.status is not UserStatus.ACTIVE or user.session_version != session.version:
        raise SessionEnded
    life = policy.life(user.effective_roles)
    if now >= life.end(created_at=session.created_at, last_seen_at=session.last_seen_at):
        raise SessionEnded
    return session, user
