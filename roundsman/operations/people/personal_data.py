"""Everything that is stored about one person, as tables that he can read: text, numbers, ISO dates, rupees.

Secrets are told of, never shown: that there is a password and since when, not its hash.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, TypeAlias

from bson import ObjectId

from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.tracking import find_tracked, transitions_of
from roundsman.audit_log.entries import AuditEntry
from roundsman.audit_log.log import entries_about
from roundsman.auth.credential_storage import find_credential
from roundsman.auth.second_factors import has_second_factor
from roundsman.auth.sessions import list_live_sessions
from roundsman.customers.addresses import addresses_of_user
from roundsman.database.transaction import Tx
from roundsman.delivery.paying import list_payouts
from roundsman.delivery.rating import ratings_by
from roundsman.delivery.statements import all_entries
from roundsman.ids import UserId
from roundsman.money import plain_rupees, rupees_field
from roundsman.operations.facts.activation_messages import refuses_messages_since
from roundsman.operations.people.person import get_person
from roundsman.orders.book import deliveries_of_user, list_payments
from roundsman.orders.history import orders_of_user
from roundsman.subscriptions.pausing import subscriptions_of_user
from roundsman.suppliers.posting import list_dues
from roundsman.suppliers.proposing import list_proposals
from roundsman.suppliers.purchasing import list_orders_of_supplier
from roundsman.suppliers.suppliers import Supplier

Row: TypeAlias = dict[str, Any]
Tables: TypeAlias = Mapping[str, Sequence[Row]]

_HIDDEN: Final = frozenset(
    {"before_digest", "after_digest", "session_version", "version", "sha256", "password_hash", "ahead"}
)


async def personal_tables(tx: Tx, user_id: UserId, *, now: datetime) -> Tables:
    """Read every table of what is stored about a user. Raises UnknownUser."""
    person = await get_person(tx, user_id)
    sessions = await list_live_sessions(tx, user_id, version=person.user.session_version, now=now)
    tracked = await find_tracked(tx, user_id)
    tables: dict[str, Sequence[object]] = {
        "user": [person.user],
        "identifiers": person.identifiers,
        "customers": person.customers,
        "addresses": await addresses_of_user(tx, user_id),
        "delivery_boy": [person.delivery_boy] if person.delivery_boy else [],
        "earnings": await all_entries(tx, person.delivery_boy.id) if person.delivery_boy else [],
        "payouts": await list_payouts(tx, person.delivery_boy.id, limit=0) if person.delivery_boy else [],
        "ratings": await ratings_by(tx, user_id),
        "supplier": [person.supplier] if person.supplier else [],
        "orders": await orders_of_user(tx, user_id),
        "activation": [tracked.lifecycle] if tracked else [],
        "activation_history": await transitions_of(tx, user_id),
        "facts": await facts_of(tx, user_id),
        "deliveries": await deliveries_of_user(tx, user_id),
        "payments": await list_payments(tx, user_id),
        "subscriptions": await subscriptions_of_user(tx, user_id),
        "sessions": sessions,
        **await _supplies(tx, person.supplier),
    }
    return {name: [_row(value) for value in values] for name, values in tables.items()} | {
        "messages": [{"refused_since": readable(await refuses_messages_since(tx, user_id))}],
        "sign_in": [await _ways_to_sign_in(tx, user_id)],
        "audit_log": [_told(entry, user_id) for entry in await entries_about(tx, f"user:{user_id}")],
    }


async def _supplies(tx: Tx, supplier: Supplier | None) -> dict[str, Sequence[object]]:
    """What is stored about him as a supplier: what he saw of the business, and what he is owed."""
    if supplier is None:
        return {"purchase_orders": [], "price_proposals": [], "supplier_dues": []}
    return {
        "purchase_orders": await list_orders_of_supplier(tx, supplier.id),
        "price_proposals": await list_proposals(tx, supplier_id=supplier.id),
        "supplier_dues": await list_dues(tx, supplier.id),
    }


async def _ways_to_sign_in(tx: Tx, user_id: UserId) -> Row:
    credential = await find_credential(tx, user_id)
    return {
        "has_password": credential is not None,
        "password_changed_at": None if credential is None else readable(credential.changed_at),
        "has_authenticator": await has_second_factor(tx, user_id),
    }


def _told(entry: AuditEntry, user_id: UserId) -> Row:
    """What was done to him; of others who did it only their id, of himself from where too."""
    was_himself = entry.actor.who == str(user_id)
    return {
        "at": readable(entry.at),
        "action": entry.action,
        "by": entry.actor.who,
        "address": entry.actor.address if was_himself else None,
        "reason": entry.reason,
    }


def _row(value: object) -> Row:
    row: Row = readable(value)
    return row


def readable(value: Any) -> Any:  # noqa: ANN401  any value of a domain, as any value of JSON
    """Turn a value of a domain into what JSON and people can read; paise stay and are said in rupees besides."""
    if is_dataclass(value):
        row: Row = {}
        for one in fields(value):
            if one.name in _HIDDEN:
                continue
            row[one.name] = readable(getattr(value, one.name))
            if (in_rupees := rupees_field(one.name)) is not None:
                row[in_rupees] = plain_rupees(getattr(value, one.name))
        return row
    if isinstance(value, Mapping):
        return {str(readable(key)): readable(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [readable(item) for item in value]
    return _readable_word(value)


def _readable_word(value: Any) -> Any:  # noqa: ANN401  as above
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case ObjectId():
            return str(value)
        case _:
            return value
