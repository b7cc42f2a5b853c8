"""What the source takes away from people while they are one, so that telling them apart gives none of it back.

Somebody who was joined with another is not followed as himself: his role of the staff and his password rest. What his
accounts say at that time is kept with what the joining changed. Taking it back compares that with what they say by then,
as following the source would have.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from roundsman.access.roles import Role
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.credential_storage import find_credential
from roundsman.auth.credentials import CredentialOrigin
from roundsman.database.changes import ids_of_owner, remove
from roundsman.database.collections import CREDENTIALS, DELIVERY_BOYS, SUPPLIERS, USERS
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document, Tx
from roundsman.identity.following import disable_user, replace_role
from roundsman.identity.importing import find_users
from roundsman.identity.users import User
from roundsman.ids import UserId
from roundsman.migration.following import Ask, Disable, Effect, LowerRole, Matter, Ours, Said, follow
from roundsman.migration.members import Opener, keys_of_users, stored_copies
from roundsman.migration.said import said_by
from roundsman.operations.joining.journal import Entry, TakenBack, take_entry_back

_OF_PROFILES = {Role.DELIVERY_BOY: DELIVERY_BOYS, Role.SUPPLIER: SUPPLIERS}


async def what_is_said(tx: Tx, users: Iterable[UserId], opener: Opener, *, now: datetime) -> tuple[Document, ...]:
    """What the users' accounts say of role, password and block, as the journal keeps it."""
    keys = [key for of_user in (await keys_of_users(tx, users)).values() for key in of_user]
    said = await _said(tx, keys, opener, now=now)
    return tuple(
        without_absent({"key": one.key, "role": one.role, "password": one.password, "blocked": one.blocked or None})
        for _, one in said
        if one != Said(one.key, "")
    )


async def take_decision_back(
    tx: Tx, entry: Entry, opener: Opener, *, actor: Actor, now: datetime, even_in_use: bool = False
) -> TakenBack:
    """Undo what a decision changed, but for what the source has taken away since; call it in a transaction.

    Raises LaterChangesFirst or CannotTakeBack.
    """
    taken_back = await take_entry_back(tx, entry, now=now, even_in_use=even_in_use)
    note = partial(AuditEntry, now, actor, reason=f"{entry.cause}: taken away in the source meanwhile")
    before = {one["key"]: _said_from(one) for one in entry.said}
    words = list(taken_back.left)
    for user_id, after in await _said(tx, list(before), opener, now=now):
        for user in await find_users(tx, [user_id]):
            for effect in follow(before[after.key], after, await _ours(tx, user), people_are_live=True):
                if done := await _take_away(tx, user, before[after.key], effect):
                    await record(tx, note(done, f"user:{user.id}"))
                    words.append(f"{USERS} {user.id}: {done}, for {after.key} says so by now")
    return replace(taken_back, left=tuple(words))


async def _said(tx: Tx, keys: Sequence[str], opener: Opener, *, now: datetime) -> list[tuple[UserId, Said]]:
    """Whose each document is, and what it says, as far as it can be read."""
    found: list[tuple[UserId, Said]] = []
    for copy in await stored_copies(tx, keys):
        if reading := await opener.read(tx, copy, now=now):
            said = said_by(reading, UserId(copy["user_id"]), opener.seal)
            only = Said(copy["_id"], "", role=said.role, password=said.password, blocked=said.blocked)
            found.append((UserId(copy["user_id"]), only))
    return found


def _said_from(document: Document) -> Said:
    role = document.get("role")
    return Said(
        document["key"],
        "",
        role=Role(role) if role else None,
        password=document.get("password"),
        blocked=document.get("blocked", False),
    )


async def _ours(tx: Tx, user: User) -> Ours:
    profiles = [role for role, name in _OF_PROFILES.items() if await ids_of_owner(tx, name, user.id)]
    return Ours(user, roles_of_profiles=frozenset(profiles))


async def _take_away(tx: Tx, user: User, before: Said, effect: Effect) -> str | None:
    """Do it, in words; whatever else the source says anew is for a human, who was asked when it said so."""
    match effect:
        case LowerRole(role, instead):
            return "role.lowered" if await replace_role(tx, user.id, role, instead=instead) else None
        case Disable():
            return "user.disabled" if await disable_user(tx, user.id) else None
        case Ask(Matter.PASSWORD) if before.password:
            return "password.removed" if await _forget_imported(tx, user.id) else None
        case _:
            return None


async def _forget_imported(tx: Tx, user_id: UserId) -> bool:
    credential = await find_credential(tx, user_id)
    if credential is None or credential.origin is CredentialOrigin.OWN:
        return False
    return await remove(tx, CREDENTIALS, user_id) is not None
