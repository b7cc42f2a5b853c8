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
    """Count the customers, and those among them whose user is no live one, found from those users: they are few.

    That a customer leads to no user at all is for the proof of an import to find, which follows every one.
    """
    customers = await tx.database[CUSTOMERS].count_documents({}, session=tx.session)
    return Linkage(customers, customers - await _of_nobody_live(tx))


async def _of_nobody_live(tx: Tx) -> int:
    theirs: Document = {"from": CUSTOMERS, "localField": "_id", "foreignField": "user_id", "as": "customers"}
    pipeline: list[Document] = [
        {"$match": {"status": {"$nin": sorted(LIVE_STATUSES)}}},
        {"$lookup": theirs | {"pipeline": [{"$count": "count"}]}},
        {"$unwind": "$customers"},
        {"$group": {"_id": None, "count": {"$sum": "$customers.count"}}},
    ]
    rows = await (await tx.database[USERS].aggregate(pipeline, session=tx.session)).to_list()
    return rows[0]["count"] if rows else 0
