"""What everything has in common that is written about what customers do: who tells it, of whom, and once by which key.

Whoever asks for something that must happen once makes up a key for it. The id of what is made is derived from the key and
from who asks, so the same sent again finds it; with other content it is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId

from roundsman.activation.facts import Fact
from roundsman.activation.policy import ActivationPolicy
from roundsman.audit_log.entries import Actor, AuditEntry, digest
from roundsman.audit_log.log import record
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import UnknownCustomer, customers_of_user, get_customer
from roundsman.database.transaction import Tx
from roundsman.errors import Conflict
from roundsman.identity.lookup import get_user
from roundsman.ids import CustomerId, UserId, derived_object_id
from roundsman.operations.facts.fact_intake import tell


class NoCustomerProfile(Conflict):
    """Who asks is no customer: nothing can be brought to him."""

    code = "no_customer_profile"


class KeyUsedOtherwise(Conflict):
    """The same key was sent before for something else."""

    code = "key_used_otherwise"

    def __init__(self) -> None:
        super().__init__("This key was sent before with other content. Make up a new one for something new.")


@dataclass(frozen=True, slots=True)
class Intake:
    """Who tells, and the policy by which is told what follows for the customer."""

    actor: Actor
    policy: ActivationPolicy

    def id_for(self, thing: str, key: str) -> ObjectId:
        """The id of what who tells makes with this key."""
        return derived_object_id(thing, self.actor.who, key)


@dataclass(frozen=True, slots=True)
class Change:
    """How the audit log tells of a change, and what is stored now."""

    action: str
    target: str
    document: Mapping[str, Any] | None = None
    reason: str | None = None


async def own_customer(tx: Tx, user_id: UserId, customer_id: CustomerId | None) -> Customer:
    """Read this customer profile of a user, or his oldest. Raises UnknownCustomer or NoCustomerProfile."""
    profiles = await customers_of_user(tx, user_id)
    if not profiles:
        raise NoCustomerProfile("You are not registered as a customer")
    chosen = [one for one in profiles if customer_id in {None, one.id}]
    if not chosen:
        raise UnknownCustomer("There is no such customer")
    return chosen[0]


async def customer_of_somebody(tx: Tx, customer_id: CustomerId) -> Customer:
    """Read a customer whose user is a person of today. Raises UnknownCustomer."""
    customer = await get_customer(tx, customer_id)
    if not (await get_user(tx, customer.user_id)).is_live:
        raise UnknownCustomer("There is no such customer any more")
    return customer


async def write_down(tx: Tx, intake: Intake, user_id: UserId, change: Change, *facts: Fact, now: datetime) -> None:
    """Within a transaction: record a change, and tell the facts about the customer that it makes. Raises FactAhead."""
    await note_down(tx, intake, change, now=now)
    await tell(tx, user_id, facts, policy=intake.policy, now=now)


async def note_down(tx: Tx, intake: Intake, change: Change, *, now: datetime) -> None:
    """Within a transaction: record a change that says nothing about customers."""
    after = None if change.document is None else digest(change.document)
    entry = AuditEntry(now, intake.actor, change.action, change.target, after_digest=after, reason=change.reason)
    await record(tx, entry)
