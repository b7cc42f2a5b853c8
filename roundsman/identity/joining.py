"""Reading users together with what belongs to them, which other packages keep: one question to the database, not two."""

from typing import Final

from roundsman.database.collections import USERS
from roundsman.database.transaction import Document
from roundsman.identity.store import user_from
from roundsman.identity.users import User

_JOINED: Final = "joined_user"


def user_of(field: str) -> Document:
    """The step of an aggregation that joins to each document the user whose id is in its field."""
    return {"$lookup": {"from": USERS, "localField": field, "foreignField": "_id", "as": _JOINED}}


def joined_user(document: Document) -> User | None:
    """The user who was joined to a document; None if he is not there."""
    found = document[_JOINED]
    return user_from(found[0]) if found else None
