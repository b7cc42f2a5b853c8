"""Keeping passwords: one credential a user. The collection is known here and nowhere else."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from pymongo import ASCENDING, UpdateOne

from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.auth.passwords import HashForm, known_default_hashes, wrap
from roundsman.database.bulk import BulkOutcome, insert_missing
from roundsman.database.changes import Edit, edit
from roundsman.database.collections import CREDENTIALS
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict
from roundsman.ids import UserId

_JOINED: Final = "joined_credential"


class OwnPassword(Conflict):
    """A password that was set here is not replaced by one from elsewhere."""

    code = "own_password"


def credential_documents(credentials: Sequence[Credential]) -> list[Document]:
    """Credentials as they are stored, to be inserted in bulk."""
    return [_document(one) for one in credentials]


async def insert_credentials(tx: Tx, credentials: Sequence[Credential]) -> BulkOutcome:
    """Write the credentials of users who have none; those of others are compared, never replaced."""
    return await insert_missing(tx, CREDENTIALS, credential_documents(credentials))


async def find_credential(tx: Tx, user_id: UserId) -> Credential | None:
    """Return the user's credential, or None when he has no password."""
    document = await tx.database[CREDENTIALS].find_one({"_id": user_id}, session=tx.session)
    return None if document is None else _credential(document)


def joining_credential(field: str) -> Document:
    """The step of an aggregation that joins to each document the credential of the user whose id is in its field."""
    return {"$lookup": {"from": CREDENTIALS, "localField": field, "foreignField": "_id", "as": _JOINED}}


def joined_credential(document: Document) -> Credential | None:
    """The credential that was joined to a document; None if there is none."""
    found = document[_JOINED]
    return _credential(found[0]) if found else None


async def give_password(tx: Tx, credential: Credential) -> Edit | None:
    """Let somebody have the password he came with, unless he has one; the change can be taken back.

    What vanishes when it is taken back may not have changed since, so nothing is left here to be wrapped later.
    """
    if await find_credential(tx, credential.user_id) is not None:
        return None
    salted = await asyncio.to_thread(wrap, credential.password_hash)
    return await edit(tx, CREDENTIALS, _document(replace(credential, password_hash=salted)))


async def replace_imported(tx: Tx, credential: Credential) -> Edit:
    """Let a password that came from the existing application take the place of one that did, or of none.

    The change can be taken back, so neither hash is left as it could be wrapped later. Raises OwnPassword.
    """
    before = await find_credential(tx, credential.user_id)
    if before is not None:
        if before.origin is CredentialOrigin.OWN:
            raise OwnPassword("The user has set a password here; it stays")
        await renew_hash(tx, before, await asyncio.to_thread(wrap, before.password_hash))
    salted = await asyncio.to_thread(wrap, credential.password_hash)
    return await edit(tx, CREDENTIALS, _document(replace(credential, password_hash=salted)))


async def forget_imported(tx: Tx, user_id: UserId) -> bool:
    """Let a password that came from the existing application count no longer; False if there is none, or an own one."""
    imported = {"_id": user_id, "origin": CredentialOrigin.IMPORTED.value}
    return (await tx.database[CREDENTIALS].delete_one(imported, session=tx.session)).deleted_count == 1


async def having_passwords(tx: Tx, user_ids: Sequence[UserId]) -> set[UserId]:
    """Those of the users who have a password."""
    found = tx.database[CREDENTIALS].find({"_id": {"$in": list(user_ids)}}, {"_id": 1}, session=tx.session)
    return {UserId(document["_id"]) async for document in found}


async def follow_imported(tx: Tx, user_id: UserId, credential: Credential | None) -> bool:
    """Let a user have the password that the existing application says now, or none; one that he set here stays.

    False if nothing changed.
    """
    before = await find_credential(tx, user_id)
    if before == credential or (before is not None and before.origin is CredentialOrigin.OWN):
        return False
    if credential is None:
        await tx.database[CREDENTIALS].delete_one({"_id": user_id}, session=tx.session)
    else:
        document = _document(credential)
        await tx.database[CREDENTIALS].replace_one({"_id": user_id}, document, upsert=True, session=tx.session)
    return True


async def set_password(
    tx: Tx, user_id: UserId, password_hash: str, *, now: datetime, counts_until: datetime | None = None
) -> None:
    """Make this hash the user's password, whether he had one before or not; an initial one counts until a moment."""
    document = _document(Credential(user_id, password_hash, CredentialOrigin.OWN, now, counts_until=counts_until))
    await tx.database[CREDENTIALS].replace_one({"_id": user_id}, document, upsert=True, session=tx.session)


async def disable_password(tx: Tx, user_id: UserId, *, now: datetime) -> bool:
    """Let the user's password prove nothing until he sets another; False if he has none or it was disabled before."""
    enabled = {"_id": user_id, "disabled_at": {"$exists": False}}
    change = {"$set": {"disabled_at": now}}
    return (await tx.database[CREDENTIALS].update_one(enabled, change, session=tx.session)).modified_count == 1


async def renew_hash(tx: Tx, credential: Credential, password_hash: str) -> bool:
    """Replace the hash by a stronger one of the same password; False when somebody has set another password meanwhile.

    The origin and the date stay: the password itself has not changed.
    """
    return await renew_hashes(tx, [(credential, password_hash)]) == 1


async def renew_hashes(tx: Tx, renewals: Sequence[tuple[Credential, str]]) -> int:
    """Do the same for several credentials; count those that were replaced."""
    replacements = [
        UpdateOne({"_id": credential.user_id, "hash": credential.password_hash}, {"$set": {"hash": password_hash}})
        for credential, password_hash in renewals
    ]
    renewed = await tx.database[CREDENTIALS].bulk_write(replacements, ordered=False, session=tx.session)
    return renewed.modified_count


async def list_credentials(tx: Tx, form: HashForm, *, after: UserId | None, limit: int) -> list[Credential]:
    """List credentials whose hash has this form, in the order of the users' ids."""
    wanted: Document = {"hash": _beginning_with(form)} | ({"_id": {"$gt": after}} if after else {})
    found = tx.database[CREDENTIALS].find(wanted, session=tx.session).sort("_id", ASCENDING).limit(limit)
    return [_credential(document) async for document in found]


async def count_forms(tx: Tx) -> Counter[HashForm | None]:
    """Count the credentials by the form of their hash, unknown ones as None; reads all of them once."""
    branches = [{"case": _is(form), "then": form.name} for form in HashForm]
    counting = [{"$group": {"_id": {"$switch": {"branches": branches, "default": None}}, "number": {"$sum": 1}}}]
    counted = await tx.database[CREDENTIALS].aggregate(counting, session=tx.session)
    return Counter({row["_id"] and HashForm[row["_id"]]: row["number"] async for row in counted})


async def count_known_defaults(tx: Tx) -> int:
    """Count the unsalted hashes of passwords that were given to everybody; those of other forms do not tell."""
    return await tx.database[CREDENTIALS].count_documents({"hash": {"$in": list(known_default_hashes())}})


def _beginning_with(form: HashForm) -> Document:
    return {"$regex": f"^{re.escape(form.value)}"}


def _is(form: HashForm) -> Document:
    return {"$eq": [{"$indexOfBytes": ["$hash", {"$literal": form.value}]}, 0]}


def _document(credential: Credential) -> Document:
    return without_absent(
        {
            "_id": credential.user_id,
            "hash": credential.password_hash,
            "origin": credential.origin.value,
            "changed_at": credential.changed_at,
            "disabled_at": credential.disabled_at,
            "counts_until": credential.counts_until,
        }
    )


def _credential(document: Document) -> Credential:
    return Credential(
        user_id=document["_id"],
        password_hash=document["hash"],
        origin=CredentialOrigin(document["origin"]),
        changed_at=document["changed_at"],
        disabled_at=document.get("disabled_at"),
        counts_until=document.get("counts_until"),
    )
