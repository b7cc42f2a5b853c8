"""Delivery boys' profiles and the users they belong to."""

from collections.abc import AsyncIterator, Sequence

from roundsman.database.bulk import EDITED, BulkOutcome, insert_missing, renew_fields
from roundsman.database.collections import DELIVERY_BOYS
from roundsman.database.documents import find_value, iterate
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.delivery_boys import DeliveryBoy
from roundsman.delivery.store import delivery_boy_document, delivery_boy_from
from roundsman.ids import UserId

_FOLLOWED = ("name", "status", "areas", "phone", "email")


def delivery_boy_documents(delivery_boys: Sequence[DeliveryBoy]) -> list[Document]:
    """Delivery boys as they are stored, to be inserted in bulk."""
    return [delivery_boy_document(one) for one in delivery_boys]


async def insert_delivery_boys(tx: Tx, delivery_boys: Sequence[DeliveryBoy]) -> BulkOutcome:
    """Insert the delivery boys that are not stored yet; compare the others."""
    return await insert_missing(tx, DELIVERY_BOYS, delivery_boy_documents(delivery_boys))


async def follow_delivery_boys(tx: Tx, delivery_boys: Sequence[DeliveryBoy]) -> int:
    """Bring what the source says of delivery boys up to date, but for what was edited here. Count the changed."""
    documents = delivery_boy_documents(delivery_boys)
    return await renew_fields(tx, DELIVERY_BOYS, documents, guard="user_id", fields=_FOLLOWED, sparing=EDITED)


def iterate_delivery_boys(tx: Tx) -> AsyncIterator[DeliveryBoy]:
    """Read all delivery boys."""
    return iterate(tx, DELIVERY_BOYS, delivery_boy_from)


async def count_delivery_boys(tx: Tx) -> int:
    """Count all delivery boys."""
    return await tx.database[DELIVERY_BOYS].count_documents({}, session=tx.session)


async def delivery_boys_of_users(tx: Tx, user_ids: Sequence[UserId]) -> dict[UserId, DeliveryBoy]:
    """The delivery boys that some of the users are."""
    if not user_ids:
        return {}
    found = iterate(tx, DELIVERY_BOYS, delivery_boy_from, {"user_id": {"$in": list(user_ids)}})
    return {boy.user_id: boy async for boy in found}


async def find_delivery_boy_of_user(tx: Tx, user_id: UserId) -> DeliveryBoy | None:
    """Find the delivery boy a user is; each user is at most one."""
    return await find_value(tx, DELIVERY_BOYS, delivery_boy_from, {"user_id": user_id})
