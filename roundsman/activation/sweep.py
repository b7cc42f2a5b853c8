"""Writing what time alone has done: who is due, the oldest first.

Any number may sweep at once and one may be killed anywhere: each person is moved in a transaction of his own, at the instant that
was due. Readers do not wait for it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.tracking import Recorded, advance, refold
from roundsman.database.collections import LIFECYCLES, SYSTEM
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.ids import UserId

_BATCH: Final = 500
LAST_SWEEP: Final = "activation_sweep"
Tell = Callable[[Tx, UserId, Recorded], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Swept:
    """How many people time has moved, and how many were told anew because the policy is another one now."""

    moved: int = 0
    refolded: int = 0


async def sweep(tx: Tx, *, policy: ActivationPolicy, now: datetime, tell: Tell | None = None) -> Swept:
    """Move everybody who is due by now; `tell` is called in the transaction of each who moved."""
    moved = await _each(tx, {"due_at": {"$lte": now}}, "due_at", lambda tx, user: _move(tx, user, policy, now, tell))
    older = {"policy_version": {"$lt": policy.version}}
    refolded = await _each(tx, older, "policy_version", lambda tx, user: refold(tx, user, policy=policy, now=now))
    await tx.database[SYSTEM].update_one({"_id": LAST_SWEEP}, {"$set": {"at": now}}, upsert=True)
    return Swept(moved, refolded)


async def last_swept_at(tx: Tx) -> datetime | None:
    """When the last sweep came to its end; None if none ever did."""
    document = await tx.database[SYSTEM].find_one({"_id": LAST_SWEEP})
    return None if document is None else document["at"]


async def _move(tx: Tx, user_id: UserId, policy: ActivationPolicy, now: datetime, tell: Tell | None) -> Recorded | None:
    async def work(tx: Tx) -> Recorded | None:
        recorded = await advance(tx, user_id, policy=policy, now=now)
        if recorded is not None and recorded.transitions and tell is not None:
            await tell(tx, user_id, recorded)
        return recorded

    return await in_transaction(tx, work)


async def _each(tx: Tx, wanted: Document, order: str, move: Callable[[Tx, UserId], Awaitable[Recorded | None]]) -> int:
    """Go through those who are wanted until none is left, and count whom not somebody else has moved meanwhile.

    Whoever was moved is not wanted any more.
    """
    count = 0
    while True:
        found = tx.database[LIFECYCLES].find(wanted, {"_id": 1}).sort(order).limit(_BATCH)
        users = [UserId(document["_id"]) async for document in found]
        for user_id in users:
            count += await move(tx, user_id) is not None
        if len(users) < _BATCH:
            return count
