"""Delivery boys' profiles and the users they belong to."""

from collections.abc import AsyncIterator, Collection, Sequence

from pymongo import ASCENDING

from roundsman.database.bulk import EDITED, BulkOutcome, insert_missing, renew_fields
from roundsman.database.collections import DELIVERY_BOYS
from roundsman.database.documents import find_value, iterate, list_values
from roundsman.database.editing import write_edited
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyStatus
from roundsman.delivery.store import delivery_boy_document, delivery_boy_from
from roundsman.errors import Conflict, NotFound
from roundsman.ids import DeliveryBoyId, UserId


class UnknownDeliveryBoy(NotFound):
    """There is no such delivery boy."""

    code = "unknown_delivery_boy"


class NoDeliveryBoyProfile(Conflict):
    """Who asks has the role of a delivery boy and no profile as one."""

    code = "no_delivery_boy_profile"


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


async def get_delivery_boy(tx: Tx, boy: DeliveryBoyId) -> DeliveryBoy:
    """Read a delivery boy. Raises UnknownDeliveryBoy."""
    found = await find_value(tx, DELIVERY_BOYS, delivery_boy_from, {"_id": boy})
    if found is None:
        raise UnknownDeliveryBoy("There is no such delivery boy")
    return found


async def delivery_boys_at_work(tx: Tx, boys: Collection[DeliveryBoyId]) -> set[DeliveryBoyId]:
    """Find those of these delivery boys of whom it is expected that they bring what is theirs to bring."""
    if not boys:
        return set()
    found = iterate(tx, DELIVERY_BOYS, delivery_boy_from, {"_id": {"$in": list(boys)}})
    return {boy.id async for boy in found if boy.is_at_work}


async def write_profile(tx: Tx, before: DeliveryBoy, after: DeliveryBoy) -> tuple[Document, Document]:
    """Write what was edited of a delivery boy; gives him as he was stored and as he is."""
    documents = delivery_boy_document(before), delivery_boy_document(after)
    await write_edited(tx, DELIVERY_BOYS, before=documents[0], after=documents[1])
    return documents


async def delivery_boys_called(tx: Tx, boys: Collection[DeliveryBoyId]) -> dict[DeliveryBoyId, DeliveryBoy]:
    """Read those of these delivery boys who are there."""
    found = iterate(tx, DELIVERY_BOYS, delivery_boy_from, {"_id": {"$in": list(boys)}})
    return {one.id: one async for one in found}


async def list_delivery_boys(
    tx: Tx, *, status: DeliveryBoyStatus | None = None, skip: int, limit: int
) -> list[DeliveryBoy]:
    """List some of the delivery boys, in one status if given, by their names."""
    wanted: Document = {} if status is None else {"status": status.value}
    by_name = [("name", ASCENDING), ("_id", ASCENDING)]
    return await list_values(tx, DELIVERY_BOYS, delivery_boy_from, wanted, by_name, skip=skip, limit=limit)


async def get_delivery_boy_of_user(tx: Tx, user_id: UserId) -> DeliveryBoy:
    """Read the delivery boy a user is. Raises NoDeliveryBoyProfile."""
    boy = await find_delivery_boy_of_user(tx, user_id)
    if boy is None:
        raise NoDeliveryBoyProfile("You are not registered as a delivery boy; ask the office to do so")
    return boy


async def find_delivery_boy_of_user(tx: Tx, user_id: UserId) -> DeliveryBoy | None:
    """Find the delivery boy a user is; each user is at most one."""
    return await find_value(tx, DELIVERY_BOYS, delivery_boy_from, {"user_id": user_id})
