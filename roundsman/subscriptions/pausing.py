"""The subscriptions there are, and their pauses."""

from collections.abc import Collection, Sequence
from datetime import date

from roundsman.database.bulk import BulkOutcome, insert_missing
from roundsman.database.collections import SUBSCRIPTIONS
from roundsman.database.documents import find_value, iterate
from roundsman.database.transaction import Document, Tx
from roundsman.errors import NotFound
from roundsman.ids import CustomerId, SubscriptionId, UserId
from roundsman.subscriptions.pauses import paused, resumed
from roundsman.subscriptions.store import subscription_document, subscription_from
from roundsman.subscriptions.subscriptions import Pause, Subscription


class UnknownSubscription(NotFound):
    """There is no such subscription, or none of who asks."""

    code = "unknown_subscription"


async def insert_subscriptions(tx: Tx, subscriptions: Sequence[Subscription]) -> BulkOutcome:
    """Insert the subscriptions that are not stored yet; compare the others."""
    return await insert_missing(tx, SUBSCRIPTIONS, [subscription_document(one) for one in subscriptions])


async def get_subscription(tx: Tx, subscription_id: SubscriptionId) -> Subscription:
    """Read a subscription. Raises UnknownSubscription."""
    subscription = await find_value(tx, SUBSCRIPTIONS, subscription_from, {"_id": subscription_id})
    if subscription is None:
        raise UnknownSubscription("There is no such subscription")
    return subscription


async def subscriptions_of_user(tx: Tx, user_id: UserId) -> list[Subscription]:
    """List the subscriptions of a user, in the order of their ids."""
    found = [one async for one in iterate(tx, SUBSCRIPTIONS, subscription_from, {"user_id": user_id})]
    return sorted(found, key=lambda one: one.id)


async def subscriptions_of_customers(tx: Tx, customer_ids: Collection[CustomerId]) -> list[Subscription]:
    """List the subscriptions of some customer profiles, in the order of their ids."""
    criteria = {"customer_id": {"$in": list(customer_ids)}}
    found = [one async for one in iterate(tx, SUBSCRIPTIONS, subscription_from, criteria)]
    return sorted(found, key=lambda one: one.id)


async def pause(tx: Tx, subscription: Subscription, days: Pause, *, today: date) -> Subscription:
    """Add a pause, within the transaction that read the subscription. Raises NotAPause, SubscriptionNotRunning."""
    return await _replaced(tx, subscription, paused(subscription, days, today=today))


async def resume(tx: Tx, subscription: Subscription, day: date, *, today: date) -> Subscription:
    """End every pause on the day before, within the transaction that read the subscription.

    Raises NotAPause, SubscriptionNotRunning.
    """
    return await _replaced(tx, subscription, resumed(subscription, day, today=today))


async def _replaced(tx: Tx, before: Subscription, after: Subscription) -> Subscription:
    if after != before:
        document: Document = subscription_document(after)
        await tx.database[SUBSCRIPTIONS].replace_one({"_id": after.id}, document, session=tx.session)
    return after
