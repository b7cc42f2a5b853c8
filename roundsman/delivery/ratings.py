"""What customers say of deliveries, and the average of it (pure but for reading and writing)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from roundsman.database.collections import DELIVERY_TOTALS, RATINGS
from roundsman.database.transaction import Tx
from roundsman.ids import DeliveryBoyId, UserId

_SHOWN_FROM: Final = 5


@dataclass(frozen=True, slots=True)
class Rating:
    """The stars, from one to five, that a user gives a delivery; he may change them."""

    delivery_id: str
    delivery_boy_id: DeliveryBoyId
    user_id: UserId
    stars: int
    at: datetime


def average_stars(count: int, total: int) -> float | None:
    """The average rounded half up to one decimal; None while there are too few to say anything."""
    if count < _SHOWN_FROM:
        return None
    return float((Decimal(total) / count).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


async def put_rating(tx: Tx, rating: Rating) -> None:
    """Within a transaction: store a rating; one of the same delivery is replaced, and stays that of whom it was of."""
    before = await tx.database[RATINGS].find_one({"_id": rating.delivery_id}, session=tx.session)
    boy = rating.delivery_boy_id if before is None else before["delivery_boy_id"]
    document = {"delivery_boy_id": boy, "user_id": rating.user_id, "stars": rating.stars, "at": rating.at}
    await tx.database[RATINGS].replace_one({"_id": rating.delivery_id}, document, upsert=True, session=tx.session)
    change = {"ratings": 0 if before else 1, "stars": rating.stars - (before["stars"] if before else 0)}
    await tx.database[DELIVERY_TOTALS].update_one({"_id": boy}, {"$inc": change}, upsert=True, session=tx.session)


async def stars_of(tx: Tx, delivery_ids: list[str]) -> dict[str, int]:
    """The stars that deliveries were given, of those that were."""
    found = tx.database[RATINGS].find({"_id": {"$in": delivery_ids}}, {"stars": 1}, session=tx.session)
    return {document["_id"]: document["stars"] async for document in found}


async def ratings_by(tx: Tx, user_id: UserId) -> list[Rating]:
    """All ratings that a user gave."""
    found = tx.database[RATINGS].find({"user_id": user_id}, session=tx.session)
    return [Rating(one["_id"], one["delivery_boy_id"], one["user_id"], one["stars"], one["at"]) async for one in found]
