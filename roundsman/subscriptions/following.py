"""Bringing the subscriptions of a source up to date, and finding those of many people."""

from collections.abc import Collection, Sequence

from roundsman.database.bulk import complete_fields, renew_fields
from roundsman.database.collections import SUBSCRIPTIONS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.subscriptions.store import subscription_document, subscription_from
from roundsman.subscriptions.subscriptions import Subscription

_FOLLOWED = ("product_id", "status", "rule", "pauses", "start", "end", "source")


async def follow_subscriptions(tx: Tx, subscriptions: Sequence[Subscription]) -> int:
    """Bring subscriptions that the source changed up to date, never one of Roundsman's own. Count the changed."""
    documents = [subscription_document(one) for one in subscriptions]
    changed = await renew_fields(tx, SUBSCRIPTIONS, documents, guard="origin", fields=_FOLLOWED)
    owners = ("user_id", "customer_id")
    await complete_fields(tx, SUBSCRIPTIONS, documents, guard="origin", absent="user_id", fields=owners)
    await complete_fields(tx, SUBSCRIPTIONS, documents, guard="user_id", absent="customer_id", fields=("customer_id",))
    return changed


async def subscriptions_of_users(tx: Tx, user_ids: Collection[UserId]) -> list[Subscription]:
    """List the subscriptions of several users, in no particular order."""
    return [one async for one in iterate(tx, SUBSCRIPTIONS, subscription_from, {"user_id": {"$in": list(user_ids)}})]
