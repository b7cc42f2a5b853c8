"""Finding the one user behind any identifier: a phone in any spelling, an e-mail in any case, any old id, his own id.

One read by primary key finds who carries the identifier. Nothing is guessed: what leads to two people is refused with
both of them, and whoever was merged is answered by the survivor.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from bson import ObjectId

from roundsman.database.collections import IDENTIFIERS, USERS
from roundsman.database.documents import find_value, iterate
from roundsman.database.transaction import Tx
from roundsman.errors import Conflict, IntegrityBroken, NotFound
from roundsman.identity.identifiers import identifier_candidates
from roundsman.identity.importing import find_users
from roundsman.identity.joining import find_identifiers_with_users
from roundsman.identity.store import identifier_from, user_from
from roundsman.identity.users import Identifier, User, UserStatus
from roundsman.ids import UserId


class UnknownIdentifier(NotFound):
    """Nobody carries the identifier."""

    code = "unknown_identifier"


class UnknownUser(NotFound):
    """There is no user of this id."""

    code = "unknown_user"


class AmbiguousIdentifier(Conflict):
    """Several people carry the identifier, which only an old id can do; `user_ids` are all of them."""

    code = "ambiguous_identifier"

    def __init__(self, user_ids: Sequence[UserId]) -> None:
        names = " and ".join(str(user_id) for user_id in user_ids)
        super().__init__(f"This identifier belongs to several users: {names}")
        self.user_ids = tuple(user_ids)


class DanglingReference(IntegrityBroken):
    """An identifier or a merged user points to a user who is not there, or who was merged himself."""

    code = "dangling_reference"


async def find_user(tx: Tx, text: str) -> User:
    """Find the user whom the text identifies, whatever his status; of merged users the survivor.

    Raises MalformedIdentifier, UnknownIdentifier or AmbiguousIdentifier.
    """
    return await the_one_user(tx, text, await find_identifiers_with_users(tx, identifier_candidates(text)))


async def the_one_user(tx: Tx, text: str, found: Sequence[tuple[Identifier, User | None]]) -> User:
    """Find him where the identifiers that the text may be, and their users, were read already. Raises the same."""
    carriers = {user_id for identifier, _ in found for user_id in identifier.user_ids}
    known = {user.id: user for _, user in found if user is not None}
    users = await _survivors(tx, carriers, known) if carriers else await _by_own_id(tx, text)
    if not users:
        raise UnknownIdentifier("Nobody is known by this identifier")
    if len(users) > 1:
        raise AmbiguousIdentifier([user.id for user in users])
    return users[0]


async def get_user(tx: Tx, user_id: UserId) -> User:
    """Read a user by his id, as he is: a merged one stays merged. Raises UnknownUser."""
    user = await find_value(tx, USERS, user_from, {"_id": user_id})
    if user is None:
        raise UnknownUser("There is no such user")
    return user


async def identifiers_of_user(tx: Tx, user_id: UserId) -> list[Identifier]:
    """List what finds the user, ambiguous old ids included, by key."""
    criteria = {"$or": [{"user_id": user_id}, {"user_ids": user_id}]}
    return sorted(
        [identifier async for identifier in iterate(tx, IDENTIFIERS, identifier_from, criteria)],
        key=lambda identifier: identifier.key,
    )


async def identifiers_of_users(tx: Tx, user_ids: Collection[UserId]) -> list[Identifier]:
    """List the phones and e-mails with which these users sign in, and old ids that only one carries, by key."""
    criteria = {"user_id": {"$in": list(user_ids)}}
    found = [identifier async for identifier in iterate(tx, IDENTIFIERS, identifier_from, criteria)]
    return sorted(found, key=lambda identifier: identifier.key)


async def _by_own_id(tx: Tx, text: str) -> list[User]:
    if not ObjectId.is_valid(text.strip()):
        return []
    user = await find_value(tx, USERS, user_from, {"_id": ObjectId(text.strip())})
    return [] if user is None else await _survivors(tx, [user.id], {user.id: user})


async def _survivors(tx: Tx, user_ids: Iterable[UserId], known: Mapping[UserId, User]) -> list[User]:
    """Replace merged users by those they were merged into; in the order of their ids, each once.

    Who is `known` was read already.
    """
    users = [*known.values(), *await _users(tx, [user_id for user_id in user_ids if user_id not in known])]
    merged_into = {user.merged_into for user in users if user.status is UserStatus.MERGED}
    standing = {user.id: user for user in users if user.status is not UserStatus.MERGED}
    missing = [user_id for user_id in merged_into if user_id is not None and user_id not in standing]
    standing |= {user.id: user for user in await _users(tx, missing)}
    if any(user.status is UserStatus.MERGED for user in standing.values()) or None in merged_into:
        raise DanglingReference("A merged user does not lead to a living one; run `roundsman migrate verify`")
    return [standing[user_id] for user_id in sorted(standing)]


async def _users(tx: Tx, user_ids: Iterable[UserId]) -> list[User]:
    wanted = list(user_ids)
    if not wanted:
        return []
    users = await find_users(tx, wanted)
    if len(users) < len(wanted):
        raise DanglingReference("An identifier leads to a user who is not there; run `roundsman migrate verify`")
    return users
