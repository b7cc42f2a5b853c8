"""What a user may be here: his roles, and whether he may sign in at all. Written only where it still is what was read.

Whoever takes an admin away writes one document that all of them share. MongoDB lets one of two such transactions end and
runs the other again, which then sees who is left: so two admins who take the role from each other never leave none.
"""

from collections.abc import Iterable
from dataclasses import replace

from roundsman.access.roles import Role
from roundsman.database.collections import SYSTEM, USERS
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict
from roundsman.identity.role_grants import list_active_admins
from roundsman.identity.users import User, UserStatus

_ADMINS = "admins"


class LastAdmin(Conflict):
    """Without this user nobody would be left who may decide about everybody."""

    code = "last_admin"

    def __init__(self) -> None:
        super().__init__("This is the last admin: make somebody else an admin first")


class ChangedMeanwhile(Conflict):
    """Somebody else changed the user at the same time."""

    code = "changed_meanwhile"


async def take_turns(tx: Tx) -> None:
    """Within a transaction: let no other one that decides about roles and standing end at the same time."""
    await tx.database[SYSTEM].update_one({"_id": _ADMINS}, {"$inc": {"changes": 1}}, upsert=True, session=tx.session)


async def require_another_admin(tx: Tx, user: User) -> None:
    """Go on only if an active admin stays without this user; raises LastAdmin. `take_turns` comes first."""
    admins = await list_active_admins(tx)
    if [admin.id for admin in admins] == [user.id]:
        raise LastAdmin


async def change_roles(tx: Tx, user: User, *, roles: Iterable[Role]) -> User:
    """Give the user exactly these roles, all of them confirmed but those that waited before; returns him as he is now."""
    kept = frozenset(roles)
    after = replace(
        user,
        roles=tuple(role for role in Role if role in kept),
        roles_to_confirm=tuple(role for role in user.roles_to_confirm if role in kept),
    )
    await _write(tx, user, after)
    return after


async def confirm_role(tx: Tx, user: User, role: Role) -> User:
    """Let a role that waited for confirmation count; returns the user as he is now."""
    after = replace(user, roles_to_confirm=tuple(one for one in user.roles_to_confirm if one is not role))
    await _write(tx, user, after)
    return after


async def change_status(tx: Tx, user: User, status: UserStatus) -> User:
    """Shut the user out or let him in; no session and no token from before counts. Returns him as he is now."""
    after = replace(user, status=status, session_version=user.session_version + 1)
    await _write(tx, user, after)
    return after


async def _write(tx: Tx, before: User, after: User) -> None:
    # Only what is decided here, so that a name that changes meanwhile stays changed.
    change: Document = {
        "$set": {
            "status": after.status.value,
            "roles": [role.value for role in after.roles],
            "session_version": after.session_version,
        }
    }
    if after.roles_to_confirm:
        change["$set"]["roles_to_confirm"] = [role.value for role in after.roles_to_confirm]
    else:
        change["$unset"] = {"roles_to_confirm": ""}
    as_read = {
        "_id": before.id,
        "status": before.status.value,
        "roles": [role.value for role in before.roles],
        "session_version": before.session_version,
    }
    changed = await tx.database[USERS].update_one(as_read, change, session=tx.session)
    if changed.matched_count == 0:
        raise ChangedMeanwhile("Somebody else changed this user at the same time: look at him again")
