"""Facts about people whom nobody knows yet: they wait under the names by which he was told of, and go to him when he appears."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from bson import ObjectId

from roundsman.activation.conflicts import keep_conflict
from roundsman.activation.facts import Ahead, Fact
from roundsman.activation.foreign import NOBODY
from roundsman.activation.recorded_facts import renew_details
from roundsman.activation.store import fact_document, fact_from
from roundsman.database.collections import FACT_CONFLICTS, FACTS, UNMATCHED_FACTS
from roundsman.database.transaction import Document, Tx
from roundsman.identity.identifiers import alias_key, identifier_candidates

_ALIAS: Final = "alias:"
MOST_AT_ONCE: Final = 1_000
"""How many waiting facts one transaction tells; whoever has more gets them in the next portions."""


def names_of(text: str) -> tuple[str, ...]:
    """Every name under which a person may appear who is called so: what looking him up would look for, the likeliest first.

    Raises MalformedIdentifier.
    """
    names = identifier_candidates(text)
    return (*names[:-1], name_of_id(ObjectId(text.strip()))) if ObjectId.is_valid(text.strip()) else names


def name_of_id(one: ObjectId) -> str:
    """The name of whoever is called by an id of Roundsman's."""
    return alias_key(str(one))


async def park(tx: Tx, names: Sequence[str], fact: Fact, *, now: datetime) -> bool:
    """Let a fact wait for whoever has one of these names; False if its key was told otherwise, which is kept for people.

    The same told again changes nothing but what it corrects. Call it in a transaction.
    """
    document = _parked_document(fact, names, now=now)
    key = {"_id": fact.key}
    there = await tx.database[FACTS].find_one(key, {"_id": 1}, session=tx.session)
    if there is None:
        parked = await tx.database[UNMATCHED_FACTS].update_one(
            key, {"$setOnInsert": document}, upsert=True, session=tx.session
        )
        if parked.upserted_id is not None:
            return True
        there = await tx.database[UNMATCHED_FACTS].find_one(key, session=tx.session)
    if there and (there.get("subject"), there.get("digest")) == (document["subject"], document["digest"]):
        await renew_details(tx, UNMATCHED_FACTS, [fact])
        return True
    await keep_conflict(tx, document)
    return False


async def find_parked(tx: Tx, names: Sequence[str]) -> list[Fact]:
    """Read what waits under any of the names, the earliest first and no more than MOST_AT_ONCE; of nobody yet.

    What lay ahead when it was told was let in then, so it waits for its day.
    """
    found = tx.database[UNMATCHED_FACTS].find({"names": {"$in": list(names)}}, session=tx.session)
    documents = found.sort([("occurred_at", 1), ("_id", 1)]).limit(MOST_AT_ONCE)
    return [_parked_from(document) async for document in documents]


async def forget_parked(tx: Tx, facts: Sequence[Fact]) -> None:
    """Remove facts that were told of somebody."""
    keys = [fact.key for fact in facts]
    await tx.database[UNMATCHED_FACTS].delete_many({"_id": {"$in": keys}}, session=tx.session)


async def list_parked_subjects(tx: Tx, *, after: str = "", most: int) -> list[str]:
    """List by what people are called of whom facts wait, in order and each once; no more than so many."""
    subjects: list[str] = []
    while len(subjects) < most:
        wanted = {"subject": {"$gt": after}}
        following = await tx.database[UNMATCHED_FACTS].find_one(wanted, {"subject": 1}, sort=[("subject", 1)])
        if following is None:
            break
        after = following["subject"]
        subjects.append(after)
    return subjects


async def find_parked_text(tx: Tx, subject: str) -> str | None:
    """Give what somebody was called of whom facts wait, so that he can be looked up; None if they were told meanwhile."""
    waiting = await tx.database[UNMATCHED_FACTS].find_one({"subject": subject}, {"names": 1}, session=tx.session)
    return None if waiting is None else text_in(waiting)


def text_in(document: Document) -> str | None:
    """Give what somebody was called of whom a fact was told; None where he was known."""
    return document["names"][-1].removeprefix(_ALIAS) if "names" in document else None


async def erase_named(tx: Tx, names: Sequence[str]) -> None:
    """Remove what waits under these names, or contradicts, for they tell who somebody is."""
    named = {"names": {"$in": list(names)}}
    for collection in (UNMATCHED_FACTS, FACT_CONFLICTS):
        await tx.database[collection].delete_many(named, session=tx.session)


def _parked_document(fact: Fact, names: Sequence[str], *, now: datetime) -> Document:
    document = fact_document(fact, stored_at=fact.occurred_at, now=now)
    del document["user_id"]
    return document | {"subject": names[0], "names": list(names)}


def _parked_from(document: Document) -> Fact:
    return replace(fact_from(document | {"user_id": NOBODY}), ahead=Ahead.WAITS)
