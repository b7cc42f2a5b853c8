"""Reading users together with what belongs to them, which other packages keep: one question to the database, not two."""

from collections.abc import Sequence
from typing import Final

from roundsman.database.collections import IDENTIFIERS, USERS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.store import identifier_from, user_from
from roundsman.identity.users import Identifier, User

_JOINED: Final = "joined_user"


def user_of(field: str) -> Document:
    """The step of an aggregation that joins to each document the user whose id is in its field."""
    return {"$lookup": {"from": USERS, "localField": field, "foreignField": "_id", "as": _JOINED}}


def joined_user(document: Document) -> User | None:
    """The user who was joined to a document; None if he is not there."""
    found = document[_JOINED]
    return user_from(found[0]) if found else None


async def find_identifiers_with_users(tx: Tx, keys: Sequence[str]) -> list[tuple[Identifier, User | None]]:
    """Those of the identifiers that exist, each with its user; without one where it leads to several, or he is missing."""
    wanted: Document = {"$match": {"_id": {"$in": list(keys)}}}
    found = await tx.database[IDENTIFIERS].aggregate([wanted, user_of("user_id")], session=tx.session)
    return [(identifier_from(document), joined_user(document)) async for document in found]
