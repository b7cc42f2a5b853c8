"""Who is behind a phone or e-mail, for somebody who has proved that it is his: claimed, restored, or his from now on."""

from dataclasses import replace
from datetime import datetime

from roundsman.access.roles import Role
from roundsman.database.collections import IDENTIFIERS, USERS
from roundsman.database.documents import find_value, iterate
from roundsman.database.transaction import Tx
from roundsman.identity.importing import find_identifiers
from roundsman.identity.lookup import get_user
from roundsman.identity.registration import insert_identifiers_of
from roundsman.identity.store import identifier_document, identifier_from, user_from
from roundsman.identity.users import Claim, Identifier, User, UserStatus
from roundsman.ids import UserId

_TO_CLAIM = [Claim.CLAIMABLE.value, Claim.UNCLAIMABLE.value]


async def find_holder(tx: Tx, key: str) -> User | None:
    """The user whom the phone or e-mail signs in; None where it is nobody's. No other kind of identifier is tried."""
    found = await find_identifiers(tx, [key])
    return await get_user(tx, found[0].user_ids[0]) if found else None


async def find_archived_holder(tx: Tx, key: str) -> User | None:
    """The archived customer whose phone or e-mail it was; None where there is none, or more than one.

    Who was more than a customer is restored by staff only: a phone alone brings nobody's power back.
    """
    criteria = {"former_identifiers": key, "status": UserStatus.ARCHIVED.value}
    found = [user async for user in iterate(tx, USERS, user_from, criteria)]
    return found[0] if len(found) == 1 and set(found[0].roles) <= {Role.CUSTOMER} else None


async def claim_user(tx: Tx, user: User) -> bool:
    """Let a user be claimed; False if he was, or if a human decides first."""
    claimed = await tx.database[USERS].update_one(
        {"_id": user.id, "status": UserStatus.ACTIVE.value, "claim": {"$in": _TO_CLAIM}},
        {"$set": {"claim": Claim.CLAIMED.value}},
        session=tx.session,
    )
    return claimed.modified_count == 1


async def restore_user(tx: Tx, user: User, key: str, *, now: datetime) -> User:
    """Let an archived user live again, found by the phone or e-mail he has proved. Raises IdentifierTaken.

    Others he once had he proves anew.
    """
    await insert_identifiers_of(tx, [Identifier(key, (user.id,), verified_at=now)])
    active, claimed = UserStatus.ACTIVE.value, Claim.CLAIMED.value
    await tx.database[USERS].update_one(
        {"_id": user.id},
        {"$set": {"status": active, "claim": claimed}, "$unset": {"former_identifiers": ""}},
        session=tx.session,
    )
    return await get_user(tx, user.id)


async def note_verified(tx: Tx, key: str, user_id: UserId, *, now: datetime) -> None:
    """Note when the user proved that a phone or e-mail is his, the first time."""
    await tx.database[IDENTIFIERS].update_one(
        {"_id": key, "user_id": user_id, "verified_at": {"$exists": False}},
        {"$set": {"verified_at": now}},
        session=tx.session,
    )


async def begin_epoch(tx: Tx, key: str, *, before: UserId, after: UserId, now: datetime) -> bool:
    """Let a number that was given to somebody else find him from now on; False if it did not find the one before."""
    found = await find_value(tx, IDENTIFIERS, identifier_from, {"_id": key, "user_id": before})
    if found is None:
        return False
    moved = replace(found, user_ids=(after,), verified_at=now, epoch=found.epoch + 1)
    await tx.database[IDENTIFIERS].replace_one({"_id": key}, identifier_document(moved), session=tx.session)
    return True


async def lose_number(tx: Tx, user: User, *, can_sign_in: bool) -> None:
    """End what counts of a user whose number went to somebody else; without another one nobody can claim him."""
    changes = {} if can_sign_in else {"claim": Claim.UNCLAIMABLE.value}
    update = {"$inc": {"session_version": 1}} | ({"$set": changes} if changes else {})
    await tx.database[USERS].update_one({"_id": user.id}, update, session=tx.session)


async def add_identifier(tx: Tx, key: str, user_id: UserId, *, now: datetime) -> None:
    """Let a phone or e-mail that was proved find the user. Raises IdentifierTaken."""
    await insert_identifiers_of(tx, [Identifier(key, (user_id,), verified_at=now)])


async def drop_identifier(tx: Tx, key: str, user_id: UserId) -> bool:
    """Let a phone or e-mail of the user find nobody; False if it was not his."""
    return (
        await tx.database[IDENTIFIERS].delete_one({"_id": key, "user_id": user_id}, session=tx.session)
    ).deleted_count == 1
