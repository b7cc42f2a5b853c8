"""Setting a new password without the old one: by a link, or by the proof that one has the phone or e-mail.

Who is not known gets the same answer, and what he asks for counts alike; only the message is missing. A new password ends
all sessions, and a password that was disabled counts again.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.attempts import require, take
from roundsman.auth.otp import Purpose
from roundsman.auth.proofs import ProofInvalid, find_proof, use_proof
from roundsman.auth.reservations import forgive_account, settle
from roundsman.auth.reset_links import find_reset, keep_reset, use_reset
from roundsman.auth.sessions import end_sessions
from roundsman.auth.throttle import subscriber_of
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict, InvalidInput, NotFound
from roundsman.identity.claiming import find_holder
from roundsman.identity.lookup import find_user, get_user
from roundsman.identity.mode import require_people_managed_here
from roundsman.identity.sign_ins import forget_sign_ins
from roundsman.identity.users import User, UserStatus
from roundsman.notifications.messages import Message, Template
from roundsman.notifications.outbox import put
from roundsman.notifications.sealing import seal_secret
from roundsman.operations.signing_in.password_setting import PasswordSetting, contact_of, new_hash, store_password
from roundsman.operations.signing_in.slowing_down import claimed_account


@dataclass(frozen=True, slots=True)
class ByLink:
    """The token at the end of a link."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ByProof:
    """The token of a proof that was given for this (`operations.proving`)."""

    token: str = field(repr=False)


Way = ByLink | ByProof


async def ask_for_link(tx: Tx, identifier: str, *, by: PasswordSetting, address: str | None, now: datetime) -> None:
    """Send a link to the e-mail, or else the phone, of whom the identifier finds; nothing tells whether it did.

    Raises PeopleManagedElsewhere before cutover, and TooOften for the client's address, whoever is asked for.
    """
    await require_people_managed_here(tx)
    for limit in by.messages.per_address:
        await require(tx, limit, subscriber_of(address), message="Too many messages were asked for.", now=now)
    user = await _find(tx, identifier)
    account = claimed_account(user, identifier, address=address).account
    refused = await take(tx, by.resets, account, now=now)
    if refused is not None or user is None or user.status is not UserStatus.ACTIVE:
        return
    if await take(tx, by.messages.budget, "everybody", now=now) is None:
        await _send_link(tx, user, by=by, address=address, now=now)


async def require_good_link(tx: Tx, way: ByLink, *, by: PasswordSetting, now: datetime) -> None:
    """Go on while the link counts; it is not used up by that. Raises ProofInvalid."""
    await _user_of(tx, way, by=by, now=now)


async def reset_password(
    tx: Tx, way: Way, password: str, *, by: PasswordSetting, address: str | None, now: datetime
) -> None:
    """Set the password of the user whose link or proof it is; all his sessions end. Of simultaneous uses one succeeds.

    Raises ProofInvalid, UnacceptablePassword (the link stays good), HashingBusy or PeopleManagedElsewhere.
    """
    user = await _user_of(tx, way, by=by, now=now)
    password_hash = await new_hash(tx, user, password, by=by)

    async def work(tx: Tx) -> None:
        await require_people_managed_here(tx)
        await _use(tx, way, by=by, now=now)
        await forget_sign_ins(tx, user.id)
        await end_sessions(tx, user.id)
        actor = Actor(str(user.id), address=address)
        await store_password(tx, user, password_hash, action="password.reset", actor=actor, by=by, now=now)

    await in_transaction(tx, work)
    await settle(tx, forgive_account(claimed_account(user, "", address=None).account))


async def _send_link(tx: Tx, user: User, *, by: PasswordSetting, address: str | None, now: datetime) -> None:
    async def work(tx: Tx) -> None:
        contact = await contact_of(tx, user)
        if contact is None:
            return
        token = await keep_reset(tx, user.id, secret_key=by.secret_key, lifetime=by.link_lifetime, now=now)
        name = f"reset:{secrets.token_hex(12)}"
        minutes = str(int(by.link_lifetime.total_seconds() // 60))
        message = Message(
            key=name,
            channel=contact[0],
            to=contact[1],
            template=Template.RESET_LINK,
            values={"brand": by.brand, "minutes": minutes},
            secret=seal_secret(by.outbox_key, name, by.link + token),
            useful_until=now + by.link_lifetime,
        )
        await put(tx, message, now=now)
        actor = Actor("self", address=address)
        await record(tx, AuditEntry(now, actor, "password.reset_asked", f"user:{user.id}"))

    await in_transaction(tx, work)


async def _user_of(tx: Tx, way: Way, *, by: PasswordSetting, now: datetime) -> User:
    match way:
        case ByLink(token):
            user_id = await find_reset(tx, token, secret_key=by.secret_key, now=now)
            user = None if user_id is None else await get_user(tx, user_id)
        case ByProof(token):
            proof = await find_proof(tx, token, Purpose.RESET, secret_key=by.secret_key, now=now)
            user = None if proof is None else await find_holder(tx, proof.key)
        case _:
            assert_never(way)
    if user is None or user.status is not UserStatus.ACTIVE:
        raise ProofInvalid
    return user


async def _use(tx: Tx, way: Way, *, by: PasswordSetting, now: datetime) -> None:
    match way:
        case ByLink(token):
            if await use_reset(tx, token, secret_key=by.secret_key, now=now) is None:
                raise ProofInvalid
        case ByProof(token):
            await use_proof(tx, token, Purpose.RESET, secret_key=by.secret_key, now=now)
        case _:
            assert_never(way)


async def _find(tx: Tx, identifier: str) -> User | None:
    try:
        return await find_user(tx, identifier)
    except (InvalidInput, NotFound, Conflict):
        return None
