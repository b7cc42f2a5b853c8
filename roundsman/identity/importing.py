"""Users and identifiers in bulk, whose ids are known beforehand: for the migration and its proofs."""

from collections.abc import AsyncIterator, Sequence

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.audit_log.entries import SYSTEM
from roundsman.database.bulk import BulkOutcome, insert_missing, insert_missing_encoded
from roundsman.database.collections import IDENTIFIERS, MERGES, USERS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Document, Tx
from roundsman.identity.identifiers import alias_key
from roundsman.identity.store import identifier_document, identifier_from, user_document, user_from
from roundsman.identity.users import Claim, Identifier, User, UserStatus
from roundsman.ids import UserId


def user_documents(users: Sequence[User]) -> list[Document]:
    """Users as they are stored; a plan holds them so too."""
    return [user_document(user) for user in users]


def users_from(documents: Sequence[Document]) -> list[User]:
    """Read them back."""
    return [user_from(document) for document in documents]


async def insert_users(tx: Tx, users: Sequence[User]) -> BulkOutcome:
    """Insert the users that are not stored yet; compare the others."""
    return await insert_missing(tx, USERS, user_documents(users))


async def revive_users(tx: Tx, users: Sequence[User]) -> None:
    """Let users live who are stored as merged or archived by a plan that did not come to take their documents.

    The document changed before it was taken, and a later plan decided anew. Whom people merged here stays merged.
    """
    for user in users:
        if not await tx.database[MERGES].find_one({"users": user.id}, {"_id": 1}, session=tx.session):
            left = {"_id": user.id, "status": {"$in": [UserStatus.MERGED.value, UserStatus.ARCHIVED.value]}}
            await tx.database[USERS].replace_one(left, user_document(user), session=tx.session)


def identifier_documents(identifiers: Sequence[Identifier]) -> list[Document]:
    """Identifiers as they are stored; a plan holds them so too."""
    return [identifier_document(identifier) for identifier in identifiers]


def identifiers_from(documents: Sequence[Document]) -> list[Identifier]:
    """Read them back."""
    return [identifier_from(document) for document in documents]


async def insert_identifiers(tx: Tx, identifiers: Sequence[Identifier]) -> BulkOutcome:
    """Insert the identifiers that are not stored yet; compare the others."""
    return await insert_missing(tx, IDENTIFIERS, identifier_documents(identifiers))


async def insert_encoded_identifiers(tx: Tx, encoded: Sequence[bytes]) -> BulkOutcome:
    """The same for identifiers that are encoded in the stored form."""
    return await insert_missing_encoded(tx, IDENTIFIERS, encoded)


def iterate_users(tx: Tx) -> AsyncIterator[User]:
    """Read all users, whatever their status."""
    return iterate(tx, USERS, user_from)


def iterate_identifiers(tx: Tx) -> AsyncIterator[Identifier]:
    """Read all identifiers."""
    return iterate(tx, IDENTIFIERS, identifier_from)


async def count_users(tx: Tx) -> int:
    """Count all users, whatever their status."""
    return await tx.database[USERS].count_documents({}, session=tx.session)


async def count_identifiers(tx: Tx) -> int:
    """Count all identifiers."""
    return await tx.database[IDENTIFIERS].count_documents({}, session=tx.session)


async def find_identifiers(tx: Tx, keys: Sequence[str]) -> list[Identifier]:
    """Those of the identifiers that exist."""
    found = iterate(tx, IDENTIFIERS, identifier_from, {"_id": {"$in": list(keys)}})
    return [identifier async for identifier in found]


async def find_users_known_as(tx: Tx, old_ids: Sequence[str]) -> dict[str, UserId]:
    """The users that old ids of an existing application name, by the ids that name exactly one."""
    identifiers = await find_identifiers(tx, [alias_key(old_id) for old_id in old_ids])
    users = {one.key: one.user_ids for one in identifiers}
    found = {old_id: users[key][0] for old_id in old_ids if len(users.get(key := alias_key(old_id), ())) == 1}
    # A user is known by his own id without an identifier.
    own = [UserId(ObjectId(one)) for one in old_ids if ObjectId.is_valid(one) and alias_key(one) not in users]
    return found | {str(user.id): user.id for user in await find_users(tx, own)}


async def find_users(tx: Tx, user_ids: Sequence[UserId]) -> list[User]:
    """Those of the users that exist."""
    return [user async for user in iterate(tx, USERS, user_from, {"_id": {"$in": list(user_ids)}})]


async def has_anybody_claimed(tx: Tx) -> bool:
    """Whether there is a user who has taken his account into his hands."""
    return await tx.database[USERS].find_one({"claim": Claim.CLAIMED.value}, {"_id": 1}) is not None


async def claimed_among(tx: Tx, user_ids: Sequence[UserId]) -> list[UserId]:
    """Those of the users who have taken their accounts into their hands."""
    wanted = {"_id": {"$in": list(user_ids)}, "claim": Claim.CLAIMED.value}
    found = tx.database[USERS].find(wanted, {"_id": 1}, session=tx.session)
    return [UserId(document["_id"]) async for document in found]


async def add_profile_roles(tx: Tx, user_id: UserId, *, roles: Sequence[Role], to_confirm: Sequence[Role]) -> bool:
    """Give a user the roles that his new profiles imply; False if he had them. Those `to_confirm` grant nothing yet."""
    user = await tx.database[USERS].find_one({"_id": user_id}, {"roles": 1}, session=tx.session)
    missing = [role for role in roles if user is None or role.value not in user.get("roles", ())]
    if not missing:
        return False
    added = {"roles": {"$each": [role.value for role in missing]}}
    if unconfirmed := [role.value for role in to_confirm if role in missing]:
        added["roles_to_confirm"] = {"$each": unconfirmed}
    await tx.database[USERS].update_one({"_id": user_id}, {"$addToSet": added}, session=tx.session)
    return True


async def count_admins_made_here(tx: Tx) -> int:
    """Count the active admins that were created at Roundsman's command line, not imported."""
    criteria = {"roles": Role.ADMIN.value, "status": UserStatus.ACTIVE.value, "created_by": SYSTEM.who}
    return await tx.database[USERS].count_documents(criteria, session=tx.session)
