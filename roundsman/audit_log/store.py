"""Audit entries as documents.

Every entry gets a fresh ObjectId. The sealer that will chain the rows adds fields of its own to them and changes none
of these.
"""

from bson import ObjectId

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document


def entry_document(entry: AuditEntry) -> Document:
    """Store an entry under an id of its own."""
    return without_absent(
        {
            "_id": ObjectId(),
            "at": entry.at,
            "actor": _actor_document(entry.actor),
            "action": entry.action,
            "target": entry.target,
            "before_digest": entry.before_digest,
            "after_digest": entry.after_digest,
            "reason": entry.reason,
        }
    )


def entry_from(document: Document) -> AuditEntry:
    """Read an entry."""
    actor = document["actor"]
    return AuditEntry(
        at=document["at"],
        actor=Actor(actor["who"], actor.get("session"), actor.get("address")),
        action=document["action"],
        target=document["target"],
        before_digest=document.get("before_digest"),
        after_digest=document.get("after_digest"),
        reason=document.get("reason"),
    )


def _actor_document(actor: Actor) -> Document:
    return without_absent({"who": actor.who, "session": actor.session, "address": actor.address})
