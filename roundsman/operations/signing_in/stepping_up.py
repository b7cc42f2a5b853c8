"""Proving again who one is, in a session that lasts: the second step of a sign-in, and before what is hard to repair."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias, assert_never

from roundsman.access.assurance import AssuranceRules, is_fresh, needs_second_factor
from roundsman.access.principal import Principal
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.attempts import give_back, require
from roundsman.auth.credential_storage import find_credential
from roundsman.auth.credentials import counting_hash
from roundsman.auth.hashing import PasswordHashing
from roundsman.auth.limits import Limit
from roundsman.auth.otp import Purpose
from roundsman.auth.second_factors import (
    Authenticators,
    begin_enrolment,
    confirm_enrolment,
    forget_second_factor,
    has_second_factor,
    renew_recovery_codes,
    use_code,
    use_recovery_code,
)
from roundsman.auth.sessions import ask_others_for_second_factor, end_sessions
from roundsman.auth.totp import enrolment_uri, secret_text
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict, NotPermitted
from roundsman.identity.lookup import get_user, identifiers_of_user
from roundsman.ids import UserId
from roundsman.operations.signing_in.proving import Proving, contact_key, prove
from roundsman.operations.signing_in.session_opening import SessionKeeping, SignedIn, renew_session_of

_PASSWORDS: Final = Limit("step_up_password", 5, timedelta(minutes=15))
_ISSUER: Final = "Roundsman"
_SIGN_IN: Final = ("phone:", "email:")


class WrongPassword(NotPermitted):
    """It is not the password of the one who asks. He is signed in, so this is no 401."""

    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__("The password is wrong.")


class NotYours(NotPermitted):
    """The phone or e-mail is none of the user's own."""

    code = "not_yours"

    def __init__(self) -> None:
        super().__init__("This phone or e-mail is not yours.")


class AuthenticatorInUse(Conflict):
    """Who has an authenticator replaces it only after he has used it, lately and in this session."""

    code = "authenticator_in_use"

    def __init__(self) -> None:
        super().__init__(
            "You have an authenticator. Prove it first: POST /api/v1/auth/step-up, then enrol the new one."
        )


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """The password of the user."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TotpProof:
    """A code of his authenticator."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecoveryProof:
    """One of his recovery codes."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodeProof:
    """A code that was sent to his phone or e-mail, as for signing in."""

    contact: str
    code: str = field(repr=False)


Proof: TypeAlias = PasswordProof | TotpProof | RecoveryProof | CodeProof


_HOW: Final[dict[type[Proof], str]] = {
    PasswordProof: "password",
    TotpProof: "authenticator",
    RecoveryProof: "recovery code",
    CodeProof: "code",
}


@dataclass(frozen=True, slots=True)
class StepUp:
    """What proofs are checked with, and sessions kept with."""

    hashing: PasswordHashing
    authenticators: Authenticators
    proving: Proving
    sessions: SessionKeeping


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: the secret as people type it, and as it reads it from a QR code."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


async def step_up(tx: Tx, principal: Principal, proof: Proof, *, by: StepUp, actor: Actor, now: datetime) -> SignedIn:
    """Take a proof of who the user of this session is; a code of his authenticator makes a half sign-in a whole one.

    The session goes on with new tokens; the old ones count no more. Raises SessionEnded, WrongPassword, WrongCode, NoSecondFactor, and TooOften or TooManyWrongCodes.
    """
    match proof:
        case PasswordProof(password):
            await prove_password(tx, principal.user_id, password, hashing=by.hashing, now=now)
        case TotpProof(code):
            await use_code(tx, principal.user_id, code, by=by.authenticators, now=now)
        case RecoveryProof(code):
            await use_recovery_code(tx, principal.user_id, code, by=by.authenticators, now=now)
        case CodeProof():
            await _prove_by_code(tx, principal.user_id, proof, proving=by.proving, address=actor.address, now=now)
        case _:
            assert_never(proof)
    is_second = isinstance(proof, TotpProof | RecoveryProof)

    async def work(tx: Tx) -> SignedIn:
        user = await get_user(tx, principal.user_id)
        renewed = await renew_session_of(
            tx, user, principal.session_id, second_factor=is_second, by=by.sessions, now=now
        )
        why = f"{_HOW[type(proof)]}; goes on as session {renewed.session.id}"
        await record(tx, AuditEntry(now, actor, "session.proved", f"user:{user.id}", reason=why))
        return renewed

    return await in_transaction(tx, work)


@dataclass(frozen=True, slots=True)
class AuthenticatorState:
    """Whether the user has an authenticator that counts, and whether his session still needs its second step."""

    enrolled: bool
    second_step_needed: bool


async def authenticator_state(tx: Tx, principal: Principal, *, assurance: AssuranceRules) -> AuthenticatorState:
    """Say where the user and his session stand."""
    enrolled = await has_second_factor(tx, principal.user_id)
    return AuthenticatorState(enrolled, needs_second_factor(principal, assurance))


async def begin_authenticator(
    tx: Tx, principal: Principal, *, by: Authenticators, assurance: AssuranceRules, now: datetime
) -> Enrolment:
    """Give the user a secret for his authenticator app; it counts once he confirms it. Raises AuthenticatorInUse."""
    await _require_free_or_proved(tx, principal, assurance=assurance, now=now)
    secret = await begin_enrolment(tx, principal.user_id, by=by, now=now)
    uri = enrolment_uri(secret, issuer=_ISSUER, account=await _account(tx, principal.user_id))
    return Enrolment(secret_text(secret), uri)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The session with its new tokens, and the recovery codes, which are never shown again."""

    signed_in: SignedIn
    recovery_codes: tuple[str, ...] = field(repr=False)


async def confirm_authenticator(
    tx: Tx,
    principal: Principal,
    code: str,
    *,
    by: StepUp,
    assurance: AssuranceRules,
    actor: Actor,
    now: datetime,
) -> Confirmed:
    """Let the new authenticator count, which makes this session a whole one and the user's others half ones.

    The session goes on with new tokens; the old ones count no more. Raises SessionEnded, AuthenticatorInUse, NoSecondFactor, WrongCode,
    TooManyWrongCodes.
    """
    await _require_free_or_proved(tx, principal, assurance=assurance, now=now)
    codes = await confirm_enrolment(tx, principal.user_id, code, by=by.authenticators, now=now)

    async def work(tx: Tx) -> SignedIn:
        user = await get_user(tx, principal.user_id)
        renewed = await renew_session_of(tx, user, principal.session_id, second_factor=True, by=by.sessions, now=now)
        await ask_others_for_second_factor(tx, user.id, but=renewed.session.id)
        why = f"goes on as session {renewed.session.id}"
        await record(tx, AuditEntry(now, actor, "authenticator.enrolled", f"user:{user.id}", reason=why))
        return renewed

    return Confirmed(await in_transaction(tx, work), codes)


async def replace_recovery_codes(
    tx: Tx, principal: Principal, *, by: Authenticators, actor: Actor, now: datetime
) -> tuple[str, ...]:
    """Give the user new recovery codes in place of the old. Raises NoSecondFactor."""

    async def work(tx: Tx) -> tuple[str, ...]:
        codes = await renew_recovery_codes(tx, principal.user_id, by=by)
        await record(tx, AuditEntry(now, actor, "authenticator.recovery_renewed", f"user:{principal.user_id}"))
        return codes

    return await in_transaction(tx, work)


async def forget_authenticator(tx: Tx, user_id: UserId, *, reason: str, actor: Actor, now: datetime) -> bool:
    """Let a user who lost both app and recovery codes enrol anew; his sessions end. False if he had no authenticator.

    Raises UnknownUser.
    """

    async def work(tx: Tx) -> bool:
        await get_user(tx, user_id)
        had_one = await forget_second_factor(tx, user_id)
        if had_one:
            await end_sessions(tx, user_id)
            await record(tx, AuditEntry(now, actor, "authenticator.forgotten", f"user:{user_id}", reason=reason))
        return had_one

    return await in_transaction(tx, work)


async def _require_free_or_proved(tx: Tx, principal: Principal, *, assurance: AssuranceRules, now: datetime) -> None:
    if not await has_second_factor(tx, principal.user_id):
        return
    if principal.second_factor_at is None or not is_fresh(principal, assurance, now=now):
        raise AuthenticatorInUse


async def prove_password(tx: Tx, user_id: UserId, password: str, *, hashing: PasswordHashing, now: datetime) -> None:
    """Go on only with the password of a user, of which a few may be wrong. Raises WrongPassword, TooOften."""
    who = str(user_id)
    await require(tx, _PASSWORDS, who, message="The password was wrong too often. Try again later.", now=now)
    credential = await find_credential(tx, user_id)
    if not await hashing.verify(password, counting_hash(credential, now=now)):
        raise WrongPassword
    await give_back(tx, _PASSWORDS, who, now=now)


async def _prove_by_code(
    tx: Tx, user_id: UserId, proof: CodeProof, *, proving: Proving, address: str | None, now: datetime
) -> None:
    """The same code would let him sign in anew, so it counts here too, if the phone or e-mail is his."""
    key = contact_key(proof.contact)
    if key not in {one.key for one in await identifiers_of_user(tx, user_id)}:
        raise NotYours
    await prove(tx, proof.contact, proof.code, Purpose.SIGN_IN, by=proving, address=address, now=now)


async def _account(tx: Tx, user_id: UserId) -> str:
    """What the app shows beside the issuer: what one signs in with."""
    keys = [one.key for one in await identifiers_of_user(tx, user_id) if one.key.startswith(_SIGN_IN)]
    return keys[0].partition(":")[2] if keys else str(user_id)
