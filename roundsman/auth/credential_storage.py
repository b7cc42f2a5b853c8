"""Keeping passwords: one credential a user. The collection is known here and nowhere else."""

from collections.abc import Sequence
from datetime import datetime

from roundsman.auth.credentials import Credential, CredentialOrigin
from roundsman.database.bulk import BulkOutcome, insert_missing
from roundsman.database.changes import Edit, edit
from roundsman.database.collections import CREDENTIALS
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId


async def insert_credentials(tx: Tx, credentials: Sequence[Credential]) -> BulkOutcome:
    """Write the credentials of users who have none; those of others are compared, never replaced."""
    return await insert_missing(tx, CREDENTIALS, [_document(credential) for credential in credentials])


async def find_credential(tx: Tx, user_id: UserId) -> Credential | None:
    """Return the user's credential, or None when he has no password."""
    document = await tx.database[CREDENTIALS].find_one({"_id": user_id}, session=tx.session)
    return None if document is None else _credential(document)


async def give_password(tx: Tx, credential: Credential) -> Edit | None:
    """Let somebody have the password he came with, unless he has one; the change can be taken back."""
    if await find_credential(tx, credential.user_id) is not None:
        return None
    return await edit(tx, CREDENTIALS, _document(credential))


async def set_password(tx: Tx, user_id: UserId, password_hash: str, *, now: datetime) -> None:
    """Make this hash the user's password, whether he had one before or not."""
    document = _document(Credential(user_id, password_hash, CredentialOrigin.OWN, now))
    changes = {key: value for key, value in document.items() if key != "_id"}
    await tx.database[CREDENTIALS].update_one({"_id": user_id}, {"$set": changes}, upsert=True, session=tx.session)


async def renew_hash(tx: Tx, credential: Credential, password_hash: str) -> bool:
    """Replace the hash by a stronger one of the same password; False when somebody has set another password meanwhile.

    The origin and the date stay: the password itself has not changed.
    """
    renewed = await tx.database[CREDENTIALS].update_one(
        {"_id": credential.user_id, "hash": credential.password_hash},
        {"$set": {"hash": password_hash}},
        session=tx.session,
    )
    return renewed.modified_count == 1


def _document(credential: Credential) -> Document:
    return {
        "_id": credential.user_id,
        "hash": credential.password_hash,
        "origin": credential.origin.value,
        "changed_at": credential.changed_at,
    }


def _credential(document: Document) -> Credential:
    return Credential(
        user_id=document["_id"],
        password_hash=document["hash"],
        origin=CredentialOrigin(document["origin"]),
        changed_at=document["changed_at"],
    )
