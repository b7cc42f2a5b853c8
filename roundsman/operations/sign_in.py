"""Signing in with an identifier and a password.

Whoever may not sign in gets one answer, whether the account is unknown, has no password, is disabled or the password is
wrong, and every attempt costs the verification of one hash. Only who has proved the right password learns more.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from roundsman.access.principal import SignedInBy
from roundsman.access.roles import STAFF_ROLES
from roundsman.auth.credential_storage import find_credential, renew_hash
from roundsman.auth.credentials import Credential, counting_hash
from roundsman.auth.hashing import PasswordHashing
from roundsman.auth.passwords import is_known_default
from roundsman.auth.sessions import Opening
from roundsman.database.transaction import Tx
from roundsman.errors import Conflict, InvalidInput, NotAuthenticated, NotFound, NotPermitted
from roundsman.identity.lookup import find_user
from roundsman.identity.mode import PeopleMode, get_mode
from roundsman.identity.users import User, UserStatus
from roundsman.operations.session_opening import SessionKeeping, SignedIn, open_session_of
from roundsman.operations.slowing_down import Slowing, claimed_account, slowed_down

_HANDED_OUT: Final = (
    "This password was handed out to everybody. Set one of your own: POST /api/v1/auth/password/forgotten sends you a "
    "link, and a code sent to your phone signs you in."
)


class InvalidCredentials(NotAuthenticated):
    """No user can sign in with this identifier and this password."""

    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__("The identifier or the password is wrong.")


class PasswordMustChange(NotPermitted):
    """The password is right, but the existing application handed it out to everybody."""

    code = "password_must_change"


class SignInClosed(NotPermitted):
    """Before cutover only staff signs in here."""

    code = "sign_in_closed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who claims to be whom, and from where. The password is never shown."""

    identifier: str
    password: str = field(repr=False)
    address: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class PasswordSignIn:
    """What signing in by password works with; known default passwords are refused unless it is told otherwise."""

    hashing: PasswordHashing
    sessions: SessionKeeping
    refuse_default_passwords: bool = True
    slowing: Slowing = field(default_factory=Slowing)


async def sign_in(tx: Tx, attempt: Attempt, *, by: PasswordSignIn, now: datetime) -> SignedIn:
    """Open a session for the user whose password this is.

    An imported hash is replaced by one of our own. Raises InvalidCredentials, TooOften, HashingBusy, and for a right
    password SignInClosed or PasswordMustChange.
    """
    found = await _find(tx, attempt.identifier)
    claimed = claimed_account(found, attempt.identifier, address=attempt.address)
    async with slowed_down(tx, claimed, by.slowing, now=now):
        user, credential = await _verified(tx, found, attempt.password, hashing=by.hashing, now=now)
    await require_sign_in_open(tx, user)
    if by.refuse_default_passwords and is_known_default(attempt.password):
        raise PasswordMustChange(_HANDED_OUT)
    if by.hashing.needs_rehash(credential.password_hash):
        await renew_hash(tx, credential, await by.hashing.hash(attempt.password))
    opening = Opening(SignedInBy.PASSWORD, device=attempt.device, address=attempt.address)
    signed_in = await open_session_of(tx, user, opening, by=by.sessions, now=now)
    if signed_in is None:
        raise InvalidCredentials
    return signed_in


async def _verified(
    tx: Tx, user: User | None, password: str, *, hashing: PasswordHashing, now: datetime
) -> tuple[User, Credential]:
    credential = None if user is None else await find_credential(tx, user.id)
    fits = await hashing.verify(password, counting_hash(credential, now=now))
    if user is None or user.status is not UserStatus.ACTIVE or credential is None or not fits:
        raise InvalidCredentials
    return user, credential


async def _find(tx: Tx, identifier: str) -> User | None:
    try:
        return await find_user(tx, identifier)
    except (InvalidInput, NotFound, Conflict):
        return None


async def require_sign_in_open(tx: Tx, user: User) -> None:
    """Go on only where the user may sign in here yet. Raises SignInClosed."""
    if user.effective_roles.isdisjoint(STAFF_ROLES) and (await get_mode(tx)).people is PeopleMode.SHADOW:
        raise SignInClosed(
            "Until the business changes over, only its staff signs in here. Use the existing application."
        )
