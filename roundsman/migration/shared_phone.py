"""A phone that several people share: who of them signs in with it. The others keep it as a contact."""

from collections.abc import Collection, Sequence

from roundsman.auth.credential_storage import find_credential
from roundsman.database.changes import Change
from roundsman.database.transaction import Tx
from roundsman.errors import InvalidInput
from roundsman.identity.identifiers import phone_key
from roundsman.identity.importing import find_identifiers
from roundsman.identity.lookup import get_user, identifiers_of_user
from roundsman.identity.rejoining import rewrite_identifier, rewrite_user
from roundsman.identity.users import Identifier
from roundsman.ids import UserId
from roundsman.migration.members import Opener, record_of, stored_copies
from roundsman.migration.reviews import Given
from roundsman.operations.joining.journal import Entry, belongings_of, keep_entry
from roundsman.operations.joining.survivor import claim_of, reclaimed


class NoSharedPhone(InvalidInput):
    """The holder is nobody of the question, or no phone of it can become his."""

    code = "no_shared_phone"


async def hand_phone_over(
    tx: Tx,
    members: Sequence[str],
    users: Collection[UserId],
    holder: UserId,
    *,
    cause: str,
    given: Given,
    opener: Opener,
) -> None:
    """Let the holder sign in with the phones that he and another of the users have, and keep that in the journal.

    Whoever held one proved it for himself: for the holder it is not verified. Raises NoSharedPhone.
    """
    if holder not in users:
        raise NoSharedPhone(f"user {holder} is nobody of this question; it is about {', '.join(map(str, users))}")
    shared = await _shared_phones(tx, members, holder, opener, given)
    found = [one for one in await find_identifiers(tx, shared) if one.user_ids[0] in users]
    if not found:
        raise NoSharedPhone("none of the people of this question signs in with a phone that they share")
    had = await belongings_of(tx, holder)
    others = [one for one in found if one.user_ids != (holder,)]
    changes: list[Change] = [
        await rewrite_identifier(tx, Identifier(one.key, (holder,), epoch=one.epoch)) for one in others
    ]
    for user_id in sorted({holder, *(one.user_ids[0] for one in others)} if others else ()):
        user, keys = await get_user(tx, user_id), [one.key for one in await identifiers_of_user(tx, user_id)]
        has_password = await find_credential(tx, user_id) is not None
        changes.append(await rewrite_user(tx, reclaimed(user, claim_of([user], keys, has_password=has_password))))
    if changes:
        entry = Entry(cause, given.at, given.by, holder, tuple(sorted(users)), tuple(changes), had)
        await keep_entry(tx, entry)


async def _shared_phones(tx: Tx, members: Sequence[str], holder: UserId, opener: Opener, given: Given) -> list[str]:
    """The phones that the holder and another have: a document of theirs says it, or they sign in with it."""
    having: dict[str, set[UserId]] = {}
    for copy in await stored_copies(tx, members):
        reading = await opener.read(tx, copy, now=given.at)
        if reading and (phone := record_of(reading).phone):
            having.setdefault(phone_key(phone), set()).add(copy["user_id"])
    for one in await find_identifiers(tx, list(having)):
        having[one.key].update(one.user_ids)
    return [key for key, users in having.items() if holder in users and len(users) > 1]
