"""Writing and reading the audit log. Nothing here changes or removes a row."""

from collections.abc import Collection, Sequence
from datetime import datetime

from pymongo import ASCENDING

from roundsman.audit_log.entries import AuditEntry
from roundsman.audit_log.store import entry_document, entry_from
from roundsman.database.bulk import insert_missing
from roundsman.database.collections import AUDIT_LOG
from roundsman.database.transaction import Tx
from roundsman.ids import derived_object_id


async def record(tx: Tx, entry: AuditEntry) -> None:
    """Append an entry; called in the transaction of the change it tells of."""
    await tx.database[AUDIT_LOG].insert_one(entry_document(entry), session=tx.session)


async def record_many(tx: Tx, entries: Sequence[AuditEntry]) -> None:
    """Append entries in their order."""
    if entries:
        await tx.database[AUDIT_LOG].insert_many([entry_document(entry) for entry in entries], session=tx.session)


async def record_once(tx: Tx, entries: Sequence[AuditEntry]) -> None:
    """Append entries of work that may be done again after a crash: who, what and whom name an entry, so it comes once."""
    documents = [
        entry_document(entry) | {"_id": derived_object_id("audit", entry.actor.who, entry.action, entry.target)}
        for entry in entries
    ]
    await insert_missing(tx, AUDIT_LOG, documents)


async def entries_about(tx: Tx, target: str) -> list[AuditEntry]:
    """List what happened to a target, oldest first."""
    found = tx.database[AUDIT_LOG].find({"target": target}, session=tx.session).sort("at", ASCENDING)
    return [entry_from(document) async for document in found]


async def entries_about_each(tx: Tx, targets: Collection[str]) -> list[AuditEntry]:
    """List what happened to any of these targets, oldest first."""
    found = tx.database[AUDIT_LOG].find({"target": {"$in": list(targets)}}, session=tx.session).sort("at", ASCENDING)
    return [entry_from(document) async for document in found]


async def was_granted(tx: Tx, target: str) -> bool:
    """Whether the target was granted a role here, or kept one that a source took away, as the log tells."""
    criteria = {"target": target, "action": {"$in": ["role.granted", "role.kept"]}}
    return await tx.database[AUDIT_LOG].find_one(criteria, {"_id": 1}, session=tx.session) is not None


async def was_released(tx: Tx, target: str) -> bool:
    """Whether a phone or an e-mail of the target went to somebody else, or to nobody, as the log tells."""
    criteria = {"target": target, "action": "identifier.released"}
    return await tx.database[AUDIT_LOG].find_one(criteria, {"_id": 1}, session=tx.session) is not None


async def was_changed_here(tx: Tx, target: str, *, since: datetime) -> bool:
    """Whether somebody changed the target here since then, as the log tells; following the source does not count."""
    criteria = {"target": target, "at": {"$gte": since}, "actor.who": {"$not": {"$regex": "^(import:|sync$)"}}}
    return await tx.database[AUDIT_LOG].find_one(criteria, {"_id": 1}, session=tx.session) is not None
