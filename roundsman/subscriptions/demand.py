"""The subscriptions that bring something on some days, of the whole business."""

from collections.abc import AsyncIterator

from roundsman.database.collections import SUBSCRIPTIONS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Tx
from roundsman.subscriptions.store import subscription_from
from roundsman.subscriptions.subscriptions import Subscription, SubscriptionStatus


def iterate_active_subscriptions(tx: Tx) -> AsyncIterator[Subscription]:
    """Read all subscriptions that are neither drafts nor paused or stopped, in no particular order."""
    return iterate(tx, SUBSCRIPTIONS, subscription_from, {"status": SubscriptionStatus.ACTIVE.value})
