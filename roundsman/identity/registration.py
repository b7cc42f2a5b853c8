"""Registering users. Whoever inserts an identifier first has it: its key is the `_id`, so no check can be outrun."""

from collections.abc import Sequence

from pymongo.errors import BulkWriteError

from roundsman.audit_log.entries import Actor, AuditEntry, digest
from roundsman.audit_log.log import record
from roundsman.database.collections import IDENTIFIERS, USERS
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict
from roundsman.identity.store import identifier_document, user_document
from roundsman.identity.users import Identifier, User

_DUPLICATE_KEY = 11000


class IdentifierTaken(Conflict):
    """Another user has the phone or e-mail; `key` says which. Tell only staff and the proven holder."""

    code = "identifier_taken"

    def __init__(self, key: str) -> None:
        kind, _, value = key.partition(":")
        super().__init__(f"Somebody is registered with the {'e-mail' if kind == 'email' else kind} {value} already")
        self.key = key


async def register_user(tx: Tx, user: User, identifiers: Sequence[Identifier], *, actor: Actor) -> None:
    """Insert a new user with what he can be found by, and record it, all or nothing.

    Raises IdentifierTaken.
    """

    async def work(tx: Tx) -> None:
        if identifiers:
            await insert_identifiers_of(tx, identifiers)
        document = user_document(user)
        await tx.database[USERS].insert_one(document, session=tx.session)
        await record(
            tx,
            AuditEntry(user.created_at, actor, "user.registered", f"user:{user.id}", after_digest=digest(document)),
        )

    await in_transaction(tx, work)


async def insert_identifiers_of(tx: Tx, identifiers: Sequence[Identifier]) -> None:
    """Insert what finds a user. Raises IdentifierTaken with the first that somebody has."""
    try:
        await tx.database[IDENTIFIERS].insert_many(map(identifier_document, identifiers), session=tx.session)
    except BulkWriteError as error:
        failure = error.details["writeErrors"][0]
        if failure["code"] != _DUPLICATE_KEY:
            raise
        raise IdentifierTaken(failure["op"]["_id"]) from error
