"""Closing an account: everything personal goes, and what the business must keep stays under an id that names nobody."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from roundsman.activation.parking import erase_named, names_of
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.closing import erase_credentials
from roundsman.customers.closing import erase_customers, release_customers
from roundsman.customers.linkage import customers_of_user
from roundsman.database.transaction import Tx
from roundsman.delivery.closing import erase_delivery_boys, money_with
from roundsman.errors import Conflict
from roundsman.identity.closing import erase_users, family_of
from roundsman.identity.identifiers import MalformedIdentifier
from roundsman.identity.lookup import get_user
from roundsman.identity.mode import require_people_managed_here
from roundsman.identity.standing import require_another_admin, take_turns
from roundsman.ids import DeliveryBoyId, SourceRef, UserId
from roundsman.money import rupees_text
from roundsman.notifications.closing import erase_messages
from roundsman.notifications.switches import opt_in
from roundsman.operations.joining.journal import forget_entries_about
from roundsman.suppliers.closing import erase_suppliers
from roundsman.suppliers.linkage import find_supplier_of_user
from roundsman.suppliers.posting import totals_of


class NotOpen(Conflict):
    """The account was closed before, or was merged into another one."""

    code = "account_not_open"


class MoneyOpen(Conflict):
    """Money is open between the business and a partner whose account would be closed."""

    code = "money_open"


@dataclass(frozen=True, slots=True)
class Erased:
    """Whose data went, by all ids he had; what he was called; and the source documents of his addresses."""

    users: tuple[UserId, ...]
    names: tuple[str, ...]
    addresses: tuple[SourceRef, ...]


async def erase_person(tx: Tx, user_id: UserId, *, actor: Actor, now: datetime) -> Erased:
    """Within a transaction: erase everything personal of a user that stands in Roundsman's own records.

    Orders stay, profiles without content, and what happened when; nothing of that tells who he was. The audit log holds ids and nothing personal. Raises UnknownUser, NotOpen,
    LastAdmin, MoneyOpen and PeopleManagedElsewhere. The customers of a delivery boy are nobody's afterwards.
    """
    await require_people_managed_here(tx)
    await _require_closable(tx, user_id)
    family = await family_of(tx, user_id)
    boys = await _require_settled(tx, family)
    names = await _names(tx, family)
    contacts = [customer.phone or "" for one in family for customer in await customers_of_user(tx, one)]
    contacts += [customer.email or "" for one in family for customer in await customers_of_user(tx, one)]
    keys = await erase_users(tx, family, names=names)
    await erase_credentials(tx, family, keys=keys)
    addresses = await erase_customers(tx, family, now=now)
    await release_customers(tx, boys, now=now)
    await erase_delivery_boys(tx, family)
    await erase_suppliers(tx, family)
    await erase_named(tx, [*keys, *_names_called(contacts)])
    await erase_messages(tx, [*contacts, *(key.partition(":")[2] for key in keys)])
    await opt_in(tx, family)
    await forget_entries_about(tx, family)
    await record(tx, AuditEntry(now, actor, "user.closed", f"user:{user_id}"))
    return Erased(tuple(family), tuple(names), tuple(addresses))


async def _require_closable(tx: Tx, user_id: UserId) -> None:
    user = await get_user(tx, user_id)
    if not user.is_live:
        raise NotOpen(f"This account is {user.status}.")
    await take_turns(tx)
    await require_another_admin(tx, user)


async def _require_settled(tx: Tx, family: Sequence[UserId]) -> list[DeliveryBoyId]:
    """Go on only where no money is open with a partner; gives the delivery boys that he is. Raises MoneyOpen."""
    monies = await money_with(tx, family)
    for money in monies:
        if not money.is_settled:
            raise MoneyOpen(
                f"{rupees_text(money.balance_paise)} rupees are owed to this delivery boy, {rupees_text(money.cash_paise)} are "
                f"in his hands and {money.live_payouts} payouts are under way. Settle that in the office first: it takes the "
                "cash, and pays what is owed or adjusts it."
            )
    for one in family:
        supplier = await find_supplier_of_user(tx, one)
        if supplier is not None and (owed := (await totals_of(tx, supplier.id)).balance_paise):
            raise MoneyOpen(
                f"{rupees_text(owed)} rupees are owed to this supplier (below nought: by him). Settle that in the office first: "
                "it records a payment or a credit note."
            )
    return [money.delivery_boy_id for money in monies]


def _names_called(contacts: Sequence[str]) -> Iterator[str]:
    """The names under which facts may wait for whoever has these contacts; some cannot be anybody's."""
    for contact in contacts:
        with suppress(MalformedIdentifier):
            yield from names_of(contact)


async def _names(tx: Tx, family: Sequence[UserId]) -> list[str]:
    users = [await get_user(tx, one) for one in family]
    profiles = [customer.name for one in family for customer in await customers_of_user(tx, one)]
    return sorted({*(user.name for user in users), *profiles} - {""})
