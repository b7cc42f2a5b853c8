"""Taking a whole run back, while the existing application is the authority: Roundsman is as it was before the run.

The run is marked first, and everything else waits until it is gone: undoing that was broken off is finished by undoing
once more. Answers of humans stay, so that importing again honours them; what they changed in people of the run is put
back before the people go.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from roundsman.activation.rollups import rebuild
from roundsman.audit_log.entries import Actor, AuditEntry
from roundsman.audit_log.log import record
from roundsman.clock import Clock
from roundsman.database.lease import MIGRATION, Lease, count_a_turn, held_lease, renew_lease
from roundsman.database.transaction import Tx, in_transaction
from roundsman.errors import Conflict, NotFound
from roundsman.identity.mode import PeopleMode, follow_no_source, get_mode
from roundsman.migration.members import Opener
from roundsman.migration.plan_store import find_plan
from roundsman.migration.profile import SourceProfile
from roundsman.migration.reviews import (
    Answer,
    Decision,
    Given,
    forget,
    forget_split_reviews,
    get_review,
    reopen,
    settled_reviews,
    unsettle,
)
from roundsman.migration.runs import Run, RunState, forget_run, list_runs, mark_undoing
from roundsman.migration.sealing import Seal
from roundsman.migration.taken_meanwhile import take_decision_back
from roundsman.migration.taking_back import Removal, Removed
from roundsman.migration.write_back.journal import is_in_force
from roundsman.operations.joining.journal import Entry, list_entries


class RunNotFound(NotFound):
    """There is no such run."""

    code = "run_not_found"


class RunStays(Conflict):
    """The run cannot be taken back now; the message says why and what to do first."""

    code = "run_stays"


@dataclass(frozen=True, slots=True)
class Undone:
    """What was removed by collection, how many changed documents keep their present copy, and answers that wait again."""

    run_id: str
    removed: Removed
    reopened: tuple[str, ...]


async def undo_run(
    tx: Tx, run_id: str, profile: SourceProfile, *, seal: Seal, actor: Actor, clock: Clock, forget: bool
) -> Undone:
    """Remove what a run brought. Answers of humans are kept unless they are to be forgotten.

    Raises RunNotFound, RunStays or LeaseTaken.
    """
    async with held_lease(tx, MIGRATION, clock) as lease:
        runs = await list_runs(tx)
        run, chunks_id = await _require_undoable(tx, runs, run_id)
        await mark_undoing(tx, run.id)
        await count_a_turn(tx, MIGRATION)
        removal = Removal(tx, chunks_id, profile, [one for one in runs if one.id != run.id])
        forgotten = await removal.causes() if forget else set[str]()
        putting_back = _PuttingBack(tx, await removal.created_users(), Opener(seal, profile), clock(), actor)
        reopened = await putting_back.everything(forgotten)
        async for _ in removal.everything(forget=forget):
            await renew_lease(tx, lease, now=clock())
        # Who is gone left no mark of the days on which he was counted.
        await rebuild(tx, now=clock())
        await _finish(tx, run, removal, lease, AuditEntry(clock(), actor, "run.undone", f"run:{run.id}"), forget=forget)
        return Undone(run.id, removal.removed, tuple(reopened))


async def why_run_stays(tx: Tx, run_id: str) -> str | None:
    """Say what stands against taking the run back now; None if nothing does. Raises RunNotFound."""
    try:
        await _require_undoable(tx, await list_runs(tx), run_id)
    except RunStays as error:
        return error.message
    return None


async def _require_undoable(tx: Tx, runs: Sequence[Run], run_id: str) -> tuple[Run, ObjectId]:
    """The run, and where the rows of its plan are. Raises RunNotFound or RunStays."""
    run = _run_to_undo(runs, run_id)
    if (await get_mode(tx)).people is PeopleMode.LIVE:
        raise RunStays(
            "people are live: a run can be taken back only until cutover; a single merge always can: "
            "roundsman migrate undo-merge. While nothing was written here: roundsman migrate cutover --back"
        )
    await _refuse_while_written_back(tx, run)
    found = await find_plan(tx, run.plan)
    if found is None:
        raise RunStays(f"the plan of run {run.id} is not kept any more, so nobody knows what it brought")
    return run, found[1]


async def _refuse_while_written_back(tx: Tx, run: Run) -> None:
    """The source must not name users who are gone. Undoing that has begun goes on, for nothing else is done before."""
    if run.state is not RunState.UNDOING and await is_in_force(tx):
        raise RunStays(
            "the source holds what was written back to it, which names users of this run or of others; take that back "
            "first: roundsman migrate write-back --undo"
        )


def _run_to_undo(runs: Sequence[Run], run_id: str) -> Run:
    run = next((one for one in runs if run_id in (one.id, one.plan)), None)
    if run is None:
        raise RunNotFound(f"there is no run {run_id}; there are: {', '.join(one.id for one in runs) or 'none'}")
    if later := [one.id for one in reversed(runs) if one.started_at > run.started_at]:
        raise RunStays(f"later runs build on run {run.id}; undo first, in this order: {', '.join(later)}")
    return run


@dataclass(frozen=True, slots=True)
class _PuttingBack:
    """Puts back what answers changed in people of the run, and what forgotten ones did."""

    tx: Tx
    created: set[ObjectId]
    opener: Opener
    now: datetime
    actor: Actor

    async def everything(self, forgotten: AbstractSet[str]) -> list[str]:
        """All of it, the last first; the answers about people who stay, which wait again."""
        entries = reversed(_entries_about(self.created, forgotten, await list_entries(self.tx)))
        waiting = [entry.cause for entry in entries if await self._put_back(entry)]
        return [cause for cause in waiting if cause not in forgotten]

    async def _put_back(self, entry: Entry) -> bool:
        async def work(tx: Tx) -> bool:
            await take_decision_back(tx, entry, self.opener, actor=self.actor, now=self.now, even_in_use=True)
            if len(set(entry.users) - self.created) <= 1:
                return False
            review = await get_review(tx, entry.cause.removeprefix("review:"))
            decision = review.given.answer.decision if review.given else Decision.DEFER
            undone = Given(Answer(decision, "a run was taken back"), self.actor.who, self.now)
            for settled in await settled_reviews(tx, review.id):
                await unsettle(tx, settled, undone)
            await (forget(tx, review) if review.made_by_split else reopen(tx, review, undone))
            return True

        return await in_transaction(self.tx, work)


def _entries_about(created: set[ObjectId], forgotten: AbstractSet[str], newest_first: Sequence[Entry]) -> list[Entry]:
    """The entries that touch the created users or are forgotten, and the later ones about the same people; the oldest first."""
    touched, found = set(created), []
    for entry in reversed(newest_first):
        if entry.cause in forgotten or not touched.isdisjoint(entry.users):
            touched.update(entry.users)
            found.append(entry)
    return found


async def _finish(tx: Tx, run: Run, removal: Removal, lease: Lease, entry: AuditEntry, *, forget: bool) -> None:
    async def work(tx: Tx) -> None:
        if only:
            await follow_no_source(tx)
            if forget:
                await forget_split_reviews(tx)
        await record(tx, entry)
        await forget_run(tx, run.id)

    await renew_lease(tx, lease, now=entry.at)
    only = await removal.was_the_only_one()
    await in_transaction(tx, work)
