"""One runner at a time: a lease with a fencing number that only grows.

The lease lives as long as it is renewed. A runner that died on this machine is noticed at once by its process id; on
another machine its lease runs out.
"""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from roundsman.clock import Clock
from roundsman.database.collections import LEASES
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict

MIGRATION = "migration"
"""The one job of everything that writes for an import, or back to its source."""
_LIFE = timedelta(seconds=60)


class LeaseTaken(Conflict):
    """Somebody else is at it."""

    code = "lease_taken"


class LeaseLost(Conflict):
    """Somebody else took over while this runner was away; it must not write any more."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True)
class Lease:
    """A right to run one job, until it is given back, lost or runs out."""

    job: str
    owner: str
    fencing: int


@asynccontextmanager
async def held_lease(tx: Tx, job: str, clock: Clock) -> AsyncIterator[Lease]:
    """Hold the lease of a job while the body runs. Raises LeaseTaken."""
    lease = await take_lease(tx, job, now=clock())
    try:
        yield lease
    finally:
        await return_lease(tx, lease, now=clock())


async def take_lease(tx: Tx, job: str, *, now: datetime) -> Lease:
    """Take the lease of a job. Raises LeaseTaken with its holder while another runner is alive."""
    owner = f"{socket.gethostname()}:{os.getpid()}"
    held = await tx.database[LEASES].find_one({"_id": job})
    if held and held["expires_at"] > now and not _is_dead(held["owner"]):
        raise LeaseTaken(f"{job} is already running ({held['owner']}); wait for it, or stop it and try again")
    return Lease(job, owner, await _advance(tx, job, owner, held, now))


async def _advance(tx: Tx, job: str, owner: str, held: Document | None, now: datetime) -> int:
    before = held["fencing"] if held else 0
    try:
        taken = await tx.database[LEASES].find_one_and_update(
            {"_id": job, "fencing": before},
            {"$set": {"owner": owner, "expires_at": now + _LIFE}, "$inc": {"fencing": 1}},
            upsert=held is None,
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:
        taken = None
    if taken is None:
        raise LeaseTaken(f"{job} was started by another runner at the same moment; wait for it")
    fencing: int = taken["fencing"]
    return fencing


async def renew_lease(tx: Tx, lease: Lease, *, now: datetime) -> None:
    """Keep the lease alive. Raises LeaseLost if another runner has it."""
    renewed = await tx.database[LEASES].update_one(
        {"_id": lease.job, "fencing": lease.fencing}, {"$set": {"expires_at": now + _LIFE}}
    )
    if not renewed.matched_count:
        raise LeaseLost(f"another runner took over {lease.job}; this one has stopped")


async def find_runner(tx: Tx, job: str, *, now: datetime) -> str | None:
    """Who runs a job at this moment, as machine:process; None for nobody."""
    held = await tx.database[LEASES].find_one({"_id": job})
    return held["owner"] if held and held["expires_at"] > now and not _is_dead(held["owner"]) else None


@dataclass(frozen=True, slots=True)
class Runner:
    """Who ran a job last, and when he last said that he is at it; `is_at_work` is false once he is dead or silent."""

    job: str
    owner: str
    seen_at: datetime
    is_at_work: bool


async def list_runners(tx: Tx, *, now: datetime) -> list[Runner]:
    """Who runs each job, or ran it last."""
    return [
        Runner(
            one["_id"], one["owner"], one["expires_at"] - _LIFE, one["expires_at"] > now and not _is_dead(one["owner"])
        )
        async for one in tx.database[LEASES].find().sort("_id")
    ]


async def take_turn(tx: Tx, job: str, *, now: datetime) -> None:
    """Within a transaction: no runner of the job is at work, and none begins until the transaction has ended.

    Raises LeaseTaken. Turns are counted, so that a plan can tell whether anything happened since it was made.
    """
    held = await tx.database[LEASES].find_one({"_id": job}, session=tx.session)
    if held and held["expires_at"] > now and not _is_dead(held["owner"]):
        raise LeaseTaken(f"{job} is running ({held['owner']}); wait for it, or stop it and try again")
    nobody = {"owner": "nobody:0", "fencing": 0, "expires_at": now}
    await tx.database[LEASES].update_one(
        {"_id": job}, {"$inc": {"turns": 1}, "$setOnInsert": nobody}, upsert=True, session=tx.session
    )


async def count_a_turn(tx: Tx, job: str) -> None:
    """Count what the holder of the lease does as a turn: plans made before do not fit any more."""
    await tx.database[LEASES].update_one({"_id": job}, {"$inc": {"turns": 1}})


async def count_turns(tx: Tx, job: str) -> int:
    """How many turns were taken so far."""
    held = await tx.database[LEASES].find_one({"_id": job}, {"turns": 1}, session=tx.session)
    return held.get("turns", 0) if held else 0


async def return_lease(tx: Tx, lease: Lease, *, now: datetime) -> None:
    """Give the lease back; the fencing number stays and only grows."""
    await tx.database[LEASES].update_one({"_id": lease.job, "fencing": lease.fencing}, {"$set": {"expires_at": now}})


def _is_dead(owner: str) -> bool:
    host, _, process = owner.rpartition(":")
    if host != socket.gethostname() or int(process) == os.getpid():
        return False
    return not Path(f"/proc/{process}").exists()
