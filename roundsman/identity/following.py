"""What the word of an existing application changes of a user. Doing it twice does nothing."""

from collections.abc import Sequence

from roundsman.access.roles import Role
from roundsman.database.collections import IDENTIFIERS, USERS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Document, Tx
from roundsman.identity.store import identifier_document, identifier_from, user_document
from roundsman.identity.users import Identifier, User, UserStatus
from roundsman.ids import UserId

_NOT_SAID = frozenset({"first_sign_in_at", "last_sign_in_at"})
_BY_IMPORT = "import:"


def is_imported(user: User) -> bool:
    """Whether the user was made from documents of an existing application, not here."""
    return user.created_by.startswith(_BY_IMPORT)


async def sign_in_identifiers(tx: Tx, user_ids: Sequence[UserId]) -> list[Identifier]:
    """The phones and e-mails that find these users."""
    found = iterate(tx, IDENTIFIERS, identifier_from, {"user_id": {"$in": list(user_ids)}})
    return [identifier async for identifier in found if not identifier.key.startswith("alias:")]


async def hand_over(tx: Tx, key: str, *, before: UserId, after: Identifier | None) -> bool:
    """Let a phone or e-mail find another user, or nobody; False where it did not find the one before."""
    his: Document = {"_id": key, "user_id": before}
    identifiers = tx.database[IDENTIFIERS]
    if after is None:
        return (await identifiers.delete_one(his, session=tx.session)).deleted_count == 1
    document = identifier_document(after)
    if (await identifiers.replace_one(his, document, session=tx.session)).matched_count:
        return True
    inserted = await identifiers.update_one({"_id": key}, {"$setOnInsert": document}, upsert=True, session=tx.session)
    return inserted.upserted_id is not None


async def become(tx: Tx, before: User, after: User) -> bool:
    """Let a user be as the existing application says, when he signed in aside; False if he was."""
    was, now = user_document(before), user_document(after)
    names = [name for name in {*was, *now} - _NOT_SAID if was.get(name) != now.get(name)]
    if not names:
        return False
    update: Document = {"$set": {name: now[name] for name in names if name in now}}
    if absent := {name: "" for name in names if name not in now}:
        update["$unset"] = absent
    return (await tx.database[USERS].update_one({"_id": before.id}, update, session=tx.session)).modified_count == 1


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
