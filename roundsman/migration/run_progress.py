"""How far the run is that is being applied or taken back, for whoever looks on."""

from dataclasses import dataclass
from datetime import datetime

from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.lease import MIGRATION, find_runner
from roundsman.database.transaction import Tx
from roundsman.migration.plan_store import find_plan
from roundsman.migration.runs import Run, find_undoing_run, find_unfinished_run


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run that is not at its end: how many of its documents are there, and who is at it; nobody if it was broken off."""

    run: Run
    planned: int
    there: int
    runner: str | None


async def find_progress(tx: Tx, *, now: datetime) -> RunProgress | None:
    """The run that is not at its end; None if all are."""
    run = await find_unfinished_run(tx) or await find_undoing_run(tx)
    if run is None:
        return None
    plan = await find_plan(tx, run.plan)
    planned = plan[0].counts.get("rows.documents", 0) if plan else 0
    there = await tx.database[SOURCE_DOCUMENTS].count_documents({"run": run.id})
    return RunProgress(run, planned, there, await find_runner(tx, MIGRATION, now=now))
