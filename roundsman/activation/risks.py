"""Who is about to go, who does not pay, and whether the sweep is behind: index ranges, counted up to a cap."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from roundsman.activation.days import is_of, sliced
from roundsman.activation.figures import Capped, PaymentRisk, Slice, SweepHealth
from roundsman.activation.lifecycle import ORDERING
from roundsman.activation.reading import Standing
from roundsman.activation.rollups import ROLLED_UP
from roundsman.activation.tracked import Tracked
from roundsman.database.collections import LIFECYCLES, SYSTEM
from roundsman.database.transaction import Document, Tx

CAP: Final = 1000
UNPAID_FOR: Final = timedelta(days=30)
SOON: Final = timedelta(days=7)
_SWEEP: Final = "activation_sweep"
_IS_SOMEWHERE: Final[Document] = {"status": {"$exists": True}}
"""Who has no status yet is in no number, whatever was told of him already."""
_SOONEST_FIRST: Final = "status_1_next_transition_at_1__id_1"


def failed_payment() -> Document:
    """Give the criteria of those whose last payment failed."""
    return {"payment_risk": True} | _IS_SOMEWHERE


def missing_payment(now: datetime) -> Document:
    """Give the criteria of those who were delivered to and have not paid for 30 days since."""
    return {"unpaid_since": {"$lte": now - UNPAID_FOR}} | _IS_SOMEWHERE


def leaving_soon(now: datetime) -> Document:
    """Give the criteria of those who are active or engaged, and are inactive within 7 days if nothing happens."""
    statuses = sorted(status.value for status in ORDERING)
    return {"status": {"$in": statuses}, "next_transition_at": {"$gt": now, "$lte": now + SOON}}


def is_leaving_soon(tracked: Tracked, now: datetime) -> bool:
    """Whether these criteria hold for somebody."""
    due = tracked.lifecycle.next_transition_at
    return tracked.lifecycle.status in ORDERING and due is not None and now < due <= now + SOON


async def read_payment_risk(tx: Tx, *, of: Slice, now: datetime) -> PaymentRisk:
    """Count those whose payments failed or are missing."""
    failed, missing = failed_payment() | sliced(of), missing_payment(now) | sliced(of)
    return PaymentRisk(await _count(tx, failed), await _count(tx, missing))


async def count_at_risk(tx: Tx, *, of: Slice, moved: Sequence[Standing], now: datetime) -> Capped:
    """Count those who are about to become inactive."""
    stored = await _count(tx, leaving_soon(now) | {"due_at": {"$gt": now}} | sliced(of), hint=_SOONEST_FIRST)
    others = sum(is_leaving_soon(one.tracked, now) for one in moved if is_of(of, one.tracked.traits))
    return capped(stored.count + others + stored.is_more)


async def read_sweep_health(tx: Tx, *, moved: Sequence[Standing]) -> SweepHealth:
    """Read when sweep and rollups last did something, and how many wait for the sweep."""
    runs = {
        one["_id"]: one.get("at")
        async for one in tx.database[SYSTEM].find({"_id": {"$in": [_SWEEP, ROLLED_UP]}}, session=tx.session)
    }
    return SweepHealth(capped(len(moved)), runs.get(_SWEEP), runs.get(ROLLED_UP))


def capped(count: int) -> Capped:
    """Say a count up to the cap."""
    return Capped(min(count, CAP), count > CAP)


async def _count(tx: Tx, criteria: Document, *, hint: str | None = None) -> Capped:
    """Count up to the cap. Left to itself, MongoDB may choose an index in which nearly everybody fits."""
    options = {} if hint is None else {"hint": hint}
    found = await tx.database[LIFECYCLES].count_documents(criteria, limit=CAP + 1, session=tx.session, **options)
    return capped(found)
