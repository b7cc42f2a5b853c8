"""Users and identifiers in bulk, whose ids are known beforehand: for the migration and its proofs."""

from collections.abc import AsyncIterator, Sequence

from roundsman.database.bulk import BulkOutcome, insert_missing
from roundsman.database.collections import IDENTIFIERS, USERS
from roundsman.database.documents import iterate
from roundsman.database.transaction import Tx
from roundsman.identity.store import identifier_document, identifier_from, user_document, user_from
from roundsman.identity.users import Identifier, User


async def insert_users(tx: Tx, users: Sequence[User]) -> BulkOutcome:
    """Insert the users that are not stored yet; compare the others."""
    return await insert_missing(tx, USERS, [user_document(user) for user in users])


async def insert_identifiers(tx: Tx, identifiers: Sequence[Identifier]) -> BulkOutcome:
    """Insert the identifiers that are not stored yet; compare the others."""
    return await insert_missing(tx, IDENTIFIERS, [identifier_document(identifier) for identifier in identifiers])


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
