"""Proving that one has a phone or an e-mail: asking for a code, and naming it.

Who is not known is treated like everybody else: the same limits count, a code is kept that nothing fits, and the answer
is the same. Only the message is missing, and it goes to nobody but the holder of the phone.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from roundsman.access.roles import STAFF_ROLES
from roundsman.audit_log.entries import SYSTEM, AuditEntry
from roundsman.audit_log.log import record_once
from roundsman.auth.attempts import TooOften, count, give_all_back, give_back, take
from roundsman.auth.challenges import Challenge, issue, spend_try, use_up
from roundsman.auth.digests import derived_key, digest_of
from roundsman.auth.limits import Limit, window_end
from roundsman.auth.otp import OtpPolicy, Purpose, code_text, new_code
from roundsman.auth.proofs import Proof
from roundsman.auth.throttle import subscriber_of
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import NotAuthenticated
from roundsman.identity.claiming import find_archived_holder, find_holder
from roundsman.identity.identifiers import email_key, phone_key
from roundsman.identity.logins import login_email, login_phone
from roundsman.identity.mode import PeopleMode, get_mode
from roundsman.identity.users import User, UserStatus
from roundsman.ids import UserId
from roundsman.notifications.messages import Channel, Message, Template
from roundsman.notifications.outbox import put
from roundsman.notifications.sealing import seal_secret

EVERYBODY: Final = "everybody"
"""Under whose name is counted what all may do together."""
_DIGEST: Final = "otp"
_DIGEST_BYTES: Final = 32


class WrongCode(NotAuthenticated):
    """The code is not the one that counts, or none does."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__("The code is wrong or counts no more.")


@dataclass(frozen=True, slots=True)
class Proving:
    """What proving works with; of `secret_key` the keys are made under which codes are kept and sealed."""

    secret_key: bytes = field(repr=False)
    policy: OtpPolicy = field(default_factory=OtpPolicy)
    brand: str = "Roundsman"

    @property
    def outbox_key(self) -> bytes:
        """The key that seals codes in waiting messages."""
        return derived_key(self.secret_key, "outbox")

    def digest(self, key: str, purpose: Purpose, code: str) -> bytes:
        """What is kept of a code."""
        return digest_of(self.secret_key, _DIGEST, code_text(key, purpose, code))


def contact_key(text: str) -> str:
    """The identifier key of a mobile or an e-mail. Raises UnusablePhone (a landline gets no code) or UnusableEmail."""
    return email_key(login_email(text)) if "@" in text else phone_key(login_phone(text))


async def ask_for_code(
    tx: Tx,
    contact: str,
    purpose: Purpose,
    *,
    by: Proving,
    address: str | None,
    now: datetime,
    for_user: UserId | None = None,
) -> None:
    """Send a code to the phone or e-mail, if there is somebody whom it would let do what it is for.

    Whether there is does not show. A code for `for_user` counts only when he names it. Raises UnusablePhone,
    UnusableEmail, TooOften or TooSoon.
    """
    key, policy = contact_key(contact), by.policy
    await _take_all(tx, [(limit, subscriber_of(address)) for limit in policy.per_address], now=now)
    counted = [(limit, key) for limit in policy.per_contact]
    if (prefix := policy.prefix_of(key)) is not None:
        counted.append((policy.per_prefix, prefix))
    await _take_all(tx, counted, now=now)
    try:
        await _send(tx, key, purpose, by=by, now=now, for_user=for_user)
    except TooOften:
        await give_all_back(tx, counted, now=now)
        raise


async def prove(  # noqa: PLR0913  who names which code for what, from where, and what it takes
    tx: Tx,
    contact: str,
    code: str,
    purpose: Purpose,
    *,
    by: Proving,
    address: str | None,
    now: datetime,
    for_user: UserId | None = None,
) -> Proof:
    """Use the code up that was sent to the phone or e-mail; of simultaneous uses exactly one succeeds.

    Raises WrongCode, TooOften, UnusablePhone or UnusableEmail.
    """
    key, policy = contact_key(contact), by.policy
    counted = [(policy.failures_per_address, subscriber_of(address)), (policy.failures_per_contact, key)]
    await _take_all(tx, counted, now=now)
    challenge = await spend_try(tx, key, purpose, for_user=for_user, now=now)
    await _count_guess(tx, challenge, policy, now=now)
    named = by.digest(key, purpose, "".join(code.split()))
    # Compared with something in any case, so that it takes as long where there is nothing to compare.
    fits = hmac.compare_digest(named, secrets.token_bytes(_DIGEST_BYTES) if challenge is None else challenge.digest)
    if challenge is None or not fits or not await use_up(tx, challenge):
        raise WrongCode
    await give_all_back(tx, [*counted, (policy.failures_in_all, EVERYBODY)], now=now)
    return Proof(key, purpose)


async def _send(tx: Tx, key: str, purpose: Purpose, *, by: Proving, now: datetime, for_user: UserId | None) -> None:
    digits = await _digits_for(tx, key, purpose, by.policy)
    await _within_budget(tx, by.policy.budget, sends=digits is not None, now=now)
    code = None if digits is None else new_code(digits)
    digest = secrets.token_bytes(_DIGEST_BYTES) if code is None else by.digest(key, purpose, code)
    challenge = Challenge(key, purpose, digest, is_decoy=code is None, for_user=for_user)

    async def work(tx: Tx) -> None:
        await issue(tx, challenge, by.policy, now=now)
        if code is not None:
            await put(tx, _message(key, code, by=by, now=now), now=now)

    try:
        await in_transaction(tx, work)
    except TooOften:
        if code is not None:
            await give_back(tx, by.policy.budget, EVERYBODY, now=now)
        raise


async def _digits_for(tx: Tx, key: str, purpose: Purpose, policy: OtpPolicy) -> int | None:
    """How long a code to send; None where there is nobody to send it to."""
    user = await find_holder(tx, key)
    if purpose in {Purpose.REGISTER, Purpose.CHANGE}:
        # Whoever has a phone may learn whether somebody is registered with it, and nobody else.
        return policy.digits
    archived = await find_archived_holder(tx, key)
    if user is None:
        user = archived if purpose is Purpose.SIGN_IN else None
    if user is None or user.status not in {UserStatus.ACTIVE, UserStatus.ARCHIVED} or not await _may_sign_in(tx, user):
        return None
    return policy.digits_for(is_staff=not STAFF_ROLES.isdisjoint(user.effective_roles))


async def _may_sign_in(tx: Tx, user: User) -> bool:
    is_shadow = (await get_mode(tx)).people is PeopleMode.SHADOW
    return not is_shadow or not STAFF_ROLES.isdisjoint(user.effective_roles)


def _message(key: str, code: str, *, by: Proving, now: datetime) -> Message:
    kind, _, to = key.partition(":")
    name = f"code:{secrets.token_hex(12)}"
    return Message(
        key=name,
        channel=Channel.SMS if kind == "phone" else Channel.EMAIL,
        to=to,
        template=Template.CODE,
        values={"minutes": str(int(by.policy.lifetime.total_seconds() // 60)), "brand": by.brand},
        secret=seal_secret(by.outbox_key, name, code),
        useful_until=now + by.policy.lifetime,
    )


async def _within_budget(tx: Tx, budget: Limit, *, sends: bool, now: datetime) -> None:
    """Count a message of all that may be sent; who is sent none is refused alike once the budget is spent."""
    spent = await take(tx, budget, EVERYBODY, now=now) if sends else None
    if spent is None and (sends or await count(tx, budget, EVERYBODY, now=now) < budget.most):
        return
    await _break(tx, budget, "otp.budget_spent", "No more codes are sent this hour.", now=now)


async def _count_guess(tx: Tx, challenge: Challenge | None, policy: OtpPolicy, *, now: datetime) -> None:
    """Count a guess at a code that could be right; all others are refused alike once there were too many."""
    limit = policy.failures_in_all
    is_guess = challenge is not None and not challenge.is_decoy
    refused = await take(tx, limit, EVERYBODY, now=now) if is_guess else None
    if refused is None and (is_guess or await count(tx, limit, EVERYBODY, now=now) < limit.most):
        return
    await _break(
        tx, limit, "otp.guessing_stopped", "Too many wrong codes were named. Codes count again later.", now=now
    )


async def _break(tx: Tx, limit: Limit, action: str, message: str, *, now: datetime) -> None:
    """Refuse everybody until the window ends, and say so once in the audit log."""
    until = window_end(limit, now=now)
    await record_once(tx, [AuditEntry(now, SYSTEM, action, f"system:otp:{until:%Y-%m-%dT%H:%MZ}")])
    raise TooOften(message, retry_after=until - now)


async def _take_all(tx: Tx, counted: Sequence[tuple[Limit, str]], *, now: datetime) -> None:
    """Count one attempt for each, or for none. Raises TooOften."""
    for number, (limit, who) in enumerate(counted):
        again_at = await take(tx, limit, who, now=now)
        if again_at is not None:
            await give_all_back(tx, counted[:number], now=now)
            raise TooOften("Too many codes were asked for or named. Try again later.", retry_after=again_at - now)
