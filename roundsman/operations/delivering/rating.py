"""Customers' own deliveries, and what they say of them."""

from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from roundsman.database.transaction import Tx, in_transaction
from roundsman.delivery.rating import put_rating, stars_of
from roundsman.delivery.ratings import Rating
from roundsman.errors import Conflict
from roundsman.identity.mode import require_operations_managed_here
from roundsman.ids import DeliveryId, UserId
from roundsman.operations.delivering.stop_lookup import UnknownStop, find_stop
from roundsman.orders.book import find_delivery, list_deliveries
from roundsman.orders.deliveries import Delivery, DeliveryStatus


class NotDeliveredYet(Conflict):
    """There is nothing to be rated: nobody brought it."""

    code = "not_delivered_yet"


@dataclass(frozen=True, slots=True)
class Rated:
    """A delivery with the stars its customer gave it."""

    delivery: Delivery
    stars: int | None = None

    @property
    def id(self) -> str:
        """How the stop is called that it was."""
        return str(self.delivery.order_id or self.delivery.id)


async def own_deliveries(tx: Tx, user_id: UserId, *, skip: int, limit: int) -> list[Rated]:
    """List some of the deliveries of a user, the newest first."""
    deliveries = await list_deliveries(tx, user_id, skip=skip, limit=limit)
    stars = await stars_of(tx, [str(one.id) for one in deliveries])
    return [Rated(one, stars.get(str(one.id))) for one in deliveries]


async def _delivery_called(tx: Tx, shown: str, *, now: datetime) -> Delivery:
    """What is listed under an id: a stop's, or that of a source's delivery. Raises UnknownStop."""
    identity = DeliveryId(ObjectId(shown)) if ObjectId.is_valid(shown) else shown
    return await find_delivery(tx, identity) or (await find_stop(tx, shown, now=now)).delivery


async def rate_delivery(tx: Tx, user_id: UserId, stop_id: str, stars: int, *, now: datetime) -> Rated:
    """Give a delivery of oneself stars, or other ones. Raises UnknownStop, NotDeliveredYet, OperationsManagedElsewhere."""

    async def work(tx: Tx) -> Rated:
        await require_operations_managed_here(tx)
        delivery = await _delivery_called(tx, stop_id, now=now)
        if delivery.user_id != user_id:
            raise UnknownStop
        if delivery.status is not DeliveryStatus.COMPLETED or delivery.delivery_boy_id is None:
            raise NotDeliveredYet("This was not delivered yet")
        await put_rating(tx, Rating(str(delivery.id), delivery.delivery_boy_id, user_id, stars, now))
        return Rated(delivery, stars)

    return await in_transaction(tx, work)
