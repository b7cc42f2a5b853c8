"""Subscriptions of the source as documents."""

from collections.abc import Collection, Sequence
from datetime import date

from roundsman.database.bulk import BulkOutcome, complete_fields, insert_missing, renew_fields
from roundsman.database.collections import SUBSCRIPTIONS
from roundsman.database.documents import source_document, without_absent
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId
from roundsman.migration.trade_conversion import ImportedSubscription
from roundsman.operations.telling import Subscribing
from roundsman.orders.orders import OrderOrigin

_FOLLOWED = ("product_id", "status", "rule", "pauses", "start", "end", "source")


async def insert_subscriptions(tx: Tx, subscriptions: Sequence[ImportedSubscription]) -> BulkOutcome:
    """Insert the subscriptions that are not stored yet; compare the others."""
    return await insert_missing(tx, SUBSCRIPTIONS, [_document(one) for one in subscriptions])


async def follow_subscriptions(tx: Tx, subscriptions: Sequence[ImportedSubscription]) -> int:
    """Bring subscriptions that the source changed up to date, never one of Roundsman's own. Count the changed."""
    documents = [_document(one) for one in subscriptions]
    changed = await renew_fields(tx, SUBSCRIPTIONS, documents, guard="origin", fields=_FOLLOWED)
    owners = ("user_id", "customer_id")
    await complete_fields(tx, SUBSCRIPTIONS, documents, guard="origin", absent="user_id", fields=owners)
    await complete_fields(tx, SUBSCRIPTIONS, documents, guard="user_id", absent="customer_id", fields=("customer_id",))
    return changed


def _document(one: ImportedSubscription) -> Document:
    rule = {"kind": one.rule, "quantity": one.quantity, "weekdays": list(one.weekdays)}
    pauses = [without_absent({"start": _day(pause.start), "end": _day(pause.end)}) for pause in one.pauses]
    return without_absent(
        {
            "_id": one.id,
            "customer_id": one.customer_id,
            "user_id": one.user_id,
            "product_id": one.product_id,
            "status": one.status.value,
            "rule": rule,
            "pauses": pauses,
            "created_at": one.created_at,
            "start": _day(one.start),
            "end": _day(one.end),
            "origin": OrderOrigin.SOURCE.value,
            "source": source_document(one.source),
        }
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


async def subscribings_of(tx: Tx, user_ids: Collection[UserId]) -> list[Subscribing]:
    """Tell when these users began the subscriptions that came from a source, in no particular order."""
    wanted = {"user_id": {"$in": list(user_ids)}, "created_at": {"$exists": True}}
    found = tx.database[SUBSCRIPTIONS].find(wanted, {"user_id": 1, "created_at": 1}, session=tx.session)
    return [Subscribing(one["_id"], UserId(one["user_id"]), one["created_at"]) async for one in found]
