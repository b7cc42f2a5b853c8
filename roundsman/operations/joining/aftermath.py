"""What is set right after something was taken back, for the time between did not stand still.

Nothing stays with somebody who is merged again or gone, a block on people who were one blocks each of them, and nobody
knows who of them opened which session.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from roundsman.access.roles import PARTNER_ROLES, Role
from roundsman.auth.credential_storage import find_credential
from roundsman.auth.sessions import end_sessions
from roundsman.database.changes import CannotTakeBack, Change, Edit, ids_of_owner, move
from roundsman.database.collections import (
    CUSTOMERS,
    DELIVERY_BOYS,
    IDENTIFIERS,
    OF_USERS,
    SOURCE_DOCUMENTS,
    SUPPLIERS,
    USERS,
)
from roundsman.database.transaction import Tx
from roundsman.identity.following import disable_user
from roundsman.identity.importing import add_profile_roles, find_users
from roundsman.identity.lookup import get_user, identifiers_of_user
from roundsman.identity.rejoining import lead_identifiers_to, rewrite_user
from roundsman.identity.users import UserStatus
from roundsman.ids import UserId
from roundsman.operations.joining.survivor import claim_of, reclaimed

_ROLES = {CUSTOMERS: Role.CUSTOMER, DELIVERY_BOYS: Role.DELIVERY_BOY, SUPPLIERS: Role.SUPPLIER}


async def blocked_since(tx: Tx, changes: Sequence[Change]) -> UserId | None:
    """One of the people joined or told apart by the changes who was blocked after them."""
    became = {one.id: one for one in changes if isinstance(one, Edit) and one.collection == USERS}
    merged = UserStatus.MERGED.value
    if not any(one.before is None or merged in (one.before["status"], one.after["status"]) for one in became.values()):
        return None
    users = await find_users(tx, list(became))
    blocked = UserStatus.DISABLED
    since = (user.id for user in users if user.status is blocked != became[user.id].after["status"])
    return min(since, default=None)


async def set_right(
    tx: Tx, users: Sequence[UserId], *, heir: UserId, blocked: UserId | None
) -> tuple[list[str], Mapping[str, Sequence[Any]]]:
    """Bring people in order after taking back; what was done in words, and what went to an heir, by collection.

    Raises CannotTakeBack.
    """
    found = {user.id: user for user in await find_users(tx, users)}
    live = [user_id for user_id in users if user_id in found and found[user_id].is_live]
    inherited: dict[str, list[Any]] = {}
    for user_id in sorted(set(users) - set(live)):
        to = found[user_id].merged_into if user_id in found else None
        for name, ids in (await _bequeath(tx, user_id, to or heir)).items():
            inherited.setdefault(name, []).extend(ids)
    await end_sessions(tx, *users)
    others = [user_id for user_id in live if blocked and await disable_user(tx, user_id)]
    return [f"{USERS} {one}: is blocked, for user {blocked} was blocked since" for one in others], inherited


async def _bequeath(tx: Tx, gone: UserId, heir: UserId) -> dict[str, Sequence[Any]]:
    for name in (DELIVERY_BOYS, SUPPLIERS):
        if await ids_of_owner(tx, name, gone) and await ids_of_owner(tx, name, heir):
            raise CannotTakeBack(f"users {gone} and {heir} each have a document in {name} by now")
    identifiers = [one.id for one in await lead_identifiers_to(tx, heir, of=gone)]
    moved = {name: (await move(tx, name, before=gone, after=heir)).ids for name in (*OF_USERS, SOURCE_DOCUMENTS)}
    roles = [role for name, role in _ROLES.items() if moved[name]]
    await add_profile_roles(tx, heir, roles=roles, to_confirm=[role for role in roles if role in PARTNER_ROLES])
    if identifiers:
        user, keys = await get_user(tx, heir), [one.key for one in await identifiers_of_user(tx, heir)]
        claim = claim_of([user], keys, has_password=await find_credential(tx, heir) is not None)
        await rewrite_user(tx, reclaimed(user, claim))
    return {name: ids for name, ids in {**moved, IDENTIFIERS: identifiers}.items() if ids}
