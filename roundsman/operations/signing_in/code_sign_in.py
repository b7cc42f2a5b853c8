"""Signing in with a code: the normal way of customers and delivery boys."""

from dataclasses import dataclass, field
from datetime import datetime

from roundsman.access.principal import SignedInBy
from roundsman.auth.otp import Purpose
from roundsman.auth.sessions import Opening
from roundsman.database.transaction import Tx, in_transaction
from roundsman.operations.signing_in.proving import Proving, WrongCode, prove
from roundsman.operations.signing_in.session_opening import SessionKeeping, SignedIn, open_session_of
from roundsman.operations.signing_in.sign_in import require_sign_in_open
from roundsman.operations.signing_in.taking_hold import take_hold


@dataclass(frozen=True, slots=True)
class CodeSignIn:
    """What signing in by code works with."""

    proving: Proving
    sessions: SessionKeeping


@dataclass(frozen=True, slots=True)
class CodeAttempt:
    """The phone or e-mail, the code that was sent there, and from where it is named."""

    contact: str
    code: str = field(repr=False)
    device: str | None = None
    address: str | None = None


async def sign_in_by_code(tx: Tx, attempt: CodeAttempt, *, by: CodeSignIn, now: datetime) -> SignedIn:
    """Use the code up and open a session for the user; a claimable one is claimed, an archived customer restored.

    Raises WrongCode, TooOften, UnusablePhone, UnusableEmail or SignInClosed.
    """
    proof = await prove(
        tx, attempt.contact, attempt.code, Purpose.SIGN_IN, by=by.proving, address=attempt.address, now=now
    )
    opening = Opening(SignedInBy.OTP, device=attempt.device, address=attempt.address)

    async def work(tx: Tx) -> SignedIn:
        user = await take_hold(tx, proof.key, address=attempt.address, now=now)
        if user is None:
            raise WrongCode
        await require_sign_in_open(tx, user)
        signed_in = await open_session_of(tx, user, opening, by=by.sessions, now=now)
        if signed_in is None:
            raise WrongCode
        return signed_in

    return await in_transaction(tx, work)
