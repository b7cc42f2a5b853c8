"""Telling what happened to a customer: by whatever way it comes, it is written once and what follows from it with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from roundsman.access.roles import Role
from roundsman.activation.facts import Ahead, Fact, FactType
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.tracked import Traits
from roundsman.activation.tracking import Introduction, Recorded, record_facts
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import customers_of_user
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict
from roundsman.identity.lookup import get_user
from roundsman.identity.users import User
from roundsman.ids import UserId
from roundsman.operations.facts.activation_messages import put_notices

BY_HIMSELF: Final = "self"
"""Who created somebody who signed up himself."""
_IMPORTED: Final = "import"


class NotACustomer(Conflict):
    """Somebody who is known, and has neither a customer profile nor the role customer."""

    code = "not_a_customer"


async def tell(
    tx: Tx,
    user_id: UserId,
    facts: Sequence[Fact],
    *,
    policy: ActivationPolicy,
    now: datetime,
    traits: Traits | None = None,
) -> Recorded:
    """Record what happened to a person, with his sign-up if nothing was told of him yet, and what he is told of it.

    `traits` are his from now on, if given. Raises FactAhead.
    """

    async def introduce(tx: Tx) -> Introduction:
        customers, user = await customers_of_user(tx, user_id), await get_user(tx, user_id)
        is_imported = channel_of(user.created_by) == _IMPORTED
        # Who signed in where he comes from is not told of it.
        return Introduction(signups_of(user, customers), traits_of(customers), login_unknown=is_imported)

    async def work(tx: Tx) -> Recorded:
        recorded = await record_facts(tx, user_id, facts, policy=policy, now=now, traits=traits, introduce=introduce)
        await put_notices(tx, user_id, recorded, now=now)
        return recorded

    return await in_transaction(tx, work)


async def require_customer(tx: Tx, user_id: UserId) -> None:
    """Refuse to make a customer of somebody by what is told of him. Raises NotACustomer."""
    if not signups_of(await get_user(tx, user_id), await customers_of_user(tx, user_id)):
        raise NotACustomer(
            "Who is called so is no customer; sign him up as one, or name the customer by another contact"
        )


def signups_of(user: User, customers: Sequence[Customer]) -> list[Fact]:
    """The sign-up of each of a person's customer profiles; that of the user where he is a customer without any."""
    if customers:
        return [_signup(user, str(one.id), one.created_at) for one in customers]
    return [_signup(user, str(user.id), user.created_at)] if Role.CUSTOMER in user.roles else []


def _signup(user: User, source_id: str, at: datetime) -> Fact:
    return Fact(FactType.SIGNUP, user.id, source_id, at, ahead=Ahead.CLAMPED)


def traits_of(customers: Sequence[Customer]) -> Traits:
    """Where a person lives and how he came, by his oldest customer profile."""
    if not customers:
        return Traits()
    first = min(customers, key=lambda customer: (customer.created_at, customer.id))
    return Traits(first.area, channel_of(first.created_by))


def channel_of(created_by: str) -> str:
    """How somebody came: by himself, by an import, or through staff."""
    return created_by if created_by == BY_HIMSELF else _IMPORTED if created_by.startswith(_IMPORTED) else "staff"
