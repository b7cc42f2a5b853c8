"""What the word of an existing application changes of a user, once people are managed here. Doing it twice does nothing."""

from roundsman.access.roles import Role
from roundsman.database.collections import USERS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.users import UserStatus
from roundsman.ids import UserId


async def disable_user(tx: Tx, user_id: UserId) -> bool:
    """Let an active user not sign in any more, and no token of his count; False if he was not active."""
    changed = await tx.database[USERS].update_one(
        {"_id": user_id, "status": UserStatus.ACTIVE.value},
        {"$set": {"status": UserStatus.DISABLED.value}, "$inc": {"session_version": 1}},
        session=tx.session,
    )
    return changed.modified_count == 1


async def replace_role(tx: Tx, user_id: UserId, role: Role, *, instead: Role | None) -> bool:
    """Take a role from a user, and give him the other one; False if he did not have it.

    Roles are read anew with each request, so it counts at once.
    """
    user = await tx.database[USERS].find_one({"_id": user_id, "roles": role.value}, session=tx.session)
    if user is None:
        return False
    roles = sorted({*user["roles"], *([instead.value] if instead else ())} - {role.value})
    to_confirm = [one for one in user.get("roles_to_confirm", ()) if one != role.value]
    update: Document = {"$set": {"roles": roles} | ({"roles_to_confirm": to_confirm} if to_confirm else {})}
    if not to_confirm:
        update["$unset"] = {"roles_to_confirm": ""}
    await tx.database[USERS].update_one({"_id": user_id}, update, session=tx.session)
    return True


async def rename_user(tx: Tx, user_id: UserId, *, before: str, after: str) -> bool:
    """Give a user another name, unless it was changed meanwhile; False if so."""
    renamed = await tx.database[USERS].update_one(
        {"_id": user_id, "name": before}, {"$set": {"name": after}}, session=tx.session
    )
    return renamed.modified_count == 1
