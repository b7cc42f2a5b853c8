"""What Roundsman already holds of the records in a roster, read before planning.

On the first import this is nothing and costs nothing. Later only the new documents' keys are looked up.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from itertools import combinations, islice
from typing import TypeVar

from roundsman.access.roles import STAFF_ROLES
from roundsman.customers.linkage import customers_of_users
from roundsman.database.collections import IDENTIFIERS, REVIEWS, SOURCE_DOCUMENTS
from roundsman.database.transaction import Tx
from roundsman.identity.importing import claimed_among, find_identifiers, find_users
from roundsman.identity.mode import PeopleMode, get_mode
from roundsman.identity.names import fold_name
from roundsman.identity.users import User
from roundsman.ids import UserId
from roundsman.migration.copies import Copy, find_copies, iterate_copies
from roundsman.migration.half_taken import assign_half_taken
from roundsman.migration.pairing import Pair
from roundsman.migration.people import Assigned, Known, asked_by_member
from roundsman.migration.plan import Fate
from roundsman.migration.profile import Kind
from roundsman.migration.records import PersonRecord, seconds
from roundsman.migration.reviews import APART, Decision, parties_of
from roundsman.migration.roster import Roster, Row
from roundsman.migration.unsaid import find_unsaid

Item = TypeVar("Item")
_BATCH = 2_000
_MANY_TIMES = 4
HERE = "roundsman"
"""Stands as the collection of a record that is a user of Roundsman, not a source document."""


async def learn(tx: Tx, roster: Roster) -> Known:
    """Read assignments, owners of identifiers and human decisions; users of Roundsman join the roster as records."""
    assigned = await _assignments(tx, roster)
    owners = await _owners(tx, roster, assigned)
    await assign_half_taken(tx, roster, assigned, owners)
    people_are_live = await _are_live(tx, assigned)
    unsaid = {} if people_are_live else await _unsaid(tx, roster, assigned, owners)
    owners = {key: users for key, users in owners.items() if key not in unsaid} if unsaid else owners
    await _add_own_users(tx, roster, owners)
    with_customer = await _with_customer(tx, roster, assigned)
    asked, kept_apart, joined = await _reviews(tx, roster)
    return Known(
        assigned,
        owners,
        with_customer,
        asked_by_member(asked),
        kept_apart,
        joined - kept_apart,
        people_are_live=people_are_live,
        unsaid=unsaid,
        claimed=await _claimed(tx, roster, assigned) if people_are_live else frozenset(),
    )


async def _are_live(tx: Tx, assigned: Mapping[Row, Assigned]) -> bool:
    """Whether people are managed here; what never followed a source begins by following it."""
    return bool(assigned) and (await get_mode(tx)).people is PeopleMode.LIVE


async def _claimed(tx: Tx, roster: Roster, assigned: Mapping[Row, Assigned]) -> frozenset[UserId]:
    """The claimed users among the owners; where no record is new, nobody could join them."""
    if all(row in assigned or roster.owner_of(row) for row in range(len(roster))):
        return frozenset()
    owners = {owner for row in roster.owned_rows() if (owner := roster.owner_of(row)) is not None}
    found = [await claimed_among(tx, batch) for batch in _batches(owners)]
    return frozenset(user for users in found for user in users)


async def _assignments(tx: Tx, roster: Roster) -> dict[Row, Assigned]:
    if not await tx.database[SOURCE_DOCUMENTS].find_one({}, {"_id": 1}):
        return {}
    assigned: dict[Row, Assigned] = {}
    async for copy in _copies(tx, roster):
        row = _row_of(roster, copy)
        if row is not None:
            # What had gone and is back counts as changed, so that its profile follows it again.
            sha256 = b"" if copy.is_gone or copy.is_outdated else copy.sha256
            assigned[row] = Assigned(copy.profile_id, sha256, archived=copy.fate is Fate.ARCHIVED)
            roster.assign(row, UserId(copy.user_id))
    return assigned


async def _copies(tx: Tx, roster: Roster) -> AsyncIterator[Copy]:
    """The copies of the records in the roster, and others where reading all is quicker than asking for each."""
    if await tx.database[SOURCE_DOCUMENTS].estimated_document_count() < _MANY_TIMES * len(roster):
        async for copy in iterate_copies(tx):
            yield copy
        return
    for batch in _batches(record.key for record in roster):
        for copy in await find_copies(tx, batch):
            yield copy


def _row_of(roster: Roster, copy: Copy) -> Row | None:
    rows = roster.known_as(copy.source_id)
    return next((row for row in rows if roster[row].key == copy.key), None)


async def _owners(tx: Tx, roster: Roster, assigned: Mapping[Row, Assigned]) -> dict[str, tuple[UserId, ...]]:
    if not await tx.database[IDENTIFIERS].find_one({}, {"_id": 1}):
        return {}
    keys = (key for row in range(len(roster)) if _is_news(roster, row, assigned) for key in roster[row].identifier_keys)
    owners: dict[str, tuple[UserId, ...]] = {}
    for batch in _batches(keys):
        owners |= {found.key: found.user_ids for found in await find_identifiers(tx, batch)}
    return owners


async def _unsaid(
    tx: Tx, roster: Roster, assigned: Mapping[Row, Assigned], owners: Mapping[str, tuple[UserId, ...]]
) -> dict[str, Row]:
    changed = _changed(roster, assigned)
    return await find_unsaid(tx, roster, changed, owners) if assigned or changed else {}


def _changed(roster: Roster, assigned: Mapping[Row, Assigned]) -> frozenset[UserId]:
    """Whose documents changed, also before they were taken at all."""
    changed = (roster.owner_of(row) for row in roster.owned_rows() if _is_news(roster, row, assigned))
    return frozenset(owner for owner in changed if owner is not None)


def _is_news(roster: Roster, row: Row, assigned: Mapping[Row, Assigned]) -> bool:
    return row not in assigned or assigned[row].sha256 != roster[row].sha256


async def _add_own_users(tx: Tx, roster: Roster, owners: Mapping[str, tuple[UserId, ...]]) -> None:
    """Users who hold a phone or e-mail of a new record, but have no document in the roster with it, take part in matching."""
    keys = {key: users[0] for key, users in owners.items() if not key.startswith("alias:")}
    present = set(_carried(roster, frozenset(keys.values()))) if keys else set()
    held: dict[UserId, dict[str, str]] = {}
    for key, holder in keys.items():
        kind, _, value = key.partition(":")
        if (holder, key) not in present:
            held.setdefault(holder, {})[kind] = value
    for user in await find_users(tx, list(held)):
        roster.add(_own_record(user, held[user.id]), owner=user.id)


def _carried(roster: Roster, users: frozenset[UserId]) -> Iterator[tuple[UserId, str]]:
    """Which identifiers the documents of these users carry."""
    for row in roster.owned_rows():
        if (owner := roster.owner_of(row)) in users:
            yield from ((owner, key) for key in roster[row].identifier_keys)


def _own_record(user: User, keys: Mapping[str, str]) -> PersonRecord:
    return PersonRecord(
        collection=HERE,
        other_id=None,
        kind_value=Kind.USER.value,
        sha256=b"",
        object_id_bytes=user.id.binary,
        app_id=None,
        name=user.name,
        folded_text=fold_name(user.name).text,
        phone=keys.get("phone"),
        email=keys.get("email"),
        sign_in_email=keys.get("email"),
        folded_address="",
        link_values=(),
        role_value=next((role.value for role in user.roles if role in STAFF_ROLES), None),
        has_password=False,
        blocked=False,
        created_seconds=seconds(user.created_at),
        created_by=None,
        gstin=None,
        phone_verified_seconds=None,
        last_sign_in_seconds=seconds(user.last_sign_in_at),
    )


async def _with_customer(tx: Tx, roster: Roster, assigned: Mapping[Row, Assigned]) -> frozenset[UserId]:
    """Those users who need a customer profile and have one."""
    needing = {roster.owner_of(row) for row in assigned if roster.activity_of(row).needs_profile}
    found: set[UserId] = set()
    for batch in _batches(user for user in needing if user is not None):
        found |= (await customers_of_users(tx, batch)).keys()
    return frozenset(found)


async def _reviews(tx: Tx, roster: Roster) -> tuple[set[frozenset[str]], frozenset[Pair], frozenset[Pair]]:
    """What was asked, and which pairs humans kept apart or joined; what is one user by now is no pair any more."""
    asked: set[frozenset[str]] = set()
    apart: set[Pair] = set()
    joined: set[Pair] = set()
    async for review in tx.database[REVIEWS].find({}, {"members": 1, "decision": 1, "parties": 1}):
        asked.add(frozenset(review["members"]))
        found = [_rows_of_keys(roster, party) for party in parties_of(review)]
        if review.get("decision") in APART:
            apart |= {_pair(a, b) for one, other in combinations(found, 2) for a in one for b in other}
        elif review.get("decision") == Decision.MERGE:
            joined |= {_pair(a, b) for a, b in combinations([row for rows in found for row in rows], 2)}
    return asked, _of_two_users(roster, apart), _of_two_users(roster, joined)


def _of_two_users(roster: Roster, pairs: Iterable[Pair]) -> frozenset[Pair]:
    owner_of = roster.owner_of
    return frozenset((a, b) for a, b in pairs if owner_of(a) is None or owner_of(a) != owner_of(b))


def _pair(a: Row, b: Row) -> Pair:
    return (a, b) if a < b else (b, a)


def _rows_of_keys(roster: Roster, keys: Iterable[str]) -> list[Row]:
    return [row for key in keys if (row := _row_of_key(roster, key)) is not None]


def _row_of_key(roster: Roster, key: str) -> Row | None:
    rows = roster.known_as(key.partition(":")[2])
    return next((row for row in rows if roster[row].key == key), None)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
