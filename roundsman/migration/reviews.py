"""Questions for humans: which are open, and the answer that joins nothing.

Answers that join people come with the review commands; keeping apart needs no writing but the answer itself, since held
records have users of their own already.
"""

from dataclasses import dataclass
from datetime import datetime

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.database.collections import REVIEWS
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.errors import NotFound


class ReviewNotOpen(NotFound):
    """There is no open question of this id."""

    code = "review_not_open"


@dataclass(frozen=True, slots=True)
class Review:
    """An open question: unsure (are they one person?) or a conflict (who of them holds what they share?)."""

    id: str
    list: str
    rule: str
    members: tuple[str, ...]
    evidence: tuple[str, ...]


async def list_open_reviews(tx: Tx, *, limit: int = 0) -> list[Review]:
    """The open questions, conflicts after the unsure ones; all of them, or the first so many."""
    cursor = tx.database[REVIEWS].find({"status": "open"}).sort([("list", -1), ("rule", 1), ("_id", 1)]).limit(limit)
    return [_review(document) async for document in cursor]


async def keep_apart(tx: Tx, review_id: str, *, actor: Actor, reason: str, now: datetime) -> None:
    """Answer that the documents are not one person, which no later plan undoes (V3). Raises ReviewNotOpen."""

    async def work(tx: Tx) -> None:
        answered = await tx.database[REVIEWS].update_one(
            {"_id": review_id, "status": "open"},
            {"$set": {"status": "decided", "decision": "keep_apart", "reason": reason, "by": actor.who, "at": now}},
            session=tx.session,
        )
        if not answered.matched_count:
            raise ReviewNotOpen(f"there is no open review {review_id}; see: roundsman migrate review list")
        await record(tx, AuditEntry(now, actor, "review.kept_apart", f"review:{review_id}", reason=reason))

    await in_transaction(tx, work)


def _review(document: Document) -> Review:
    return Review(
        document["_id"],
        document["list"],
        document["rule"],
        tuple(document["members"]),
        tuple(document["evidence"]),
    )
