"""Looking for users by what staff half remembers: the beginning of a name or words of it, a role, a status."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from bson import ObjectId
from pymongo import ASCENDING
from pymongo.errors import ExecutionTimeout

from roundsman.access.roles import Role
from roundsman.database.collections import USERS
from roundsman.database.indexes import BY_NAME
from roundsman.database.transaction import Document, Tx
from roundsman.errors import InvalidInput
from roundsman.identity.store import user_from
from roundsman.identity.users import User, UserStatus
from roundsman.ids import UserId

_ID_LETTERS: Final = 24
_ABOVE_EVERY_LETTER: Final = "\uffff"
_NO_WORD: Final = str.maketrans({'"': " ", "\\": " "})
_PATIENCE_MS: Final = 1_000


class MalformedPageKey(InvalidInput):
    """It is not the key of a page that was given out."""

    code = "malformed_page_key"

    def __init__(self) -> None:
        super().__init__("`after` must be the `next` of the page before.")


@dataclass(frozen=True, slots=True)
class UserFilter:
    """What has to be true of the users; what is None does not matter. `among` are the only ones looked at."""

    name: str | None = None
    role: Role | None = None
    status: UserStatus | None = None
    among: Collection[UserId] | None = None


@dataclass(frozen=True, slots=True)
class UserPage:
    """Some users by name, and the key with which the next page begins; None on the last."""

    users: tuple[User, ...]
    next: str | None


async def find_named(tx: Tx, text: str, *, most: int) -> set[UserId] | None:
    """Find users whose name begins so, and those whose name has all of these words; None where more than `most` begin so."""
    begins = tx.database[USERS].find(_criteria(UserFilter(text)), {"_id": True}, session=tx.session).collation(BY_NAME)
    found = {one["_id"] async for one in begins.limit(most + 1)}
    return found | await _with_words(tx, text, most=most) if len(found) <= most else None


async def list_users(tx: Tx, wanted: UserFilter, *, after: str | None = None, limit: int = 50) -> UserPage:
    """List users in the order of their names, whatever case and accents. Raises MalformedPageKey."""
    criteria = _criteria(wanted)
    if after is not None:
        criteria = {"$and": [criteria, _beyond(after)]}
    cursor = tx.database[USERS].find(criteria, session=tx.session).collation(BY_NAME)
    found = await cursor.sort([("name", ASCENDING), ("_id", ASCENDING)]).limit(limit + 1).to_list()
    users = tuple(map(user_from, found[:limit]))
    return UserPage(users, f"{users[-1].id}{users[-1].name}" if len(found) > limit else None)


async def _with_words(tx: Tx, text: str, *, most: int) -> set[UserId]:
    """Find `most` of those whose name has all of these words; nobody where that takes long, as with two very common ones."""
    # In quotation marks each of them has to be there, and is nothing but itself.
    words = " ".join(f'"{word}"' for word in text.translate(_NO_WORD).split())
    found = tx.database[USERS].find({"$text": {"$search": words}}, {"_id": True}, session=tx.session)
    try:
        return {one["_id"] async for one in found.limit(most).max_time_ms(_PATIENCE_MS)}
    except ExecutionTimeout:
        return set()


def _criteria(wanted: UserFilter) -> Document:
    criteria: Document = {}
    if wanted.name is not None:
        criteria["name"] = {"$gte": wanted.name, "$lt": wanted.name + _ABOVE_EVERY_LETTER}
    if wanted.role is not None:
        criteria["roles"] = wanted.role.value
    if wanted.status is not None:
        criteria["status"] = wanted.status.value
    if wanted.among is not None:
        criteria["_id"] = {"$in": sorted(wanted.among)}
    return criteria


def _beyond(after: str) -> Document:
    last, name = after[:_ID_LETTERS], after[_ID_LETTERS:]
    if not ObjectId.is_valid(last):
        raise MalformedPageKey
    return {"$or": [{"name": {"$gt": name}}, {"name": name, "_id": {"$gt": ObjectId(last)}}]}
