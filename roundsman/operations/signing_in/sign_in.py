"""Signing in with an identifier and a password.

Whoever may not sign in gets one answer, whether the account is unknown, has no password, is disabled or the password is
wrong, and every attempt costs the verification of one hash. Only who has proved the right password learns more.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from roundsman.access.principal import SignedInBy
from roundsman.access.roles import STAFF_ROLES
from roundsman.auth.credential_storage import renew_hash
from roundsman.auth.credentials import Credential, counting_hash
from roundsman.auth.hashing import PasswordHashing
from roundsman.auth.passwords import is_known_default
from roundsman.auth.sessions import Opening
from roundsman.database.transaction import Tx
from roundsman.errors import NotAuthenticated, NotPermitted
from roundsman.identity.mode import Mode, PeopleMode, get_mode
from roundsman.identity.users import User, UserStatus
from roundsman.operations.signing_in.claimants import Claimant, find_claimant
from roundsman.operations.signing_in.session_opening import SessionKeeping, SignedIn, open_session_of
from roundsman.operations.signing_in.slowing_down import Claimed, Slowing, claimed_account, slowed_down

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
    claimant = await find_claimant(tx, attempt.identifier, by.slowing, now=now)
    claimed = claimed_account(claimant.user, attempt.identifier, address=attempt.address)
    claimed = replace(claimed, failures_in_all=claimant.failures_in_all)
    async with slowed_down(tx, claimed, by.slowing, now=now):
        if not claimant.is_recent:
            claimant = await find_claimant(tx, attempt.identifier, by.slowing, now=now)
        user, credential = await _verified(claimant, claimed, attempt.password, hashing=by.hashing, now=now)
    _require_open(user, claimant.mode)
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
    claimant: Claimant, claimed: Claimed, password: str, *, hashing: PasswordHashing, now: datetime
) -> tuple[User, Credential]:
    """The user and his credential if the password is his, and it was counted as a try of his."""
    user, credential = claimant.user, claimant.credential
    fits = await hashing.verify(password, counting_hash(credential, now=now))
    if user is None or user.id != claimed.user_id or user.status is not UserStatus.ACTIVE:
        raise InvalidCredentials
    if credential is None or not fits:
        raise InvalidCredentials
    return user, credential


async def require_sign_in_open(tx: Tx, user: User) -> None:
    """Go on only where the user may sign in here yet. Raises SignInClosed."""
    if not _is_staff(user):
        _require_open(user, await get_mode(tx))


def _require_open(user: User, mode: Mode) -> None:
    if mode.people is PeopleMode.SHADOW and not _is_staff(user):
        raise SignInClosed(
            "Until the business changes over, only its staff signs in here. Use the existing application."
        )


def _is_staff(user: User) -> bool:
    return not user.effective_roles.isdisjoint(STAFF_ROLES)
