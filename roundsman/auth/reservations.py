"""Attempts that count only if they fail, and are counted before anybody knows.

Whoever compares first and counts afterwards lets as many guesses pass as fit into the time between. So each try is
counted as a failure first and taken back when it turns out to be none. Where a try is one too many only because of others
whose outcome is open, it waits for them instead of being refused: a hundred people who sign in at nine o'clock behind one
address are no failures.

What a try turned out to be is said about its account and its address at once: each of these sayings is a change, and
`settle` writes them in one request.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from pymongo import ReturnDocument, UpdateOne

from roundsman.auth.attempts import TooOften, attempt_id, counts, upsert
from roundsman.auth.limits import Limit, window_end, window_start
from roundsman.auth.throttle import SignInThrottle
from roundsman.database.transaction import Document, Tx

_FIRST_PAUSE_SECONDS: Final = 0.05
_LONGEST_PAUSE_SECONDS: Final = 0.8
_ONE_LESS_PENDING: Final = {"$max": [{"$subtract": [{"$ifNull": ["$pending", 0]}, 1]}, 0]}
_SLOWLY: Final = "Too many sign-ins have failed. Wait a little, or sign in by a code sent to your phone."


class Answer(Enum):
    """What a try is told: go on, wait for those before you, or come back later."""

    GRANTED = "granted"
    UNDECIDED = "undecided"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reserved:
    """The answer to a try; `allowed_at` is when a refused one may come back, `number` which failure in a row it may be."""

    answer: Answer
    allowed_at: datetime
    number: int = 0


@dataclass(frozen=True, slots=True)
class FailedRow:
    """How many sign-ins of an account have failed in a row, and until when it waits; None where it need not."""

    failures: int = 0
    waits_until: datetime | None = None


async def failed_row_of(tx: Tx, account: str, *, now: datetime) -> FailedRow:
    """Read how an account stands; nothing is counted."""
    found = await counts(tx).find_one({"_id": _account_id(account), "expires_at": {"$gt": now}})
    if found is None:
        return FailedRow()
    allowed_at = found.get("allowed_at")
    return FailedRow(found.get("failures", 0), allowed_at if allowed_at is not None and allowed_at > now else None)


async def reserve_account(tx: Tx, account: str, throttle: SignInThrottle, *, now: datetime) -> Reserved:
    """Count one more failure of an account, unless it has to wait still.

    The first failures delay nobody, not even a try that came a moment before another one and is counted after it.
    """
    free, delays = throttle.backoff.free, throttle.backoff.delays()
    more = {"$min": [{"$subtract": ["$failures", free]}, len(delays) - 1]}
    delay = {"$arrayElemAt": [[delay // timedelta(milliseconds=1) for delay in delays], more]}
    next_allowed_at = {"$cond": [{"$lt": ["$failures", free]}, "$$REMOVE", {"$add": [now, delay]}]}
    before = await upsert(
        tx,
        _account_id(account),
        [
            {"$set": {"open": {"$lte": [{"$ifNull": ["$allowed_at", now]}, now]}}},
            {"$set": {"failures": _one_more_if_open("failures"), "pending": _one_more_if_open("pending")}},
            {
                "$set": {
                    "allowed_at": {"$cond": ["$open", next_allowed_at, "$allowed_at"]},
                    "expires_at": now + throttle.remembered,
                }
            },
            {"$unset": "open"},
        ],
        returned=ReturnDocument.BEFORE,
    )
    before = before or {}
    allowed_at = before.get("allowed_at", now)
    return Reserved(_answer(before, is_open=allowed_at <= now), allowed_at, before.get("failures", 0) + 1)


async def settle(tx: Tx, *changes: UpdateOne) -> None:
    """Write what is to be said about accounts and addresses."""
    await counts(tx).bulk_write(list(changes), ordered=False)


def forgive_account(account: str) -> UpdateOne:
    """End the row of failures of an account: somebody has proved that it is his."""
    change = {"$set": {"failures": 0, "pending": 0}, "$unset": {"allowed_at": ""}}
    return UpdateOne({"_id": _account_id(account)}, change)


def confirm_account(account: str) -> UpdateOne:
    """Let a reserved failure stand."""
    return UpdateOne({"_id": _account_id(account)}, [{"$set": {"pending": _ONE_LESS_PENDING}}])


def release_account(account: str) -> UpdateOne:
    """Take a reserved failure back, which says nothing about those before: the next try need not wait for it."""
    one_less = {"$max": [{"$subtract": ["$failures", 1]}, 0]}
    change: list[Document] = [
        {"$set": {"failures": one_less, "pending": _ONE_LESS_PENDING}},
        {"$unset": "allowed_at"},
    ]
    return UpdateOne({"_id": _account_id(account)}, change)


async def reserve_address(tx: Tx, limit: Limit, address: str, *, now: datetime) -> Reserved:
    """Count one more failure of an address, unless it has had as many as it may."""
    before = await upsert(
        tx,
        _window_id(limit, address, now),
        [
            {"$set": {"open": {"$lt": [{"$ifNull": ["$taken", 0]}, limit.most]}}},
            {"$set": {"taken": _one_more_if_open("taken"), "pending": _one_more_if_open("pending")}},
            {"$set": {"expires_at": window_end(limit, now=now)}},
            {"$unset": "open"},
        ],
        returned=ReturnDocument.BEFORE,
    )
    before = before or {}
    is_open = before.get("taken", 0) < limit.most
    return Reserved(_answer(before, is_open=is_open), window_end(limit, now=now))


def confirm_address(limit: Limit, address: str, *, now: datetime) -> UpdateOne:
    """Let a reserved failure stand; `now` is the one it was reserved at."""
    change = {"pending": _ONE_LESS_PENDING}
    return UpdateOne({"_id": _window_id(limit, address, now)}, [{"$set": change}])


def release_address(limit: Limit, address: str, *, now: datetime) -> UpdateOne:
    """Take a reserved failure back; `now` is the one it was reserved at."""
    change = {"taken": {"$max": [{"$subtract": ["$taken", 1]}, 0]}, "pending": _ONE_LESS_PENDING}
    return UpdateOne({"_id": _window_id(limit, address, now)}, [{"$set": change}])


def remember_familiar(account: str, address: str, *, until: datetime) -> UpdateOne:
    """Remember that the owner of an account signed in from an address."""
    key = attempt_id("sign_in_familiar", f"{account} {address}")
    return UpdateOne({"_id": key}, {"$set": {"expires_at": until}}, upsert=True)


async def is_familiar(tx: Tx, account: str, address: str, *, now: datetime) -> bool:
    """Whether the owner of an account has signed in from an address lately."""
    key = attempt_id("sign_in_familiar", f"{account} {address}")
    return await counts(tx).find_one({"_id": key, "expires_at": {"$gt": now}}, {"_id": 1}) is not None


async def patiently(ask: Callable[[], Awaitable[Reserved]], *, patience: timedelta) -> Reserved:
    """Ask until the answer no longer depends on others, but no longer than patience lasts."""
    left, pause = patience.total_seconds(), _FIRST_PAUSE_SECONDS
    reserved = await ask()
    while reserved.answer is Answer.UNDECIDED and left > 0:
        await asyncio.sleep(pause)
        left, pause = left - pause, min(2 * pause, _LONGEST_PAUSE_SECONDS)
        reserved = await ask()
    return reserved


def too_often(allowed_at: datetime, *, now: datetime) -> TooOften:
    """The one refusal of all rules, which tells nothing about accounts."""
    return TooOften(_SLOWLY, retry_after=allowed_at - now)


def _answer(before: Document, *, is_open: bool) -> Answer:
    if is_open:
        return Answer.GRANTED
    return Answer.UNDECIDED if before.get("pending", 0) else Answer.REFUSED


def _one_more_if_open(field: str) -> dict[str, Any]:
    return {"$add": [{"$ifNull": [f"${field}", 0]}, {"$cond": ["$open", 1, 0]}]}


def _account_id(account: str) -> str:
    return attempt_id("sign_in_account", account)


def _window_id(limit: Limit, who: str, now: datetime) -> str:
    return attempt_id(limit.name, who, window_start(limit, now=now))
