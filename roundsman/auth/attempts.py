"""Counting attempts, so that nobody may try too often. The collection is known here and in `reservations`.

Each count is one document that one statement changes, so that of any number of simultaneous attempts no more pass than
are allowed, whichever process they reach. Counts stand outside transactions: many requests change the same document,
and a transaction would hold up all the others until it ends. They are no accounts, so one node's word is enough; whoever
cannot reach the database is refused like everybody else.
"""

import hashlib
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ReturnDocument, UpdateOne, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from roundsman.auth.limits import Limit, window_end, window_start
from roundsman.database.collections import ATTEMPTS
from roundsman.database.together import Question, by_id
from roundsman.database.transaction import Document, Tx
from roundsman.errors import RateLimited

_HEX_DIGITS: Final = 32
_ONE_NODE: Final = WriteConcern(w=1)


class TooOften(RateLimited):
    """Too many attempts of one kind; `retry_after` says how long to wait."""

    code = "too_often"

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message, retry_after_seconds=max(1, math.ceil(retry_after.total_seconds())))
        self.retry_after = retry_after


async def take(tx: Tx, limit: Limit, who: str, *, now: datetime) -> datetime | None:
    """Count one attempt; None where it is allowed, else when it will be again. One that is refused does not count."""
    # One above the limit is the sign of a refusal, and the most that is ever counted.
    one_more = {"$min": [{"$add": [{"$ifNull": ["$taken", 0]}, 1]}, limit.most + 1]}
    counted = await upsert(
        tx,
        attempt_id(limit.name, who, window_start(limit, now=now)),
        [{"$set": {"taken": one_more, "expires_at": window_end(limit, now=now)}}],
        returned=ReturnDocument.AFTER,
    )
    return None if counted is not None and counted["taken"] <= limit.most else window_end(limit, now=now)


async def require(tx: Tx, limit: Limit, who: str, *, message: str, now: datetime) -> None:
    """Count one attempt; raises TooOften with the message where it is one too many."""
    again_at = await take(tx, limit, who, now=now)
    if again_at is not None:
        raise TooOften(message, retry_after=again_at - now)


async def give_back(tx: Tx, limit: Limit, who: str, *, now: datetime) -> None:
    """Take back an attempt that was allowed and turned out not to count; `now` is the one it was taken at."""
    await give_all_back(tx, [(limit, who)], now=now)


async def give_all_back(tx: Tx, taken: Sequence[tuple[Limit, str]], *, now: datetime) -> None:
    """Do the same for what was taken together, in one request."""
    if taken:
        await counts(tx).bulk_write([_one_less(limit, who, now) for limit, who in taken], ordered=False)


async def count(tx: Tx, limit: Limit, who: str, *, now: datetime) -> int:
    """How many attempts of this window count so far; one above the limit where somebody was refused."""
    found = await counts(tx).find_one({"_id": attempt_id(limit.name, who, window_start(limit, now=now))})
    return count_asked([] if found is None else [found])


def asking_for_count(limit: Limit, who: str, *, now: datetime) -> Question:
    """Ask the same together with something else."""
    return by_id(ATTEMPTS, attempt_id(limit.name, who, window_start(limit, now=now)))


def count_asked(documents: Sequence[Document]) -> int:
    """Read the answer to that."""
    return int(documents[0]["taken"]) if documents else 0


def _one_less(limit: Limit, who: str, now: datetime) -> UpdateOne:
    one_less = {"$max": [{"$subtract": [{"$min": ["$taken", limit.most]}, 1]}, 0]}
    key = attempt_id(limit.name, who, window_start(limit, now=now))
    return UpdateOne({"_id": key}, [{"$set": {"taken": one_less}}])


def attempt_id(name: str, who: str, start: datetime | None = None) -> str:
    """The key of one count. Of `who`, often a phone or an address, only a digest is kept."""
    digest = hashlib.sha256(f"{name}:{who}".encode("utf-8", "surrogatepass")).hexdigest()[:_HEX_DIGITS]
    return f"{name}:{digest}" if start is None else f"{name}:{digest}:{start:%Y%m%dT%H%M%S}"


async def upsert(tx: Tx, key: str, change: Sequence[Document], *, returned: bool) -> Document | None:
    """Change one count by a pipeline, making it where it is not there; gives it as it was before or after."""
    for _ in range(2):
        try:
            return await counts(tx).find_one_and_update(
                {"_id": key}, list(change), upsert=True, return_document=returned
            )
        except DuplicateKeyError:
            # Somebody else made it at the same instant; now it is there.
            continue
    return await counts(tx).find_one_and_update({"_id": key}, list(change), return_document=returned)


def counts(tx: Tx) -> AsyncCollection[dict[str, Any]]:
    """The collection, written without waiting for other nodes and outside any transaction."""
    return tx.database.get_collection(ATTEMPTS, write_concern=_ONE_NODE)
