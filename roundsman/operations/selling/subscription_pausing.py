"""Pausing a subscription and going on with it, by the customer himself or by staff for him."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime

from roundsman.calendar import day_of
from roundsman.database.transaction import Tx, in_transaction
from roundsman.identity.mode import require_operations_managed_here
from roundsman.ids import CustomerId, SubscriptionId, UserId
from roundsman.operations.facts.intake import Change, Intake, write_down
from roundsman.operations.facts.telling import fact_of_pausing
from roundsman.subscriptions.pausing import UnknownSubscription, get_subscription, pause, resume
from roundsman.subscriptions.subscriptions import Pause, Subscription

Finding = Callable[[Tx], Awaitable[Subscription]]
"""How a subscription is found by who may have it: by its owner, or by staff through its customer."""


def of_user(user_id: UserId, subscription_id: SubscriptionId) -> Finding:
    """Find a subscription of a user. It raises UnknownSubscription."""

    async def find(tx: Tx) -> Subscription:
        subscription = await get_subscription(tx, subscription_id)
        if subscription.user_id != user_id:
            raise UnknownSubscription("There is no such subscription")
        return subscription

    return find


def of_customer(customer_id: CustomerId, subscription_id: SubscriptionId) -> Finding:
    """Find a subscription of a customer. It raises UnknownSubscription."""

    async def find(tx: Tx) -> Subscription:
        subscription = await get_subscription(tx, subscription_id)
        if subscription.customer_id != customer_id:
            raise UnknownSubscription("There is no such subscription of this customer")
        return subscription

    return find


async def pause_subscription(tx: Tx, find: Finding, days: Pause, *, intake: Intake, now: datetime) -> Subscription:
    """Have nothing brought for some days; a pause that is there already stays one.

    Raises UnknownSubscription, NotAPause, SubscriptionNotRunning, OperationsManagedElsewhere.
    """

    async def change(tx: Tx, before: Subscription) -> Subscription:
        return await pause(tx, before, replace(days, made_at=now), today=day_of(now))

    return await _changed(tx, find, change, "subscription.paused", intake=intake, now=now)


async def resume_subscription(
    tx: Tx, find: Finding, day: date | None, *, intake: Intake, now: datetime
) -> Subscription:
    """Have things brought again from a day on, or from today; where nothing is paused, all stays as it is.

    Raises UnknownSubscription, NotAPause, SubscriptionNotRunning, OperationsManagedElsewhere.
    """

    async def change(tx: Tx, before: Subscription) -> Subscription:
        return await resume(tx, before, day or day_of(now), today=day_of(now))

    return await _changed(tx, find, change, "subscription.resumed", intake=intake, now=now)


async def _changed(
    tx: Tx,
    find: Finding,
    change: Callable[[Tx, Subscription], Awaitable[Subscription]],
    action: str,
    *,
    intake: Intake,
    now: datetime,
) -> Subscription:
    async def work(tx: Tx) -> Subscription:
        await require_operations_managed_here(tx)
        before = await find(tx)
        after = await change(tx, before)
        if after == before:
            return before
        if after.user_id is None:
            raise UnknownSubscription("There is no such subscription of anybody who is known")
        fact = fact_of_pausing(after.user_id, after, at=now)
        await write_down(tx, intake, after.user_id, Change(action, f"subscription:{after.id}"), fact, now=now)
        return after

    return await in_transaction(tx, work)
