"""Runs: the applications of plans, each named after its plan's digest, so that resuming is the same run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from roundsman.database.collections import MIGRATION_RUNS
from roundsman.database.transaction import Document, Tx


class RunState(StrEnum):
    """How far a run came."""

    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    """It is being taken back, or that was broken off; afterwards there is no such run."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `drifted` and `gone` are documents that were not the planned ones any more; `totals` are by stage."""

    id: str
    plan: str
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    drifted: tuple[str, ...]
    gone: tuple[str, ...]
    totals: Mapping[str, Any]
    findings: Mapping[str, int]
    summary: Mapping[str, Any]
    writers: tuple[Mapping[str, Any], ...]


async def find_run(tx: Tx, run_id: str) -> Run | None:
    """The run of that name."""
    document = await tx.database[MIGRATION_RUNS].find_one({"_id": run_id})
    return _run(document) if document else None


async def find_unfinished_run(tx: Tx) -> Run | None:
    """The run that was broken off, if there is one."""
    document = await tx.database[MIGRATION_RUNS].find_one({"state": RunState.APPLYING.value}, session=tx.session)
    return _run(document) if document else None


async def find_undoing_run(tx: Tx) -> Run | None:
    """The run whose undoing was broken off, if there is one."""
    document = await tx.database[MIGRATION_RUNS].find_one({"state": RunState.UNDOING.value}, session=tx.session)
    return _run(document) if document else None


async def mark_undoing(tx: Tx, run_id: str) -> None:
    """Note that the run is being taken back."""
    await tx.database[MIGRATION_RUNS].update_one({"_id": run_id}, {"$set": {"state": RunState.UNDOING.value}})


async def forget_run(tx: Tx, run_id: str) -> None:
    """Remove a run that was taken back."""
    await tx.database[MIGRATION_RUNS].delete_one({"_id": run_id}, session=tx.session)


async def find_latest_run(tx: Tx) -> Run | None:
    """The run that was applied last."""
    newest = [("finished_at", -1)]
    applied = {"state": RunState.APPLIED.value}
    document = await tx.database[MIGRATION_RUNS].find_one(applied, sort=newest, session=tx.session)
    return _run(document) if document else None


async def find_proved_run(tx: Tx) -> Run | None:
    """The run after which verification was made last."""
    newest = [("summary.at", -1)]
    document = await tx.database[MIGRATION_RUNS].find_one({"summary": {"$exists": True}}, sort=newest)
    return _run(document) if document else None


async def list_runs(tx: Tx) -> list[Run]:
    """All runs, the oldest first."""
    return [_run(document) async for document in tx.database[MIGRATION_RUNS].find().sort("started_at", 1)]


async def latest_runs(tx: Tx, *, before: datetime | None = None, limit: int) -> list[Run]:
    """So many runs, the newest first; `before` is when the last one on the page before was started."""
    wanted = {"started_at": {"$lt": before}} if before else {}
    return [_run(one) async for one in tx.database[MIGRATION_RUNS].find(wanted).sort("started_at", -1).limit(limit)]


async def open_run(tx: Tx, run_id: str, *, plan: str, writer: Mapping[str, Any], now: datetime) -> None:
    """Note that somebody starts or resumes the run; `writer` says who, under which fencing number."""
    await tx.database[MIGRATION_RUNS].update_one(
        {"_id": run_id},
        {
            "$setOnInsert": {"plan": plan, "state": RunState.APPLYING.value, "started_at": now},
            "$push": {"writers": {**writer, "from": now, "until": now}},
        },
        upsert=True,
    )


async def note_writing(tx: Tx, run_id: str, *, fencing: int, now: datetime) -> None:
    """Note how long the writer with this fencing number wrote."""
    await tx.database[MIGRATION_RUNS].update_one(
        {"_id": run_id, "writers.fencing": fencing}, {"$set": {"writers.$.until": now}}
    )


async def close_run(tx: Tx, run_id: str, *, outcome: Document, now: datetime) -> None:
    """Note that everything is written."""
    finished = {"state": RunState.APPLIED.value, "finished_at": now}
    await tx.database[MIGRATION_RUNS].update_one({"_id": run_id}, {"$set": outcome | finished})


async def keep_summary(tx: Tx, run_id: str, summary: Mapping[str, Any]) -> None:
    """Store what verification found, for pages that show it without computing it again."""
    await tx.database[MIGRATION_RUNS].update_one({"_id": run_id}, {"$set": {"summary": summary}})


def _run(document: Document) -> Run:
    return Run(
        id=document["_id"],
        plan=document["plan"],
        state=RunState(document["state"]),
        started_at=document["started_at"],
        finished_at=document.get("finished_at"),
        drifted=tuple(document.get("drifted", ())),
        gone=tuple(document.get("gone", ())),
        totals=document.get("totals", {}),
        findings=document.get("findings", {}),
        summary=document.get("summary", {}),
        writers=tuple(document.get("writers", ())),
    )
