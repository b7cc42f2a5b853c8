"""The questions as a queue: how many wait, whom each is about, and which comes next."""

from collections.abc import Sequence
from dataclasses import dataclass

from roundsman.database.collections import REVIEWS
from roundsman.database.transaction import Tx
from roundsman.identity.importing import find_users
from roundsman.migration.members import owners_of
from roundsman.migration.reviews import LISTS, Review, ReviewStatus, list_reviews


@dataclass(frozen=True, slots=True)
class Queued:
    """A question, and the names of the people it is about; None for a document that nobody has."""

    review: Review
    names: tuple[str | None, ...]


async def count_waiting(tx: Tx) -> dict[str, int]:
    """How many questions of each list wait for a human."""
    waiting = {"$match": {"status": ReviewStatus.OPEN.value}}
    counted = await tx.database[REVIEWS].aggregate([waiting, {"$group": {"_id": "$list", "count": {"$sum": 1}}}])
    found = {one["_id"]: one["count"] async for one in counted}
    return {name: found.get(name, 0) for name in LISTS}


async def with_names(tx: Tx, reviews: Sequence[Review]) -> list[Queued]:
    """The same questions with the names of their people."""
    owners = await owners_of(tx, {member for review in reviews for member in review.members})
    users = await find_users(tx, [user for user in {*owners.values()} if user])
    names = {user.id: user.name for user in users}
    return [
        Queued(one, tuple(names.get(user) if (user := owners[key]) else None for key in one.members)) for one in reviews
    ]


async def next_waiting(tx: Tx, review: Review) -> str | None:
    """The question of the same list that waits after this one, from its beginning again after its end; None for no other."""
    place = f"{int(review.deferral is not None)}:{review.id}"
    after = await list_reviews(tx, review.list, after=place, limit=1)
    found = after.reviews or (await list_reviews(tx, review.list, limit=1)).reviews
    return found[0].id if found and found[0].id != review.id else None
