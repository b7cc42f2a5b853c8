"""Changing one's own phone or e-mail: a code to the new one, a notice to the old one.

The routes ask for a recent sign-in besides, so that an unlocked phone is not enough.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.otp import Purpose
from roundsman.customers.contacts import change_contact_of_user
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import InvalidInput
from roundsman.identity.claiming import add_identifier, drop_identifier
from roundsman.identity.following import sign_in_identifiers
from roundsman.identity.mode import require_people_managed_here
from roundsman.ids import UserId
from roundsman.notifications.messages import Channel, Message, Template
from roundsman.notifications.outbox import put
from roundsman.operations.signing_in.proving import Proving, ask_for_code, contact_key, prove


class WhichContact(InvalidInput):
    """The user has several of this kind, or not the one he names: he says which the new one replaces."""

    code = "which_contact"


@dataclass(frozen=True, slots=True)
class ContactChange:
    """The new phone or e-mail, the code that was sent there, and which of several old ones it replaces."""

    contact: str
    code: str = field(repr=False)
    instead_of: str | None = None


async def ask_to_change_contact(
    tx: Tx, user_id: UserId, contact: str, *, by: Proving, address: str | None, now: datetime
) -> None:
    """Send a code to the new phone or e-mail; raises what `ask_for_code` raises."""
    await ask_for_code(tx, contact, Purpose.CHANGE, by=by, address=address, now=now, for_user=user_id)


async def change_contact(
    tx: Tx, user_id: UserId, change: ContactChange, *, by: Proving, actor: Actor, now: datetime
) -> None:
    """Let the user be found by the new phone or e-mail instead of the old one, and tell the old one.

    A customer profile that has the old one as its contact gets the new one. Raises WrongCode, TooOften, WhichContact,
    IdentifierTaken (he has proved that the phone is his) or PeopleManagedElsewhere.
    """
    old = await _to_replace(tx, user_id, change)
    proof = await prove(
        tx, change.contact, change.code, Purpose.CHANGE, by=by, address=actor.address, now=now, for_user=user_id
    )

    async def work(tx: Tx) -> None:
        await require_people_managed_here(tx)
        await add_identifier(tx, proof.key, user_id, now=now)
        if old is not None:
            await _replace(tx, user_id, old, proof.key, now=now)
        entry = AuditEntry(
            now, actor, "contact.changed", f"user:{user_id}", reason=f"{_kind(proof.key)} proved by a code"
        )
        await record(tx, entry)

    await in_transaction(tx, work)


async def _to_replace(tx: Tx, user_id: UserId, change: ContactChange) -> str | None:
    kind = _kind(contact_key(change.contact))
    own = [one.key for one in await sign_in_identifiers(tx, [user_id]) if _kind(one.key) == kind]
    if change.instead_of is not None:
        wanted = contact_key(change.instead_of)
        if wanted not in own:
            raise WhichContact("What the new one is to replace is not yours")
        return wanted
    if len(own) > 1:
        raise WhichContact("You have several; say in `instead_of` which one the new one replaces")
    return own[0] if own else None


async def _replace(tx: Tx, user_id: UserId, old: str, new: str, *, now: datetime) -> None:
    if not await drop_identifier(tx, old, user_id):
        raise WhichContact("What the new one is to replace was changed meanwhile")
    kind = _kind(new)
    await change_contact_of_user(tx, user_id, kind, before=_value(old), after=_value(new))
    channel = Channel.SMS if kind == "phone" else Channel.EMAIL
    name = f"changed:{user_id}:{now.isoformat()}"
    await put(tx, Message(name, channel, _value(old), Template.CONTACT_CHANGED, {"kind": kind}), now=now)


def _kind(key: str) -> Literal["phone", "email"]:
    return "phone" if key.startswith("phone:") else "email"


def _value(key: str) -> str:
    return key.partition(":")[2]
