"""From what an access token says to the principal it stands for, as things are at this moment."""

from datetime import datetime

from roundsman.access.principal import Principal
from roundsman.auth.sessions import find_live_session
from roundsman.auth.tokens import AccessClaims
from roundsman.database.transaction import Tx
from roundsman.errors import NotAuthenticated
from roundsman.identity.lookup import UnknownUser, get_user
from roundsman.identity.users import UserStatus


class SessionEnded(NotAuthenticated):
    """The session behind a good token counts no longer: it expired, was ended, or the user was disabled."""

    code = "session_ended"

    def __init__(self) -> None:
        super().__init__("This session has ended. Sign in again.")


async def authenticate(tx: Tx, claims: AccessClaims, *, now: datetime) -> Principal:
    """Return the principal of a token that was read; raises SessionEnded.

    Session and user are read on every request, so that ending a session, disabling a user or changing his roles counts
    at once and everywhere.
    """
    session = await find_live_session(tx, claims.session_id, now=now)
    if session is None or session.user_id != claims.user_id or session.version != claims.session_version:
        raise SessionEnded
    try:
        user = await get_user(tx, claims.user_id)
    except UnknownUser as error:
        raise SessionEnded from error
    if user.status is not UserStatus.ACTIVE or user.session_version != session.version:
        raise SessionEnded
    return Principal(user.id, user.effective_roles, session.id)
