"""Wrapping what an import carried as unsalted SHA-256 in argon2id, without anybody signing in.

The job reads the credentials once, in the order of their ids, and works in batches. What is wrapped is not selected
again, so a run that was killed needs no journal: the next one takes what is left. Each hash is replaced only where it
still is the one that was read, so that a sign-in or a new password in between wins. No index serves the selection: the
one pass costs seconds, the hashing hours.

Only one runner works at a time. One that lost its lease stops before it writes anything more.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from roundsman.audit_log.entries import SYSTEM, AuditEntry
from roundsman.audit_log.log import record
from roundsman.auth.credential_storage import count_forms, list_credentials, renew_hashes
from roundsman.auth.credentials import Credential
from roundsman.auth.passwords import DEFAULT_COST, Argon2Cost, HashForm, wrap
from roundsman.clock import Clock
from roundsman.database.lease import Lease, held_lease, renew_lease
from roundsman.database.transaction import Tx
from roundsman.errors import Interrupted

JOB: Final = "passwords wrap"
_BATCH_PER_THREAD: Final = 32
"""About a second of work, which is how long ending the job takes."""

Progress = Callable[[int, int], None]
"""Called with the number of hashes done since the last call, and how many there are to do in all."""


class WrappingInterrupted(Interrupted):
    """The job was told to end and did so at a batch border."""

    code = "wrapping_interrupted"


@dataclass(frozen=True, slots=True)
class Means:
    """What the job works with: the clock, how many threads hash at what cost, and how it may be watched and ended."""

    clock: Clock
    threads: int
    progress: Progress = lambda _done, _total: None
    stop: Callable[[], bool] = lambda: False
    cost: Argon2Cost = DEFAULT_COST


@dataclass(slots=True)
class Wrapped:
    """What a run did: hashes wrapped, hashes that somebody replaced meanwhile, and unsalted ones that are left."""

    wrapped: int = 0
    replaced_meanwhile: int = 0
    left: int = 0


def all_cores_but_one() -> int:
    """How many threads leave a core to the database and to signing in."""
    return max(1, (os.cpu_count() or 1) - 1)


async def wrap_passwords(tx: Tx, means: Means) -> Wrapped:
    """Wrap every unsalted SHA-256. A run that changed anything has one audit entry, whatever ended it.

    What an import adds behind the reader is left for the next run, and counted. Raises LeaseTaken, LeaseLost or
    WrappingInterrupted.
    """
    done = Wrapped()
    async with held_lease(tx, JOB, means.clock) as lease:
        try:
            ended_early = await _wrap_batches(tx, lease, means, done)
        finally:
            done.left = (await count_forms(tx))[HashForm.SHA256]
            await _tell(tx, done, means.clock)
    if ended_early:
        raise WrappingInterrupted(f"ended as asked: {_in_words(done)}; run it again to go on")
    return done


async def _wrap_batches(tx: Tx, lease: Lease, means: Means, done: Wrapped) -> bool:
    """Go through the credentials once; says whether it was told to end before the last."""
    total = (await count_forms(tx))[HashForm.SHA256]
    after = None
    means.progress(0, total)
    with ThreadPoolExecutor(means.threads, thread_name_prefix="password-wrapping") as threads:
        while batch := await list_credentials(
            tx, HashForm.SHA256, after=after, limit=_BATCH_PER_THREAD * means.threads
        ):
            if means.stop():
                return True
            hashes = await _hash(batch, threads, means.cost)
            await renew_lease(tx, lease, now=means.clock())
            renewed = await renew_hashes(tx, list(zip(batch, hashes, strict=True)))
            done.wrapped += renewed
            done.replaced_meanwhile += len(batch) - renewed
            means.progress(len(batch), total)
            after = batch[-1].user_id
    return False


async def _hash(batch: Sequence[Credential], threads: Executor, cost: Argon2Cost) -> list[str]:
    loop = asyncio.get_running_loop()
    return await asyncio.gather(*(loop.run_in_executor(threads, wrap, one.password_hash, cost) for one in batch))


async def _tell(tx: Tx, done: Wrapped, clock: Clock) -> None:
    if done.wrapped:
        await record(tx, AuditEntry(clock(), SYSTEM, "passwords.wrapped", "system:passwords", reason=_in_words(done)))


def _in_words(done: Wrapped) -> str:
    return f"{done.wrapped} wrapped, {done.replaced_meanwhile} replaced meanwhile, {done.left} left"
