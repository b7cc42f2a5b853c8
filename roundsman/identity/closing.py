"""What remains of a user whose account was closed: his id, when and by whom he was made, and old ids that tell nothing."""

import re
from collections.abc import Sequence
from typing import Final

from roundsman.database.collections import IDENTIFIERS, USERS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.users import Claim, UserStatus
from roundsman.ids import UserId

_ALIAS: Final = "alias:"
_OPAQUE: Final = re.compile(r"[0-9a-f]{24}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TELLING_DIGITS: Final = 7
_TELLING_LETTERS: Final = 3


async def family_of(tx: Tx, user_id: UserId) -> list[UserId]:
    """The user and everybody who was merged into him: they are one person."""
    merged = tx.database[USERS].find({"merged_into": user_id}, {"_id": 1}, session=tx.session)
    return [user_id, *[UserId(document["_id"]) async for document in merged]]


async def erase_users(tx: Tx, family: Sequence[UserId], *, names: Sequence[str]) -> list[str]:
    """Close the users of one person: nobody finds or signs in as them any more. Gives the keys that found them.

    Old ids stay where they tell nothing of him, so that his orders still are somebody's.
    """
    blank: Document = {
        "$set": {"name": "", "status": UserStatus.CLOSED.value, "claim": Claim.UNCLAIMABLE.value, "roles": []},
        "$unset": dict.fromkeys(("roles_to_confirm", "former_identifiers", "first_sign_in_at", "last_sign_in_at"), ""),
        "$inc": {"session_version": 1},
    }
    ids = list(family)
    found = tx.database[IDENTIFIERS].find(
        {"$or": [{"user_id": {"$in": ids}}, {"user_ids": {"$in": ids}}]}, session=tx.session
    )
    keys = [document["_id"] async for document in found]
    freed = [key for key in keys if is_telling(key, names)]
    await tx.database[USERS].update_many({"_id": {"$in": ids}}, blank, session=tx.session)
    await tx.database[IDENTIFIERS].delete_many({"_id": {"$in": freed}}, session=tx.session)
    return keys


def is_telling(key: str, names: Sequence[str]) -> bool:
    """Whether a key tells who somebody is: a phone, an e-mail, or an old id made of either or of his name."""
    if not key.startswith(_ALIAS):
        return True
    old_id = key.removeprefix(_ALIAS)
    if _OPAQUE.fullmatch(old_id):
        return False
    words = {word.casefold() for name in names for word in name.split() if len(word) >= _TELLING_LETTERS}
    digits = sum(character.isdigit() for character in old_id)
    return "@" in old_id or digits >= _TELLING_DIGITS or any(word in old_id.casefold() for word in words)
