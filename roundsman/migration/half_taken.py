"""Documents whose user was made by an earlier plan, but which changed or were away before they were taken themselves.

Their old id leads to that user, and no copy says so. They stay with him, as everything that was assigned does: what was
written for them then, identifiers and merges, would otherwise lead to a user whom nothing stands for.
"""

from collections.abc import Collection, Mapping
from itertools import islice

from roundsman.database.transaction import Tx
from roundsman.identity.identifiers import alias_key
from roundsman.identity.importing import find_users
from roundsman.identity.users import UserStatus
from roundsman.ids import UserId
from roundsman.migration.copies import copies_of_users
from roundsman.migration.profile import Kind
from roundsman.migration.roster import Roster, Row

_BATCH = 2_000


async def assign_half_taken(
    tx: Tx, roster: Roster, taken: Collection[Row], owners: Mapping[str, tuple[UserId, ...]]
) -> None:
    """Note in the roster whose these documents are. Where nobody owns any of the records' keys there are none."""
    rows = (row for row in range(len(roster)) if row not in taken) if owners else iter(())
    while batch := list(islice(rows, _BATCH)):
        users = await _users(tx, roster, batch, owners)
        copies = await copies_of_users(tx, set(users.values()))
        known = {(alias, UserId(copy.user_id)) for copy in copies for alias in (copy.source_id, copy.app_id)}
        for row, user in users.items():
            # An old id that a copy carries was taken with that copy; two documents may have the same one.
            if (roster[row].source_id, user) not in known:
                roster.assign(row, user)


async def _users(
    tx: Tx, roster: Roster, rows: Collection[Row], owners: Mapping[str, tuple[UserId, ...]]
) -> dict[Row, UserId]:
    """The user each record's `_id` leads to: by an identifier, or as the id of a user."""
    named = {row: owners.get(alias_key(roster[row].source_id), ()) for row in rows}
    found = {row: of_alias[0] for row, of_alias in named.items() if len(of_alias) == 1}
    own = {
        UserId(own_id): row
        for row in rows
        if row not in found and roster.kind_of(row) is Kind.USER and (own_id := roster[row].object_id)
    }
    for user in await find_users(tx, [*own, *found.values()]):
        if user.status is UserStatus.ARCHIVED:
            found = {row: owner for row, owner in found.items() if owner != user.id}
        elif user.id in own:
            found[own[user.id]] = user.merged_into or user.id
    return found
