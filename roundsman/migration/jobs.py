"""The last thing that somebody had done about the import from a page: what, by whom, and what came of it.

There is one at a time. Whoever runs it holds the lease of jobs until its end is noted, so that a server that died in
between is noticed; what it writes in the database is guarded by the lease of the migration itself.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.database.collections import SYSTEM
from roundsman.database.lease import MIGRATION, Lease, LeaseTaken, find_runner, return_lease, take_lease
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.errors import Conflict

JOBS: Final = "migration_job"
"""The lease of whoever runs one."""
_ID: Final = "migration_job"


class JobKind(StrEnum):
    """What can be done from a page."""

    PLAN = "plan"
    APPLY = "apply"
    VERIFY = "verify"
    UNDO = "undo"


class JobRunning(Conflict):
    """Something is being done about the import; one thing at a time."""

    code = "job_running"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: the exit code of the last command, none if there was none to see; why not well; all that was said."""

    exit_code: int | None
    trouble: str
    said: str


@dataclass(frozen=True, slots=True)
class Job:
    """What was begun about which plan or run, by whom. Without an outcome it is running, or was broken off."""

    kind: JobKind
    about: str
    by: str
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    is_running: bool


async def start_job(tx: Tx, kind: JobKind, about: str, *, actor: Actor, now: datetime) -> Lease:
    """Note that the actor begins something, in the audit log too; give the lease under which it is done.

    Raises JobRunning while this or another migration is running.
    """
    if runner := await find_runner(tx, MIGRATION, now=now):
        raise JobRunning(f"A migration is running ({runner}). Wait until it has ended, then try again.")
    try:
        lease = await take_lease(tx, JOBS, now=now)
    except LeaseTaken:
        raise JobRunning(
            "Somebody has begun something here already. Wait until it has ended, then try again."
        ) from None

    async def work(tx: Tx) -> None:
        document = {"kind": kind.value, "about": about, "by": actor.who, "started_at": now, "lease": lease.fencing}
        await tx.database[SYSTEM].replace_one({"_id": _ID}, document, upsert=True, session=tx.session)
        await record(tx, AuditEntry(now, actor, f"migration.{kind}_started", _target(kind, about)))

    try:
        await in_transaction(tx, work)
    except BaseException:
        await return_lease(tx, lease, now=now)
        raise
    return lease


async def end_job(tx: Tx, lease: Lease, outcome: Outcome, *, now: datetime) -> None:
    """Note how it ended, and let others begin."""
    ended = {"ended_at": now, "outcome": asdict(outcome)}
    await tx.database[SYSTEM].update_one({"_id": _ID, "lease": lease.fencing}, {"$set": ended})
    await return_lease(tx, lease, now=now)


async def find_job(tx: Tx, *, now: datetime) -> Job | None:
    """What was begun last, as it stands; None if nothing ever was."""
    document = await tx.database[SYSTEM].find_one({"_id": _ID})
    if document is None or document.get("outcome"):
        return _job(document) if document else None
    is_running = await find_runner(tx, JOBS, now=now) is not None
    # Read again, since it may have ended between the two looks.
    document = await tx.database[SYSTEM].find_one({"_id": _ID})
    return _job(document, is_running=is_running) if document else None


def _job(document: Document, *, is_running: bool = False) -> Job:
    outcome = Outcome(**document["outcome"]) if "outcome" in document else None
    return Job(
        JobKind(document["kind"]),
        document["about"],
        document["by"],
        document["started_at"],
        document.get("ended_at"),
        outcome,
        is_running and outcome is None,
    )


def _target(kind: JobKind, about: str) -> str:
    return f"run:{about}" if kind in {JobKind.APPLY, JobKind.UNDO} else f"migration:{kind}"
