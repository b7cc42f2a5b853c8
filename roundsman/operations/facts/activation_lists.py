"""The people behind the numbers of the dashboard, with their names and phones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from roundsman.activation.explaining import Explanation, explain
from roundsman.activation.lifecycle import Lifecycle, Transition
from roundsman.activation.listing import Wanted, list_people
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.reading import find_standing
from roundsman.activation.tracked import Tracked
from roundsman.activation.tracking import transitions_of
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import customers_of_user, customers_of_users, find_owner_of_customer
from roundsman.database.transaction import Tx
from roundsman.errors import NotFound
from roundsman.identity.importing import find_users
from roundsman.identity.lookup import UnknownIdentifier, get_user
from roundsman.identity.users import User
from roundsman.ids import CustomerId, UserId
from roundsman.operations.facts.fact_matching import find_told_of


class NotTracked(NotFound):
    """The person is no customer, so that he is nowhere in the pipeline."""

    code = "not_tracked"

    def __init__(self) -> None:
        super().__init__("Nothing was ever told of this person as a customer.")


@dataclass(frozen=True, slots=True)
class ActivationPerson:
    """A person and where he stands now. The phone is that of his oldest customer profile that has one."""

    user_id: UserId
    name: str
    phone: str | None
    area: str | None
    channel: str | None
    lifecycle: Lifecycle


@dataclass(frozen=True, slots=True)
class ActivationPage:
    """Some people, and the key of the next ones; None on the last."""

    people: tuple[ActivationPerson, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Explained:
    """A person, why he stands where he does, and all changes of his status, the earliest first."""

    person: ActivationPerson
    explanation: Explanation
    history: tuple[Transition, ...]


async def list_activation(
    tx: Tx, wanted: Wanted, *, policy: ActivationPolicy, now: datetime, after: str | None = None, limit: int = 50
) -> ActivationPage:
    """List the people for whom something holds. Raises MalformedListKey."""
    page = await list_people(tx, wanted, policy=policy, now=now, after=after, limit=limit)
    ids = [one.user_id for one in page.people]
    users = {user.id: user for user in await find_users(tx, ids)}
    customers = await customers_of_users(tx, ids)
    people = [_person(one, users.get(one.user_id), customers.get(one.user_id, ())) for one in page.people]
    return ActivationPage(tuple(people), page.next)


async def explain_customer(tx: Tx, text: str, *, policy: ActivationPolicy, now: datetime) -> Explained:
    """Explain where the person stands whom any identifier leads to, or the id of a customer profile.

    Raises NotTracked, MalformedIdentifier, UnknownIdentifier or AmbiguousIdentifier.
    """
    user_id = await find_told_of(tx, text)
    if user_id is None:
        raise UnknownIdentifier("Nobody is known by this identifier")
    return await _explained(tx, await get_user(tx, user_id), policy=policy, now=now)


async def explain_user(tx: Tx, of: ObjectId, *, policy: ActivationPolicy, now: datetime) -> Explained:
    """The same for the id of a user or, where there is no such user, of a customer profile. Raises NotTracked or UnknownUser."""
    is_user = bool(await find_users(tx, [UserId(of)]))
    owner = None if is_user else await find_owner_of_customer(tx, CustomerId(of))
    return await _explained(tx, await get_user(tx, owner or UserId(of)), policy=policy, now=now)


async def _explained(tx: Tx, user: User, *, policy: ActivationPolicy, now: datetime) -> Explained:
    standing = await find_standing(tx, user.id, policy=policy, now=now)
    if standing is None:
        raise NotTracked
    history = (*await transitions_of(tx, user.id), *standing.transitions)
    person = _person(standing.tracked, user, await customers_of_user(tx, user.id))
    return Explained(person, explain(standing.tracked.lifecycle, policy), history)


def _person(tracked: Tracked, user: User | None, customers: Sequence[Customer]) -> ActivationPerson:
    oldest_first = sorted(customers, key=lambda one: (one.created_at, one.id))
    phone = next((one.phone for one in oldest_first if one.phone), None)
    name = user.name if user is not None else ""
    traits = tracked.traits
    return ActivationPerson(tracked.user_id, name, phone, traits.area, traits.channel, tracked.lifecycle)
