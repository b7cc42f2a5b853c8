"""Looking for people: by name, role and status, and by a phone or an e-mail, to sign in with or as a contact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.customers.linkage import owners_of_contact
from roundsman.database.transaction import Tx
from roundsman.identity.identifiers import identifier_candidates
from roundsman.identity.importing import find_identifiers, find_users
from roundsman.identity.lookup import get_user, identifiers_of_users
from roundsman.identity.searching import UserFilter, UserPage, find_named, list_users
from roundsman.identity.users import User, UserStatus
from roundsman.ids import UserId
from roundsman.operations.joining.journal import entries_about

MOST_NAMESAKES: Final = 200
"""Of more people whose names begin so, nobody is looked for whose name has it elsewhere."""


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """What has to be true of the people; what is None does not matter."""

    name: str | None = None
    """How a name begins, or words of it."""
    contact: str | None = None
    """A phone or an e-mail in any spelling: what one signs in with, or what a customer profile holds."""
    role: Role | None = None
    status: UserStatus | None = None
    anything: str | None = None
    """A contact in any spelling, any old id or a user id; where that is nobody's, a name."""


@dataclass(frozen=True, slots=True)
class Joining:
    """One time people were joined or told apart: who remained, who was concerned, when, by whom and why."""

    cause: str
    at: datetime
    by: str
    survivor: UserId
    users: tuple[UserId, ...]


async def search_people(tx: Tx, wanted: PeopleFilter, *, after: str | None = None, limit: int = 50) -> UserPage:
    """List users in the order of their names. Raises MalformedIdentifier and MalformedPageKey."""
    among = None if wanted.contact is None else await _users_of_contact(tx, wanted.contact)
    name = wanted.name
    if wanted.anything is not None:
        known = await _users_known_by(tx, wanted.anything)
        name, among = (name, known) if known else (wanted.anything, among)
    if name is not None and (named := await find_named(tx, name, most=MOST_NAMESAKES)) is not None:
        name, among = None, named if among is None else among & named
    return await list_users(tx, UserFilter(name, wanted.role, wanted.status, among), after=after, limit=limit)


async def sign_in_contacts_of(tx: Tx, users: Sequence[User]) -> dict[UserId, tuple[str, ...]]:
    """Read the phones and e-mails with which these users sign in, phones first; nobody is left out."""
    found: dict[UserId, tuple[str, ...]] = {user.id: () for user in users}
    for one in reversed(await identifiers_of_users(tx, list(found))):
        kind, _, contact = one.key.partition(":")
        if kind in {"phone", "email"}:
            found[one.user_ids[0]] += (contact,)
    return found


async def joinings_of(tx: Tx, user_id: UserId) -> list[Joining]:
    """List when a user was joined with others or told apart from them, the newest first. Raises UnknownUser."""
    await get_user(tx, user_id)
    found = await entries_about(tx, user_id)
    return [Joining(one.cause, one.at, one.by, one.survivor, one.users) for one in found]


async def _users_of_contact(tx: Tx, text: str) -> set[UserId]:
    keys = [key for key in identifier_candidates(text) if not key.startswith("alias:")]
    owners = {user for one in await find_identifiers(tx, keys) for user in one.user_ids}
    owners |= await owners_of_contact(tx, [key.partition(":")[2] for key in keys])
    return await _as_they_are(tx, owners)


async def _users_known_by(tx: Tx, text: str) -> set[UserId]:
    carriers = await find_identifiers(tx, [key for key in identifier_candidates(text) if key.startswith("alias:")])
    known = await _as_they_are(tx, {user for one in carriers for user in one.user_ids})
    known |= await _users_of_contact(tx, text)
    if ObjectId.is_valid(text.strip()):
        # Who asks for a user by his own id wants to see him, though he was merged.
        known |= {user.id for user in await find_users(tx, [UserId(ObjectId(text.strip()))])}
    return known


async def _as_they_are(tx: Tx, owners: set[UserId]) -> set[UserId]:
    return {user.merged_into or user.id for user in await find_users(tx, sorted(owners))} if owners else set()
