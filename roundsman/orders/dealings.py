"""The deliveries and payments there are and have been."""

from collections.abc import Collection, Sequence

from pymongo import UpdateOne

from roundsman.database.bulk import BulkOutcome, complete_fields, insert_missing, renew_fields
from roundsman.database.collections import DELIVERIES, PAYMENTS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId
from roundsman.orders.deliveries import Delivery, DeliveryId, DeliveryStatus
from roundsman.orders.payments import Payment
from roundsman.orders.store import delivery_document, delivery_from, payment_document, payment_from

_FOLLOWED_DELIVERY = ("for_date", "status", "at", "order_id", "names_order", "delivery_boy_id", "source")
_FOLLOWED_PAYMENT = ("amount_paise", "method", "at", "status", "order_id", "source")
_OWNERS = ("user_id", "customer_id")


async def insert_deliveries(tx: Tx, deliveries: Sequence[Delivery]) -> BulkOutcome:
    """Insert the deliveries that are not stored yet; compare the others.

    Two documents of a source may mark one stop, where it gives them no id: the one that is here, or that says that it
    was completed, speaks for both.
    """
    outcome = await insert_missing(tx, DELIVERIES, [delivery_document(one) for one in deliveries])
    if not outcome.differing:
        return outcome
    spoken_for = await _spoken_for(tx, [one for one in deliveries if one.id in set(outcome.differing)])
    differing = tuple(one for one in outcome.differing if one not in spoken_for)
    same = outcome.same + len(outcome.differing) - len(differing)
    return BulkOutcome(outcome.inserted, same, differing)


async def _spoken_for(tx: Tx, deliveries: Sequence[Delivery]) -> set[DeliveryId]:
    """The ids for which another document speaks than any of these."""
    wanted = {"_id": {"$in": [one.id for one in deliveries if isinstance(one.id, str)]}}
    stored = {one.id: one async for one in iterate(tx, DELIVERIES, delivery_from, wanted)}
    speaking = {one.id for one in deliveries if one.id not in stored or speaks(one, instead_of=stored[one.id])}
    return {one.id for one in deliveries} - speaking


def one_of_each_stop(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Leave out of what marks a stop all but the one that speaks."""
    stops: dict[DeliveryId, Delivery] = {}
    for one in deliveries:
        if one.id not in stops or speaks(one, instead_of=stops[one.id]):
            stops[one.id] = one
    return list(stops.values())


def speaks(delivery: Delivery, *, instead_of: Delivery) -> bool:
    """Whether a document says what became of the stop rather than the stored one."""
    if delivery.source is None or instead_of.source is None or delivery.source.id == instead_of.source.id:
        return True
    return delivery.status is DeliveryStatus.COMPLETED is not instead_of.status


async def follow_deliveries(tx: Tx, deliveries: Sequence[Delivery]) -> int:
    """Bring deliveries that the source changed up to date, never one of Roundsman's own. Count the changed."""
    documents = [delivery_document(one) for one in deliveries]
    plain = [one for one in documents if not isinstance(one["_id"], str)]
    changed = await renew_fields(tx, DELIVERIES, plain, guard="origin", fields=_FOLLOWED_DELIVERY)
    if shared := [one for one in documents if isinstance(one["_id"], str)]:
        updates = [update for one in shared for update in _speaking(one)]
        changed += (await tx.database[DELIVERIES].bulk_write(updates, session=tx.session)).modified_count
    await complete_fields(tx, DELIVERIES, documents, guard="origin", absent="user_id", fields=_OWNERS)
    await complete_fields(tx, DELIVERIES, documents, guard="user_id", absent="customer_id", fields=("customer_id",))
    return changed


def _speaking(document: Document) -> list[UpdateOne]:
    """Renew a stop that several documents may mark, by what `speaks`."""
    completed = DeliveryStatus.COMPLETED.value
    guard = {"_id": document["_id"], "origin": document["origin"]}
    guards = [guard | {"source.id": document["source"]["id"]}]
    if document["status"] == completed:
        guards.append(guard | {"status": {"$ne": completed}})
    values = {"$set": {name: document[name] for name in _FOLLOWED_DELIVERY if name in document}}
    if absent := {name: "" for name in _FOLLOWED_DELIVERY if name not in document}:
        values["$unset"] = absent
    return [UpdateOne(one, values) for one in guards]


async def insert_payments(tx: Tx, payments: Sequence[Payment]) -> BulkOutcome:
    """Insert the payments that are not stored yet; compare the others."""
    return await insert_missing(tx, PAYMENTS, [payment_document(one) for one in payments])


async def follow_payments(tx: Tx, payments: Sequence[Payment]) -> int:
    """Bring payments that the source changed up to date, never one of Roundsman's own. Count the changed."""
    documents = [payment_document(one) for one in payments]
    changed = await renew_fields(tx, PAYMENTS, documents, guard="origin", fields=_FOLLOWED_PAYMENT)
    await complete_fields(tx, PAYMENTS, documents, guard="origin", absent="user_id", fields=_OWNERS)
    await complete_fields(tx, PAYMENTS, documents, guard="user_id", absent="customer_id", fields=("customer_id",))
    return changed


async def deliveries_of_users(tx: Tx, user_ids: Collection[UserId]) -> list[Delivery]:
    """List what was brought to several users, in no particular order."""
    wanted = {"user_id": {"$in": list(user_ids)}}
    return [one async for one in iterate(tx, DELIVERIES, delivery_from, wanted)]


async def payments_of_users(tx: Tx, user_ids: Collection[UserId]) -> list[Payment]:
    """List what several users paid, in no particular order."""
    wanted = {"user_id": {"$in": list(user_ids)}}
    return [one async for one in iterate(tx, PAYMENTS, payment_from, wanted)]
