"""From what is stored of customers to what happened to them: of some, after a round, or of all.

Both look at everything that is stored of a person and tell what was not told yet, so doing it twice does nothing, and what
a crash left untold is told by the next.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from roundsman.access.roles import Role
from roundsman.activation.backfill import History, mend_half_stored, store_histories, untold
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.tracking import record_facts
from roundsman.clock import Clock
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import customers_of_users
from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.importing import find_users, iterate_users
from roundsman.identity.users import User
from roundsman.ids import UserId
from roundsman.operations.facts.activation_messages import withdraw_untrue
from roundsman.operations.facts.fact_intake import BY_HIMSELF, signups_of, tell, traits_of
from roundsman.operations.facts.telling import Dealings, facts_of
from roundsman.orders.dealings import deliveries_of_users, payments_of_users
from roundsman.orders.deliveries import Delivery
from roundsman.orders.history import orders_of_users
from roundsman.orders.orders import Order
from roundsman.orders.payments import Payment
from roundsman.subscriptions.following import subscriptions_of_users
from roundsman.subscriptions.subscriptions import Subscription

_PORTION: Final = 500


_Dealing = TypeVar("_Dealing", Order, Delivery, Payment, Subscription)


@dataclass(frozen=True, slots=True)
class Backfilled:
    """How many people got a lifecycle, how many others had something untold, and how many facts were told."""

    new: int = 0
    renewed: int = 0
    facts: int = 0

    def __add__(self, other: "Backfilled") -> "Backfilled":
        """Both together."""
        return Backfilled(self.new + other.new, self.renewed + other.renewed, self.facts + other.facts)


async def backfill(
    tx: Tx, *, policy: ActivationPolicy, clock: Clock, stop: Callable[[], bool] = lambda: False
) -> Backfilled:
    """Tell of all customers what was not told yet; nobody is notified. While one portion is written, the next is read."""
    await mend_half_stored(tx, policy=policy, now=clock())
    done = Backfilled()
    writing: asyncio.Task[Backfilled] | None = None
    try:
        async for users in _portions(tx):
            if stop():
                break
            histories = await _histories(tx, users)
            if writing:
                done += await writing
            writing = asyncio.create_task(_store(tx, histories, policy=policy, now=clock()))
    finally:
        last = await asyncio.gather(*([writing] if writing else []), return_exceptions=True)
    return done + sum((_raised(one) for one in last), start=Backfilled())


async def tell_of(tx: Tx, user_ids: Collection[UserId], *, policy: ActivationPolicy, clock: Clock) -> Backfilled:
    """Tell of some people what was not told yet, each as it happens: who is to be notified is."""
    done = Backfilled()
    ids = sorted(user_ids)
    for begin in range(0, len(ids), _PORTION):
        users = await find_users(tx, ids[begin : begin + _PORTION])
        found = await untold(tx, await _histories(tx, [user for user in users if user.is_live]))
        for one in (*found.new, *found.news):
            await tell(tx, one.user_id, one.facts, policy=policy, now=clock(), traits=one.traits)
        facts = sum(len(one.facts) for one in (*found.new, *found.news))
        done += Backfilled(len(found.new), len(found.news), facts)
    return done


async def _store(tx: Tx, histories: Sequence[History], *, policy: ActivationPolicy, now: datetime) -> Backfilled:
    found = await untold(tx, histories)
    facts = await store_histories(tx, found.new, policy=policy, now=now)
    for one in found.news:
        await _renew(tx, one, policy=policy, now=now)
    return Backfilled(len(found.new), len(found.news), facts + sum(len(one.facts) for one in found.news))


async def _renew(tx: Tx, history: History, *, policy: ActivationPolicy, now: datetime) -> None:
    """Tell of a known person what was not told yet. He is told nothing, and nothing any more that is not so by it."""

    async def work(tx: Tx) -> None:
        his, facts = history.user_id, history.facts
        recorded = await record_facts(tx, his, facts, policy=policy, now=now, traits=history.traits)
        await withdraw_untrue(tx, his, recorded, now=now)

    await in_transaction(tx, work)


def _raised(result: Backfilled | BaseException) -> Backfilled:
    if isinstance(result, BaseException):
        raise result
    return result


async def _portions(tx: Tx) -> AsyncIterator[list[User]]:
    portion: list[User] = []
    async for user in iterate_users(tx):
        if user.is_live:
            portion.append(user)
        if len(portion) == _PORTION:
            yield portion
            portion = []
    if portion:
        yield portion


async def _histories(tx: Tx, users: Sequence[User]) -> list[History]:
    """What is stored of those among these users who are customers."""
    customers = await customers_of_users(tx, [user.id for user in users])
    users = [user for user in users if user.id in customers or Role.CUSTOMER in user.roles]
    ids = [user.id for user in users]
    orders = _by_user(await orders_of_users(tx, ids))
    deliveries = _by_user(await deliveries_of_users(tx, ids))
    payments = _by_user(await payments_of_users(tx, ids))
    subscriptions = _by_user(await subscriptions_of_users(tx, ids))
    return [
        _history(
            user,
            customers.get(user.id, ()),
            Dealings(user.id, orders[user.id], deliveries[user.id], payments[user.id], subscriptions[user.id]),
        )
        for user in users
    ]


def _history(user: User, customers: Sequence[Customer], dealings: Dealings) -> History:
    """Who came otherwise than by himself, before anybody noted sign-ins, may have signed in elsewhere."""
    facts = [*signups_of(user, customers), *facts_of(dealings)]
    login_unknown = user.created_by != BY_HIMSELF and user.first_sign_in_at is None
    return History(user.id, facts, traits_of(customers), login_unknown=login_unknown)


def _by_user(found: Iterable[_Dealing]) -> defaultdict[UserId, list[_Dealing]]:
    grouped: defaultdict[UserId, list[_Dealing]] = defaultdict(list)
    for one in found:
        if one.user_id is not None:
            grouped[one.user_id].append(one)
    return grouped
