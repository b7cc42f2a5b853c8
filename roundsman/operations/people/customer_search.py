"""Looking for people by whatever is known of them: a name, a phone, an e-mail, any id."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.activation.listing import Wanted
from roundsman.activation.policy import ActivationPolicy
from roundsman.customers.linkage import find_owner_of_customer
from roundsman.database.transaction import Tx
from roundsman.identity.identifiers import MalformedIdentifier
from roundsman.identity.importing import find_users
from roundsman.identity.lookup import AmbiguousIdentifier, UnknownUser
from roundsman.identity.searching import UserFilter, UserPage, list_users
from roundsman.ids import CustomerId, UserId
from roundsman.operations.facts.activation_lists import ActivationPage, ActivationPerson, list_activation
from roundsman.operations.facts.fact_matching import find_told_of
from roundsman.operations.people.people_search import MOST_NAMESAKES, PeopleFilter, search_people

MOST_EXPORTED: Final = 20_000
_EXPORTED_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Called:
    """Who is called so; `is_cut` when there are more than the first by name. `exact` is he whom the text can only mean."""

    users: frozenset[UserId]
    exact: UserId | None = None
    is_cut: bool = False


NOBODY: Final = Called(frozenset())


async def find_called(tx: Tx, text: str) -> Called:
    """Find who is called so, by an identifier, a contact, any id or his name; merged people by the survivor."""
    try:
        exact = await find_told_of(tx, text)
    except MalformedIdentifier:
        return NOBODY
    except AmbiguousIdentifier as error:
        return Called(frozenset(error.user_ids))
    if exact is not None:
        return Called(frozenset({exact}), exact)
    by_contact = await search_people(tx, PeopleFilter(contact=text), limit=MOST_NAMESAKES)
    if len(by_contact.users) == 1:
        return Called(frozenset({by_contact.users[0].id}), by_contact.users[0].id)
    by_name = await search_people(tx, PeopleFilter(name=text.strip()), limit=MOST_NAMESAKES)
    users = frozenset(one.merged_into or one.id for one in (*by_contact.users, *by_name.users))
    return Called(users, is_cut=by_name.next is not None)


async def list_called(
    tx: Tx, called: Called, *, role: Role | None = None, after: str | None = None, limit: int = 50
) -> UserPage:
    """List those who are called so by their names, of one role if it is given. Raises MalformedPageKey."""
    return await list_users(tx, UserFilter(role=role, among=called.users), after=after, limit=limit)


async def search_customers(
    tx: Tx,
    called: Called | None,
    wanted: Wanted,
    *,
    policy: ActivationPolicy,
    now: datetime,
    after: str | None = None,
    limit: int = 50,
) -> ActivationPage:
    """List the customers for whom something holds, of those who are called so if that is given. Raises MalformedListKey."""
    among = None if called is None else called.users
    return await list_activation(tx, replace(wanted, among=among), policy=policy, now=now, after=after, limit=limit)


@dataclass(frozen=True, slots=True)
class Export:
    """Customers for a file; `is_cut` when there are more than a file holds."""

    people: tuple[ActivationPerson, ...]
    is_cut: bool


async def export_customers(
    tx: Tx, called: Called | None, wanted: Wanted, *, policy: ActivationPolicy, now: datetime
) -> Export:
    """Read all for whom something holds, as far as a file holds them."""
    people: list[ActivationPerson] = []
    after: str | None = None
    while True:
        page = await search_customers(tx, called, wanted, policy=policy, now=now, after=after, limit=_EXPORTED_AT_ONCE)
        people += page.people
        after = page.next
        if after is None or len(people) >= MOST_EXPORTED:
            return Export(tuple(people[:MOST_EXPORTED]), after is not None or len(people) > MOST_EXPORTED)


async def owner_of_id(tx: Tx, one: ObjectId) -> UserId:
    """Find whose id it is: a user's, of merged ones the survivor's, or where there is no such user a customer profile's.

    Raises UnknownUser.
    """
    if users := await find_users(tx, [UserId(one)]):
        return users[0].merged_into or users[0].id
    owner = await find_owner_of_customer(tx, CustomerId(one))
    if owner is None:
        raise UnknownUser("There is no such customer")
    return owner
