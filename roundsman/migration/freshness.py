"""Whether anything may be written, and whether a plan still fits: people that were joined or told apart since it was made are not whom it speaks of."""

from bson import ObjectId

from roundsman.database.collections import MIGRATION_PLANS
from roundsman.database.lease import MIGRATION, count_turns
from roundsman.database.transaction import Tx
from roundsman.errors import Conflict
from roundsman.identity.importing import claimed_among, has_anybody_claimed
from roundsman.identity.mode import PeopleMode, get_mode
from roundsman.migration.matching import Rule
from roundsman.migration.plan import Fate
from roundsman.migration.plan_documents import Section
from roundsman.migration.plan_store import read_rows
from roundsman.migration.runs import find_undoing_run

_JOINED = (Fate.MERGED, Fate.LINKED)
_BY_LINK = (Rule.LINK, Rule.DECIDED, Rule.FOLLOWED)


class PlanOutdated(Conflict):
    """Somebody decided about people since the plan was made, or they were made live."""

    code = "plan_outdated"


async def note_turns(tx: Tx, digest: str, turns: int) -> None:
    """Keep with a plan after how many turns it was made; the same plan may be made again later."""
    await tx.database[MIGRATION_PLANS].update_one({"_id": digest}, {"$set": {"turns": turns}})


async def refuse_outdated(tx: Tx, digest: str) -> None:
    """Raise PlanOutdated where a decision was made or taken back since the plan; call it while holding the lease, where it has to stay so."""
    await refuse_while_undoing(tx)
    plan = await tx.database[MIGRATION_PLANS].find_one({"_id": digest}, {"turns": 1})
    turns = plan.get("turns") if plan else None
    if turns != await count_turns(tx, MIGRATION):
        raise PlanOutdated(
            "people were joined, told apart, made live or noted as gone since this plan was made; make a new one with: roundsman migrate plan"
        )


async def why_outdated(tx: Tx, digest: str) -> str | None:
    """Say what stands against applying the plan now; None if nothing is known to."""
    try:
        await refuse_outdated(tx, digest)
    except (PlanOutdated, UndoingUnfinished) as error:
        return error.message
    return None


async def refuse_claimed_since(tx: Tx, chunks_id: ObjectId) -> None:
    """Raise PlanOutdated where a plan would join somebody with a user who claimed his account since, once people are live.

    A run that was begun is finished all the same: half of it would be worse.
    """
    if (await get_mode(tx)).people is PeopleMode.SHADOW or not await has_anybody_claimed(tx):
        return
    async for rows in read_rows(tx, chunks_id, Section.DOCUMENTS):
        joining = {row.user_id: row.key for row in rows if row.fate in _JOINED and row.rule not in _BY_LINK}
        for user_id in await claimed_among(tx, list(joining)):
            raise PlanOutdated(
                f"user {user_id}, whom {joining[user_id]} would join, has claimed his account since this plan was made; "
                "make a new one with: roundsman migrate plan"
            )


class UndoingUnfinished(Conflict):
    """A run was taken back in part; that is finished before anything else is done."""

    code = "undoing_unfinished"


async def refuse_while_undoing(tx: Tx) -> None:
    """Raise UndoingUnfinished, with the command that finishes it, while the undoing of a run is broken off."""
    if run := await find_undoing_run(tx):
        raise UndoingUnfinished(f"undoing run {run.id} was broken off; finish it with: roundsman migrate undo {run.id}")
