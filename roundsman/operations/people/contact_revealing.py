"""Showing the full phones and e-mails of people, one by one or as a file, which the audit log keeps."""

from dataclasses import dataclass
from datetime import datetime

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.customers.linkage import UnknownCustomer, customers_of_user
from roundsman.database.transaction import Tx
from roundsman.identity.lookup import get_user, identifiers_of_user
from roundsman.ids import UserId

_KINDS = ("phone:", "email:")


@dataclass(frozen=True, slots=True)
class Contacts:
    """How a person is reached: with what he signs in, and what else his customer profiles hold."""

    name: str
    sign_in: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Both."""
        return (*self.sign_in, *self.others)


async def contacts_of(tx: Tx, user_id: UserId) -> Contacts:
    """Read how a person is reached, to be shown masked. Raises UnknownUser."""
    user = await get_user(tx, user_id)
    keys = [one.key for one in await identifiers_of_user(tx, user_id) if one.key.startswith(_KINDS)]
    sign_in = tuple(key.partition(":")[2] for key in sorted(keys, reverse=True))
    profiles = await customers_of_user(tx, user_id)
    held = [contact for one in profiles for contact in (one.phone, one.email) if contact and contact not in sign_in]
    return Contacts(user.name, sign_in, tuple(dict.fromkeys(held)))


async def reveal_contacts_of_customer(tx: Tx, user_id: UserId, *, actor: Actor, now: datetime) -> Contacts:
    """The same, only of a customer: who looks after customers has no business with others. Raises UnknownCustomer."""
    if not await customers_of_user(tx, user_id):
        raise UnknownCustomer("There is no such customer")
    return await reveal_contacts(tx, user_id, actor=actor, now=now)


async def reveal_contacts(tx: Tx, user_id: UserId, *, actor: Actor, now: datetime) -> Contacts:
    """Read how a person is reached, to be shown in full, and write down who saw it. Raises UnknownUser."""
    contacts = await contacts_of(tx, user_id)
    await record(tx, AuditEntry(now, actor, "contact.revealed", f"user:{user_id}"))
    return contacts


async def note_export(tx: Tx, *, rows: int, with_contacts: bool, actor: Actor, now: datetime) -> None:
    """Write down that somebody took a list of customers with him, how long it was, and whether phones were in full."""
    contacts = "with phones in full" if with_contacts else "with masked phones"
    reason = f"{rows} rows {contacts}"
    await record(tx, AuditEntry(now, actor, "customers.exported", f"user:{actor.who}", reason=reason))
