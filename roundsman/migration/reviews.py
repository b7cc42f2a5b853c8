"""Questions for humans and their answers, as they are stored.

There are two lists: *unsure* (are they one person?) and *conflict* (who of them holds what they share?). An answer says
who gave it, when and why, and stays in the history of the question when it is taken back. `parties` are the documents of
each of the people at the time of the answer, so that an import from scratch can honour it (see `knowledge`).
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bson import ObjectId

from roundsman.database.collections import REVIEWS
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document, Tx
from roundsman.errors import NotFound
from roundsman.ids import UserId
from roundsman.migration.following import Asked, asked_from

Parties = tuple[tuple[str, ...], ...]
LISTS = ("unsure", "conflict")


class Decision(StrEnum):
    """What a human may answer."""

    MERGE = "merge"
    """They are one person, who gets one account."""
    KEEP_APART = "keep_apart"
    """They are not one person."""
    TWO_ACCOUNTS = "two_accounts"
    """One person who has two accounts; both stay."""
    SHARED_PHONE = "shared_phone"
    """Several people on one phone, which signs in one of them and is a contact of the others."""
    ACCEPT = "accept"
    """What the source says now of a user counts here too."""
    REJECT = "reject"
    """It does not; the same is never asked again."""
    DEFER = "defer"
    """Not now: the question stays open, at the end of its list."""


APART = (Decision.KEEP_APART, Decision.TWO_ACCOUNTS, Decision.SHARED_PHONE)
"""The answers after which nothing ever joins them again (V3)."""


OF_PAIRS = frozenset((Decision.MERGE, *APART))
"""The answers to whether records are one person."""
OF_VALUES = frozenset((Decision.ACCEPT, Decision.REJECT))
"""The answers to whether a new value of the source counts."""


class ReviewStatus(StrEnum):
    """Whether a question waits; a settled one was answered by the answer to another.

    A withdrawn one was about something that the source does not say any more.
    """

    OPEN = "open"
    DECIDED = "decided"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"


class ReviewNotFound(NotFound):
    """There is no such question."""

    code = "review_not_found"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a human says, and why; `holder` is who gets the shared phone."""

    decision: Decision
    reason: str
    holder: UserId | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """An answer with who gave it when; `alone` if the question was about staff and he is the only active admin."""

    answer: Answer
    by: str
    at: datetime
    seconded_by: str | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """A question about documents, and what was answered, proposed or put off."""

    id: str
    list: str
    rule: str
    members: tuple[str, ...]
    evidence: tuple[str, ...]
    status: ReviewStatus
    given: Given | None = None
    proposal: Given | None = None
    deferral: Given | None = None
    settled_by: str | None = None
    parties: Parties = ()
    made_by_split: bool = False
    """Whether nobody asked: it records that a human told documents apart."""
    asked: Asked | None = None
    """If it is not about who is who: what changed in the source once people were live."""


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Some questions, and where the next ones begin."""

    reviews: tuple[Review, ...]
    next: str | None


def cause_of(review: Review) -> str:
    """The name under which the journal keeps what the answer changed."""
    return f"review:{review.id}"


async def list_reviews(
    tx: Tx,
    list_name: str | None = None,
    *,
    status: ReviewStatus = ReviewStatus.OPEN,
    after: str | None = None,
    limit: int = 50,
) -> ReviewPage:
    """Questions of one list or of both, those put off last; `after` is the `next` of the page before; 0 is no limit."""
    wanted: Document = {"status": status.value} | ({"list": list_name} if list_name else {})
    phase, _, last = (after or "0:").partition(":")
    found: list[Review] = []
    for put_off in range(int(phase == "1"), 2):
        above = last if str(put_off) == phase else ""
        query = wanted | {"deferral": {"$exists": bool(put_off)}, "_id": {"$gt": above}}
        room = limit + 1 - len(found) if limit else 0
        cursor = tx.database[REVIEWS].find(query, session=tx.session).sort("_id", 1).limit(room)
        found += [review_from(document) async for document in cursor]
        if limit and len(found) > limit:
            break
    page = found[:limit] if limit else found
    more = len(found) > len(page)
    return ReviewPage(tuple(page), f"{int(page[-1].deferral is not None)}:{page[-1].id}" if more else None)


async def get_review(tx: Tx, review_id: str) -> Review:
    """One question. Raises ReviewNotFound."""
    document = await tx.database[REVIEWS].find_one({"_id": review_id}, session=tx.session)
    if document is None:
        raise ReviewNotFound(f"there is no review {review_id}; see: roundsman migrate review list")
    return review_from(document)


async def reviews_about(tx: Tx, keys: Sequence[str], *, status: ReviewStatus) -> AsyncIterator[Review]:
    """The questions that concern any of these documents."""
    query = {"members": {"$in": [*keys]}, "status": status.value}
    async for document in tx.database[REVIEWS].find(query, session=tx.session):
        yield review_from(document)


async def members_waiting(tx: Tx) -> frozenset[str]:
    """The documents of which some question is open whose they are."""
    wanted = {"status": ReviewStatus.OPEN.value, "asked": {"$exists": False}}
    found = tx.database[REVIEWS].find(wanted, {"members": 1})
    return frozenset([member async for document in found for member in document["members"]])


async def settled_reviews(tx: Tx, review_id: str) -> "list[Review]":
    """The questions that the answer to this one answered too."""
    found = tx.database[REVIEWS].find(
        {"status": ReviewStatus.SETTLED.value, "settled_by": review_id}, session=tx.session
    )
    return [review_from(document) async for document in found]


async def keep_given(tx: Tx, review: Review, given: Given, parties: Parties) -> None:
    """Store the answer of a question."""
    fields = {"status": ReviewStatus.DECIDED.value, "parties": [[*party] for party in parties]}
    await _set(tx, review.id, fields | _given_document(given), given, "decided", unset=("proposal", "deferral"))


async def keep_proposal(tx: Tx, review: Review, given: Given) -> None:
    """Store what one admin proposes; it replaces what was proposed before."""
    await _set(tx, review.id, {"proposal": _given_document(given)}, given, "proposed")


async def keep_deferral(tx: Tx, review: Review, given: Given) -> None:
    """Store that the question was put off."""
    await _set(tx, review.id, {"deferral": _given_document(given)}, given, "deferred")


async def settle(tx: Tx, review: Review, *, by: str, given: Given) -> None:
    """Store that the answer to another question answered this one too."""
    await _set(tx, review.id, {"status": ReviewStatus.SETTLED.value, "settled_by": by}, given, "settled")


async def unsettle(tx: Tx, review: Review, given: Given) -> None:
    """Let a question wait again that the answer to another had answered."""
    await _set(tx, review.id, {"status": ReviewStatus.OPEN.value}, given, "undone", unset=("settled_by",))


async def reopen(tx: Tx, review: Review, given: Given) -> None:
    """Let a question wait again, as if nobody had said anything; `given` says who took the answer back, and why."""
    names = ("decision", "reason", "holder", "by", "at", "seconded_by", "alone", "parties")
    open_again = {"status": ReviewStatus.OPEN.value}
    await _set(tx, review.id, open_again, given, "undone", unset=(*names, "proposal", "deferral"))


async def record_split(tx: Tx, review: Review, given: Given) -> None:
    """Store an answer that nobody had asked for: that documents of one user are not one person."""
    document = {
        "_id": review.id,
        "list": review.list,
        "rule": review.rule,
        "members": [*review.members],
        "user_ids": [],
        "evidence": [*review.evidence],
        "made_by_split": True,
        "status": ReviewStatus.OPEN.value,
    }
    await tx.database[REVIEWS].insert_one(document, session=tx.session)
    await keep_given(tx, review, given, review.parties)


async def forget(tx: Tx, review: Review) -> None:
    """Remove a question that nobody asked."""
    await tx.database[REVIEWS].delete_one({"_id": review.id}, session=tx.session)


async def forget_split_reviews(tx: Tx) -> None:
    """Remove all answers that nobody had asked for."""
    await tx.database[REVIEWS].delete_many({"made_by_split": True}, session=tx.session)


async def _set(tx: Tx, review_id: str, fields: Document, given: Given, what: str, *, unset: Sequence[str] = ()) -> None:
    update: Document = {"$set": fields, "$push": {"history": {"what": what} | _given_document(given)}}
    if removed := {name: "" for name in unset if name not in fields}:
        update["$unset"] = removed
    await tx.database[REVIEWS].update_one({"_id": review_id}, update, session=tx.session)


def _given_document(given: Given) -> Document:
    return without_absent(
        {
            "decision": given.answer.decision.value,
            "reason": given.answer.reason,
            "holder": given.answer.holder,
            "by": given.by,
            "at": given.at,
            "seconded_by": given.seconded_by,
            "alone": given.alone or None,
        }
    )


def _given(document: Document | None) -> Given | None:
    if not document or "decision" not in document:
        return None
    holder: ObjectId | None = document.get("holder")
    answer = Answer(Decision(document["decision"]), document["reason"], UserId(holder) if holder else None)
    return Given(
        answer, document["by"], document["at"], document.get("seconded_by"), alone=document.get("alone", False)
    )


def review_from(document: Document) -> Review:
    """Read a question."""
    return Review(
        id=document["_id"],
        list=document["list"],
        rule=document["rule"],
        members=tuple(document["members"]),
        evidence=tuple(document["evidence"]),
        status=ReviewStatus(document["status"]),
        given=_given(document),
        proposal=_given(document.get("proposal")),
        deferral=_given(document.get("deferral")),
        settled_by=document.get("settled_by"),
        parties=parties_of(document),
        made_by_split=document.get("made_by_split", False),
        asked=asked_from(document.get("asked")),
    )


def parties_of(document: Document) -> Parties:
    """The documents of each of the people an answer is about; in answers of earlier versions each stands for itself."""
    if "decision" not in document:
        return ()
    return tuple(map(tuple, document.get("parties", [[member] for member in document["members"]])))
