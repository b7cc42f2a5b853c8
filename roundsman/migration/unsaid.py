"""Phones and e-mails that people hold here and no document of theirs says any more, while they follow the source.

Whoever has documents signs in with what these say. What his documents left is free: for the next who says it, or for
nobody. A user who was made here keeps what he has, and so does one of whom a document is out of sight, because it is gone
from the source or stands in another one: it may be the one that says it.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from itertools import islice

from roundsman.database.transaction import Tx
from roundsman.identity.following import is_imported, sign_in_identifiers
from roundsman.identity.importing import find_users
from roundsman.ids import UserId
from roundsman.migration.copies import Copy, copies_of_users
from roundsman.migration.roster import Roster, Row

_BATCH = 2_000


async def find_unsaid(
    tx: Tx, roster: Roster, changed: Collection[UserId], owners: Mapping[str, tuple[UserId, ...]]
) -> dict[str, Row]:
    """What is left of those whose documents changed, and of what others want; with a row of each holder."""
    held = {key: users[0] for key, users in owners.items() if not key.startswith("alias:")}
    for batch in _batches(sorted(changed)):
        held |= {one.key: one.user_ids[0] for one in await sign_in_identifiers(tx, batch)}
    if not held:
        return {}
    rows = _rows_of(roster, frozenset(held.values()))
    said = {(holder, key) for holder, his in rows.items() for row in his for key in roster[row].identifier_keys}
    left = {key: holder for key, holder in held.items() if holder in rows and (holder, key) not in said}
    in_sight = {one for batch in _batches(sorted({*left.values()})) async for one in _in_sight(tx, roster, batch)}
    return {key: rows[holder][0] for key, holder in sorted(left.items()) if holder in in_sight}


def _rows_of(roster: Roster, users: frozenset[UserId]) -> dict[UserId, list[Row]]:
    rows: dict[UserId, list[Row]] = {}
    for row in sorted(roster.owned_rows()):
        if (owner := roster.owner_of(row)) in users and owner is not None:
            rows.setdefault(owner, []).append(row)
    return rows


async def _in_sight(tx: Tx, roster: Roster, users: list[UserId]) -> AsyncIterator[UserId]:
    """Those of the users who were imported, and all of whose documents are in the roster."""
    hidden = {UserId(copy.user_id) for copy in await copies_of_users(tx, users) if not _is_there(roster, copy)}
    for user in await find_users(tx, users):
        if user.id not in hidden and is_imported(user):
            yield user.id


def _is_there(roster: Roster, copy: Copy) -> bool:
    return any(roster[row].key == copy.key for row in roster.known_as(copy.source_id))


def _batches(users: Iterable[UserId]) -> Iterator[list[UserId]]:
    iterator = iter(users)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
