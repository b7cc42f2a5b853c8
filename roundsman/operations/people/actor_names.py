"""Who did what the audit log tells, by the names that people know."""

from collections.abc import Iterable

from bson import ObjectId

from roundsman.database.transaction import Tx
from roundsman.identity.importing import find_users
from roundsman.ids import UserId

_OTHERS = {"system": "Roundsman", "self": "the person himself"}


async def names_of_actors(tx: Tx, whos: Iterable[str]) -> dict[str, str]:
    """Name each actor: a user by his name, others by what they are; who cannot be named keeps his id."""
    wanted = set(whos)
    users = await find_users(tx, [UserId(ObjectId(who)) for who in sorted(wanted) if ObjectId.is_valid(who)])
    return {who: _OTHERS.get(who, who) for who in wanted} | {str(user.id): user.name for user in users}
