"""The ratings there are: one of each delivery, with the sums of whom it is of."""

from roundsman.database.collections import DELIVERY_TOTALS, RATINGS
from roundsman.database.transaction import Tx
from roundsman.delivery.ratings import Rating
from roundsman.ids import UserId


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
