"""Reading users together with what belongs to them, which other packages keep: one question to the database, not two."""

from collections.abc import Sequence
from typing import Final

from roundsman.database.collections import IDENTIFIERS, USERS
from roundsman.database.together import Question, by_id
from roundsman.database.transaction import Document, Tx
from roundsman.identity.store import identifier_from, user_from
from roundsman.identity.users import Identifier, User
from roundsman.ids import UserId

_JOINED: Final = "joined_user"


def user_of(field: str) -> Document:
    """The step of an aggregation that joins to each document the user whose id is in its field."""
    return {"$lookup": {"from": USERS, "localField": field, "foreignField": "_id", "as": _JOINED}}


def joined_user(document: Document) -> User | None:
    """The user who was joined to a document; None if he is not there."""
    found = document[_JOINED]
    return user_from(found[0]) if found else None


def user_by_id(user_id: UserId) -> Question:
    """Ask for a user, together with something else."""
    return by_id(USERS, user_id)


def user_asked(document: Document) -> User:
    """Read the answer to that."""
    return user_from(document)


def identifiers_with_users(keys: Sequence[str], *joining: Document) -> Question:
    """Ask for identifiers and their users; `joining` are steps that join something else to them."""
    return Question(IDENTIFIERS, ({"$match": {"_id": {"$in": list(keys)}}}, user_of("user_id"), *joining))


def identifier_with_user(document: Document) -> tuple[Identifier, User | None]:
    """Read one answer to that; without a user where it leads to several, or he is missing."""
    return identifier_from(document), joined_user(document)


async def find_identifiers_with_users(tx: Tx, keys: Sequence[str]) -> list[tuple[Identifier, User | None]]:
    """Those of the identifiers that exist, each with its user; without one where it leads to several, or he is missing."""
    question = identifiers_with_users(keys)
    found = await tx.database[question.collection].aggregate([*question.steps], session=tx.session)
    return [identifier_with_user(document) async for document in found]
