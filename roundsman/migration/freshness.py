"""Whether anything may be written, and whether a plan still fits: people that were joined or told apart since it was made are not whom it speaks of."""

from roundsman.database.collections import MIGRATION_PLANS
from roundsman.database.lease import MIGRATION, count_turns
from roundsman.database.transaction import Tx
from roundsman.errors import Conflict
from roundsman.migration.runs import find_undoing_run


class PlanOutdated(Conflict):
    """Somebody decided about people since the plan was made."""

    code = "plan_outdated"


async def note_turns(tx: Tx, digest: str, turns: int) -> None:
    """Keep with a plan after how many turns it was made; the same plan may be made again later."""
    await tx.database[MIGRATION_PLANS].update_one({"_id": digest}, {"$set": {"turns": turns}})


async def refuse_outdated(tx: Tx, digest: str) -> None:
    """Raise PlanOutdated where a decision was made or taken back since the plan; call it while holding the lease."""
    await refuse_while_undoing(tx)
    plan = await tx.database[MIGRATION_PLANS].find_one({"_id": digest}, {"turns": 1})
    turns = plan.get("turns") if plan else None
    if turns is not None and turns != await count_turns(tx, MIGRATION):
        raise PlanOutdated(
            "people were joined or told apart since this plan was made; make a new one with: roundsman migrate plan"
        )


class UndoingUnfinished(Conflict):
    """A run was taken back in part; that is finished before anything else is done."""

    code = "undoing_unfinished"


async def refuse_while_undoing(tx: Tx) -> None:
    """Raise UndoingUnfinished, with the command that finishes it, while the undoing of a run is broken off."""
    if run := await find_undoing_run(tx):
        raise UndoingUnfinished(f"undoing run {run.id} was broken off; finish it with: roundsman migrate undo {run.id}")
