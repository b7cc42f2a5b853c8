"""Taking an account into one's own hands by a phone or e-mail that was proved."""

from datetime import datetime

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.database.transaction import Tx
from roundsman.identity.claiming import claim_user, find_archived_holder, find_holder, note_verified, restore_user
from roundsman.identity.lookup import get_user
from roundsman.identity.mode import PeopleMode, get_mode, require_people_managed_here
from roundsman.identity.users import User, UserStatus


async def take_hold(tx: Tx, key: str, *, address: str | None, now: datetime) -> User | None:
    """Give the user whose phone or e-mail this is; None where it is nobody's who may sign in.

    Within a transaction. A claimable user is claimed, an archived customer restored; before cutover, when only staff
    signs in, nobody is changed.
    """
    user = await find_holder(tx, key)
    if user is None:
        return await _restored(tx, key, address=address, now=now)
    if user.status is not UserStatus.ACTIVE:
        return None
    if (await get_mode(tx)).people is PeopleMode.SHADOW:
        return user
    await require_people_managed_here(tx)
    await note_verified(tx, key, user.id, now=now)
    if await claim_user(tx, user):
        await _record(tx, user, "user.claimed", address=address, now=now)
    return await get_user(tx, user.id)


async def _restored(tx: Tx, key: str, *, address: str | None, now: datetime) -> User | None:
    archived = await find_archived_holder(tx, key)
    if archived is None:
        return None
    await require_people_managed_here(tx)
    user = await restore_user(tx, archived, key, now=now)
    await _record(tx, user, "user.restored", address=address, now=now)
    return user


async def _record(tx: Tx, user: User, action: str, *, address: str | None, now: datetime) -> None:
    actor = Actor(str(user.id), address=address)
    await record(tx, AuditEntry(now, actor, action, f"user:{user.id}", reason="proved by a code"))
