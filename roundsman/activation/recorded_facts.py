"""What happened, as it is stored: each fact once under its key, and nothing that lies ahead.

The same fact told again may say something else of the amount, of who cancelled, or of the order that was delivered. Then it is
corrected, and the last telling stands; everything else that differs contradicts what was told, which stays.

Only `tracking` and the backfill insert facts, for what follows from them is written with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final, assert_never

from roundsman.activation.conflicts import keep_conflict
from roundsman.activation.facts import Ahead, Fact
from roundsman.activation.store import FACT_DETAILS, fact_details, fact_document, fact_from
from roundsman.database.bulk import renew_fields
from roundsman.database.collections import FACTS
from roundsman.database.documents import find_value, without_absent
from roundsman.database.transaction import Document, Tx
from roundsman.errors import InvalidInput
from roundsman.ids import UserId

_SKEW: Final = timedelta(minutes=5)
_COMPARED: Final = dict.fromkeys(("digest", "user_id", *FACT_DETAILS), 1)


class Telling(Enum):
    """What the telling of a fact is, beside what is stored under its key."""

    NEW = auto()
    KNOWN = auto()
    CORRECTION = auto()
    CONTRADICTION = auto()


class FactAhead(InvalidInput):
    """A fact that lies further ahead than clocks differ."""

    code = "fact_ahead"


@dataclass(slots=True)
class Taken:
    """What became of facts: those that are new, and the keys of those told before."""

    new: list[Fact] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    contradicting: list[str] = field(default_factory=list)


def require_not_ahead(fact: Fact, *, now: datetime) -> None:
    """Refuse what lies further ahead than clocks differ, where nothing else becomes of it. Raises FactAhead."""
    if fact.ahead is Ahead.REFUSED and fact.occurred_at > now + _SKEW:
        raise FactAhead(
            f"{fact.key} is said to happen at {fact.occurred_at.isoformat()}, which has not come yet: tell it when it has "
            "happened, or set right the clock or the zone of whoever tells it"
        )


async def insert_facts(tx: Tx, facts: Sequence[Fact], *, now: datetime) -> Taken:
    """Insert what was not told yet, and correct what was; what contradicts is kept for people. Raises FactAhead."""
    taken = Taken()
    for fact in [_checked(one, now) for one in facts]:
        occurred_at = stored_at(fact, now)
        document = fact_document(fact, stored_at=occurred_at, now=now)
        match _telling(fact, await _insert(tx, document)):
            case Telling.NEW:
                taken.new.append(replace(fact, occurred_at=occurred_at))
            case Telling.KNOWN:
                taken.known.append(fact.key)
            case Telling.CORRECTION:
                await renew_details(tx, FACTS, [fact])
                taken.corrected.append(fact.key)
            case Telling.CONTRADICTION:
                await keep_conflict(tx, document)
                taken.contradicting.append(fact.key)
            case unknown:
                assert_never(unknown)
    return taken


async def compare_facts(tx: Tx, facts: Sequence[Fact]) -> dict[str, Telling]:
    """Say by their keys what tellings of facts are, before any is written."""
    there: dict[str, Document] = {}
    if facts:
        wanted = {"_id": {"$in": [fact.key for fact in facts]}}
        found = tx.database[FACTS].find(wanted, _COMPARED, session=tx.session)
        there = {document["_id"]: document async for document in found}
    return {fact.key: _telling(fact, there.get(fact.key)) for fact in facts}


async def correct_facts(tx: Tx, facts: Sequence[Fact]) -> None:
    """Correct what was told before; the others of these facts are left out."""
    tellings = await compare_facts(tx, facts)
    await renew_details(tx, FACTS, [fact for fact in facts if tellings[fact.key] is Telling.CORRECTION])


async def renew_details(tx: Tx, collection: str, facts: Sequence[Fact]) -> None:
    """Have stored facts, or those that wait, say what these say of what may be corrected, where they are the same."""
    documents = [without_absent({"_id": one.key, "digest": one.digest(), **fact_details(one)}) for one in facts]
    await renew_fields(tx, collection, documents, guard="digest", fields=FACT_DETAILS)


def _telling(fact: Fact, there: Document | None) -> Telling:
    if there is None:
        return Telling.NEW
    if (there["digest"], there["user_id"]) != (fact.digest(), fact.subject):
        return Telling.CONTRADICTION
    said = {name: there.get(name) for name in FACT_DETAILS}
    return Telling.KNOWN if said == fact_details(fact) else Telling.CORRECTION


async def _insert(tx: Tx, document: Document) -> Document | None:
    """Insert a fact; gives what is there under its key if it is not the first telling."""
    key = {"_id": document["_id"]}
    inserted = await tx.database[FACTS].update_one(key, {"$setOnInsert": document}, upsert=True, session=tx.session)
    if inserted.upserted_id is not None:
        return None
    return await tx.database[FACTS].find_one(key, _COMPARED, session=tx.session)


def _checked(fact: Fact, now: datetime) -> Fact:
    fact = replace(fact, occurred_at=whole_milliseconds(fact.occurred_at))
    require_not_ahead(fact, now=now)
    return fact


def stored_at(fact: Fact, now: datetime) -> datetime:
    """When a fact counts as having happened: what a source says of the future, from when it was seen."""
    return min(fact.occurred_at, now) if fact.ahead is Ahead.CLAMPED else fact.occurred_at


def whole_milliseconds(at: datetime) -> datetime:
    """Give an instant as it is stored."""
    return at - timedelta(microseconds=at.microsecond % 1000)


async def find_fact(tx: Tx, key: str) -> Fact | None:
    """Find what was told under a key."""
    return await find_value(tx, FACTS, fact_from, {"_id": key})


async def facts_of(tx: Tx, user_id: UserId) -> list[Fact]:
    """Read everything that happened to a person, the earliest first."""
    found = tx.database[FACTS].find({"user_id": user_id}, session=tx.session).sort("occurred_at")
    return [fact_from(document) async for document in found]
