"""How long the plans and runs of sync rounds are kept: they come by the hundred a day, and nobody undoes an old one."""

from datetime import datetime

from roundsman.database.collections import MIGRATION_PLANS, MIGRATION_RUNS
from roundsman.database.transaction import Tx
from roundsman.migration.plan_store import drop_plan
from roundsman.migration.runs import RunState


async def keep_until(tx: Tx, digest: str, moment: datetime) -> None:
    """Let a plan be forgotten after that moment. A plan without it, one that somebody made, is kept for good."""
    await tx.database[MIGRATION_PLANS].update_one({"_id": digest}, {"$set": {"kept_until": moment}})


async def forget_old_plans(tx: Tx, *, now: datetime) -> int:
    """Forget the plans whose time is over, and their runs; count them. A run that is not finished, or was proved, stays."""
    forgotten = 0
    found = tx.database[MIGRATION_PLANS].find({"kept_until": {"$lt": now}}, {"_id": 1})
    for digest in [document["_id"] async for document in found]:
        stays = {"plan": digest, "$or": [{"state": {"$ne": RunState.APPLIED.value}}, {"summary": {"$exists": True}}]}
        if not await tx.database[MIGRATION_RUNS].find_one(stays, {"_id": 1}):
            await tx.database[MIGRATION_RUNS].delete_many({"plan": digest})
            await drop_plan(tx, digest)
            forgotten += 1
    return forgotten
