"""Questions whether a new value of the source counts for a user (rules S1 to S4), as they are stored.

They stand among the other questions. One value is one question: after a no it is never asked again, and while the source
says something else by now the question is withdrawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roundsman.database.collections import REVIEWS
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId, derived_object_id
from roundsman.migration.following import Ask
from roundsman.migration.reviews import Decision, ReviewStatus


@dataclass(frozen=True, slots=True)
class Asking:
    """About which document and user it is asked, by which run, when."""

    key: str
    user_id: UserId
    run: str
    now: datetime


async def ask(tx: Tx, asking: Asking, question: Ask) -> bool:
    """Ask, unless it was asked before, and withdraw what was asked about other values; True if a question is new."""
    about: Document = {"members": asking.key, "asked.matter": question.matter.value}
    other = {"asked.value": {"$ne": question.value}, "status": ReviewStatus.OPEN.value}
    await _note(tx, about | other, asking, ReviewStatus.WITHDRAWN)
    if question.value is None:
        return False
    same = about | {"asked.value": question.value}
    asked = [one async for one in tx.database[REVIEWS].find(same, session=tx.session)]
    if any(one["status"] == ReviewStatus.WITHDRAWN.value for one in asked):
        await _note(tx, same | {"status": ReviewStatus.WITHDRAWN.value}, asking, ReviewStatus.OPEN)
        return True
    # What was accepted once and is not his any more is news again.
    if any(one.get("decision") != Decision.ACCEPT.value for one in asked):
        return False
    await tx.database[REVIEWS].insert_one(_document(asking, question, asked), session=tx.session)
    return True


async def count_asked(tx: Tx, run: str) -> int:
    """Count the questions that a run asked, or asked again."""
    again = {"what": ReviewStatus.OPEN.value, "by": f"import:{run}"}
    by_run: Document = {"$or": [{"run": run}, {"history": {"$elemMatch": again}}]}
    open_one = {"status": ReviewStatus.OPEN.value, "asked": {"$exists": True}}
    return await tx.database[REVIEWS].count_documents(open_one | by_run, session=tx.session)


async def _note(tx: Tx, wanted: Document, asking: Asking, status: ReviewStatus) -> None:
    history = {"what": status.value, "by": f"import:{asking.run}", "at": asking.now}
    update: Document = {"$set": {"status": status.value}, "$push": {"history": history}, "$unset": {"proposal": ""}}
    await tx.database[REVIEWS].update_many(wanted, update, session=tx.session)


def _document(asking: Asking, question: Ask, asked: Sequence[Any]) -> Document:
    matter, value = question.matter.value, question.value or ""
    words = {"matter": matter, "was": question.was, "value": value}
    return {
        "_id": str(derived_object_id("source says", asking.key, matter, value, str(len(asked)))),
        "list": "conflict",
        "rule": question.matter.rule,
        "members": [asking.key],
        "user_ids": [asking.user_id],
        "evidence": [f"{matter} changed in the source"],
        "asked": {name: word for name, word in words.items() if word is not None},
        "status": ReviewStatus.OPEN.value,
        "run": asking.run,
    }
