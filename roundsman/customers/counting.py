"""How many customers are linked to a person."""

from dataclasses import dataclass

from roundsman.database.collections import CUSTOMERS, USERS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.users import LIVE_STATUSES


@dataclass(frozen=True, slots=True)
class Linkage:
    """How many customers there are, and how many of them lead to a live user."""

    customers: int
    linked: int


async def count_linkage(tx: Tx) -> Linkage:
    """Follow the `user_id` of every customer; one read by primary key for each."""
    live_user = {
        "from": USERS,
        "localField": "user_id",
        "foreignField": "_id",
        "pipeline": [{"$match": {"status": {"$in": sorted(LIVE_STATUSES)}}}, {"$project": {"_id": 1}}],
        "as": "live_user",
    }
    linked = {"$sum": {"$size": "$live_user"}}
    pipeline: list[Document] = [
        {"$project": {"user_id": 1}},
        {"$lookup": live_user},
        {"$group": {"_id": None, "customers": {"$sum": 1}, "linked": linked}},
    ]
    rows = await (await tx.database[CUSTOMERS].aggregate(pipeline, session=tx.session)).to_list()
    return Linkage(rows[0]["customers"], rows[0]["linked"]) if rows else Linkage(0, 0)
