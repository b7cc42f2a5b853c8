"""The deliveries and payments there are and have been."""

from collections.abc import Collection, Sequence

from pymongo import UpdateOne

from roundsman.database.bulk import BulkOutcome, complete_fields, insert_missing, renew_fields
from roundsman.database.collections import DELIVERIES, PAYMENTS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId
from roundsman.orders.deliveries import AnyDeliveryId, Delivery, DeliveryStatus
from roundsman.orders.payments import Payment
from roundsman.orders.store import delivery_document, delivery_from, payment_document, payment_from

_FOLLOWED_DELIVERY = ("for_date", "status", "at", "order_id", "order_name", "delivery_boy_id", "source")
_FOLLOWED_PAYMENT = ("amount_paise", "method", "at", "status", "order_id", "source")
_OWNERS = ("user_id", "customer_id")


async def insert_deliveries(tx: Tx, deliveries: Sequence[Delivery]) -> BulkOutcome:
    """Insert the deliveries that are not stored yet; compare the others.

    Two documents of a source may mark one stop, where it gives them no id: the one that `speaks` stays, or takes over.
    """
    outcome = await insert_missing(tx, DELIVERIES, [delivery_document(one) for one in deliveries])
    shared = {one.id: one for one in deliveries if one.id in set(outcome.differing) and isinstance(one.id, str)}
    if not shared:
        return outcome
    wanted = {"_id": {"$in": list(shared)}}
    stored = {one.id: one async for one in iterate(tx, DELIVERIES, delivery_from, wanted)}
    others = {key for key, one in shared.items() if _is_of_another(one, stored[key])}
    taken = [shared[key] for key in others if speaks(shared[key], instead_of=stored[key])]
    await follow_deliveries(tx, taken)
    return BulkOutcome(
        outcome.inserted + len(taken),
        outcome.same + len(others) - len(taken),
        tuple(one for one in outcome.differing if one not in others),
    )


def _is_of_another(delivery: Delivery, stored: Delivery) -> bool:
    return delivery.source is not None and stored.source is not None and delivery.source.id != stored.source.id


def one_of_each_stop(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Leave out of what marks a stop all but the one that speaks."""
    stops: dict[AnyDeliveryId, Delivery] = {}
    for one in deliveries:
        if one.id not in stops or speaks(one, instead_of=stops[one.id]):
            stops[one.id] = one
    return list(stops.values())


def speaks(delivery: Delivery, *, instead_of: Delivery) -> bool:
    """Whether a document says what became of the stop rather than another: it was completed, or it is the elder one."""
    return not _is_of_another(delivery, instead_of) or _rank(delivery) < _rank(instead_of)


def _rank(delivery: Delivery) -> tuple[bool, str]:
    return delivery.status is not DeliveryStatus.COMPLETED, delivery.source.id if delivery.source else ""


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
    is_completed, own = document["status"] == completed, document["source"]["id"]
    weaker: list[Document] = [{"status": {"$ne": completed}}] if is_completed else []
    weaker.append({"source.id": {"$gt": own}, "status": completed if is_completed else {"$ne": completed}})
    guards = [guard | {"source.id": own}, *(guard | one for one in weaker)]
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
