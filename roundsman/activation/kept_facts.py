"""Facts that changed nothing and are kept for people to look at: those that contradict others, and those that wait for somebody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from roundsman.activation.facts import FactType
from roundsman.activation.figures import KeptCounts
from roundsman.activation.parking import text_in
from roundsman.database.collections import FACT_CONFLICTS, FACTS, UNMATCHED_FACTS
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId

DEFAULT_LIMIT: Final = 50
HIGHEST_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class KeptFact:
    """A fact as it was told, and when; of a user, or of whoever is called by `subject`.

    `counts_at` and `counts_of` are when, and to whom, it happened by what was told first and counts; absent where that is
    gone or nothing contradicts.
    """

    type: FactType
    source_id: str
    occurred_at: datetime
    recorded_at: datetime
    amount_paise: int
    user_id: UserId | None
    subject: str | None
    counts_at: datetime | None
    counts_of: UserId | None


@dataclass(frozen=True, slots=True)
class KeptFacts:
    """Some of them, those that were told last first, and how many there are."""

    total: int
    facts: tuple[KeptFact, ...]


async def list_conflicts(tx: Tx, *, limit: int = DEFAULT_LIMIT) -> KeptFacts:
    """List facts that contradict what was told before."""
    told = await _newest(tx, FACT_CONFLICTS, limit)
    wanted = {"_id": {"$in": [document["key"] for document in told]}}
    first: dict[str, Document] = {}
    for name in (UNMATCHED_FACTS, FACTS):
        first |= {one["_id"]: one async for one in tx.database[name].find(wanted, session=tx.session)}
    facts = (_kept(document, first.get(document["key"], {})) for document in told)
    return KeptFacts((await count_kept(tx)).conflicts, tuple(facts))


async def list_unmatched(tx: Tx, *, limit: int = DEFAULT_LIMIT) -> KeptFacts:
    """List facts about people whom nobody knows, or who are no customers."""
    told = await _newest(tx, UNMATCHED_FACTS, limit)
    return KeptFacts((await count_kept(tx)).unmatched, tuple(_kept(document, {}) for document in told))


async def count_kept(tx: Tx) -> KeptCounts:
    """Count them all; the server knows how many there are without reading them."""
    conflicts, unmatched = (tx.database[name] for name in (FACT_CONFLICTS, UNMATCHED_FACTS))
    return KeptCounts(await conflicts.estimated_document_count(), await unmatched.estimated_document_count())


async def _newest(tx: Tx, collection: str, limit: int) -> list[Document]:
    found = tx.database[collection].find(session=tx.session).sort([("recorded_at", -1), ("_id", -1)])
    return [document async for document in found.limit(limit)]


def _kept(document: Document, counting: Document) -> KeptFact:
    return KeptFact(
        FactType(document["type"]),
        document["source_id"],
        document["occurred_at"],
        document["recorded_at"],
        document.get("amount_paise", 0),
        document.get("user_id"),
        text_in(document),
        counting.get("occurred_at"),
        counting.get("user_id"),
    )
