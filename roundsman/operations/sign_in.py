"""Signing in with an identifier and a password.

Whoever may not sign in gets one answer, whether the account is unknown, has no password, is disabled or the password is
wrong, and every attempt costs the verification of one hash. Only who has proved the right password learns more.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from roundsman.access.roles import STAFF_ROLES
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.credential_storage import find_credential, renew_hash
from roundsman.auth.credentials import Credential
from roundsman.auth.hashing import PasswordHashing
from roundsman.auth.lifetimes import session_lifetime, token_lifetime
from roundsman.auth.passwords import DUMMY_HASH, is_known_default, needs_rehash
from roundsman.auth.sessions import Session, open_session
from roundsman.auth.tokens import AccessClaims, TokenAuthority
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict, InvalidInput, NotAuthenticated, NotFound, NotPermitted
from roundsman.identity.lookup import find_user
from roundsman.identity.mode import PeopleMode, get_mode
from roundsman.identity.sign_ins import record_sign_in
from roundsman.identity.users import User, UserStatus


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


@dataclass(frozen=True, slots=True)
class PasswordSignIn:
    """What signing in by password works with; known default passwords are refused unless it is told otherwise."""

    hashing: PasswordHashing
    tokens: TokenAuthority
    refuse_default_passwords: bool = True


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The user, and the access token of his new session with its lifetime."""

    user: User
    access_token: str = field(repr=False)
    token_lifetime: timedelta


async def sign_in(tx: Tx, attempt: Attempt, *, by: PasswordSignIn, now: datetime) -> SignedIn:
    """Open a session for the user whose password this is.

    An imported hash is replaced by one of our own. Raises InvalidCredentials, HashingBusy, and for a right password
    SignInClosed or PasswordMustChange.
    """
    user, credential = await _verified(tx, attempt, hashing=by.hashing)
    await _require_open(tx, user)
    if by.refuse_default_passwords and is_known_default(attempt.password):
        raise PasswordMustChange("This password was handed out to everybody. Ask the office to set a new one.")
    if needs_rehash(credential.password_hash):
        await renew_hash(tx, credential, await by.hashing.hash(attempt.password))
    session = await _open(tx, user, address=attempt.address, now=now)
    lifetime = token_lifetime(user.effective_roles)
    claims = AccessClaims(user.id, session.id, session.version)
    return SignedIn(user, by.tokens.issue(claims, now=now, lifetime=lifetime), lifetime)


async def _verified(tx: Tx, attempt: Attempt, *, hashing: PasswordHashing) -> tuple[User, Credential]:
    user = await _find_active(tx, attempt.identifier)
    credential = None if user is None else await find_credential(tx, user.id)
    stored = DUMMY_HASH if credential is None else credential.password_hash
    fits = await hashing.verify(attempt.password, stored)
    if user is None or credential is None or not fits:
        raise InvalidCredentials
    return user, credential


async def _find_active(tx: Tx, identifier: str) -> User | None:
    try:
        user = await find_user(tx, identifier)
    except (InvalidInput, NotFound, Conflict):
        return None
    return user if user.status is UserStatus.ACTIVE else None


async def _require_open(tx: Tx, user: User) -> None:
    if user.effective_roles.isdisjoint(STAFF_ROLES) and (await get_mode(tx)).people is PeopleMode.SHADOW:
        raise SignInClosed(
            "Until the business changes over, only its staff signs in here. Use the existing application."
        )


async def _open(tx: Tx, user: User, *, address: str | None, now: datetime) -> Session:
    async def work(tx: Tx) -> Session:
        if not await record_sign_in(tx, user, now=now):
            raise InvalidCredentials
        session = await open_session(
            tx, user.id, version=user.session_version, lifetime=session_lifetime(user.effective_roles), now=now
        )
        actor = Actor(str(user.id), str(session.id), address)
        await record(tx, AuditEntry(now, actor, "session.opened", f"user:{user.id}"))
        return session

    return await in_transaction(tx, work)
