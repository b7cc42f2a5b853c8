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
from roundsman.identity.identifiers import alias_key, email_key, phone_key
from roundsman.identity.importing import find_identifiers, find_users
from roundsman.identity.names import fold_name
from roundsman.identity.users import User
from roundsman.ids import UserId
from roundsman.migration.copies import Copy, find_copies, iterate_copies
from roundsman.migration.people import Assigned, Known
from roundsman.migration.plan import Fate
from roundsman.migration.profile import Kind
from roundsman.migration.records import PersonRecord, seconds
from roundsman.migration.roster import Roster, Row

Item = TypeVar("Item")
_BATCH = 2_000
_MANY_TIMES = 4
HERE = "roundsman"
"""Stands as the collection of a record that is a user of Roundsman, not a source document."""


async def learn(tx: Tx, roster: Roster) -> Known:
    """Read assignments, owners of identifiers and human decisions; users of Roundsman join the roster as records."""
    assigned = await _assignments(tx, roster)
    owners = await _owners(tx, roster, assigned)
    await _add_own_users(tx, roster, assigned, owners)
    with_customer = await _with_customer(tx, roster, assigned)
    asked, kept_apart = await _reviews(tx, roster)
    return Known(assigned, owners, with_customer, asked, kept_apart)


async def _assignments(tx: Tx, roster: Roster) -> dict[Row, Assigned]:
    if not await tx.database[SOURCE_DOCUMENTS].find_one({}, {"_id": 1}):
        return {}
    assigned: dict[Row, Assigned] = {}
    async for copy in _copies(tx, roster):
        row = _row_of(roster, copy)
        if row is not None:
            # What had gone and is back counts as changed, so that its profile follows it again.
            sha256 = b"" if copy.is_gone else copy.sha256
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
    keys = (key for row in range(len(roster)) if _is_news(roster, row, assigned) for key in _keys(roster[row]))
    owners: dict[str, tuple[UserId, ...]] = {}
    for batch in _batches(keys):
        owners |= {found.key: found.user_ids for found in await find_identifiers(tx, batch)}
    return owners


def _is_news(roster: Roster, row: Row, assigned: Mapping[Row, Assigned]) -> bool:
    return row not in assigned or assigned[row].sha256 != roster[row].sha256


def _keys(record: PersonRecord) -> Iterator[str]:
    yield from map(alias_key, record.aliases)
    if record.phone:
        yield phone_key(record.phone)
    if record.sign_in_email:
        yield email_key(record.sign_in_email)


async def _add_own_users(
    tx: Tx, roster: Roster, assigned: Mapping[Row, Assigned], owners: Mapping[str, tuple[UserId, ...]]
) -> None:
    """Users who hold a phone or e-mail of a new record, but have no document in the roster, take part in matching."""
    present = {roster.owner_of(row) for row in assigned}
    held: dict[UserId, dict[str, str]] = {}
    for key, users in owners.items():
        kind, _, value = key.partition(":")
        if kind != "alias" and users[0] not in present:
            held.setdefault(users[0], {})[kind] = value
    for user in await find_users(tx, list(held)):
        roster.add(_own_record(user, held[user.id]), owner=user.id)


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


async def _reviews(tx: Tx, roster: Roster) -> tuple[frozenset[frozenset[str]], frozenset[tuple[Row, Row]]]:
    asked: set[frozenset[str]] = set()
    apart: set[tuple[Row, Row]] = set()
    async for review in tx.database[REVIEWS].find({}, {"members": 1, "status": 1, "decision": 1}):
        asked.add(frozenset(review["members"]))
        if review.get("decision") == "keep_apart":
            rows = sorted(row for key in review["members"] if (row := _row_of_key(roster, key)) is not None)
            # Documents that are one user already stay so: the answer was about the others.
            apart |= {(a, b) for a, b in combinations(rows, 2) if roster.owner_of(a) != roster.owner_of(b)}
    return frozenset(asked), frozenset(apart)


def _row_of_key(roster: Roster, key: str) -> Row | None:
    rows = roster.known_as(key.partition(":")[2])
    return next((row for row in rows if roster[row].key == key), None)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
