"""Following a source that goes on living: one round plans and applies what changed.

A round looks at everything, or at the neighbourhood of documents that are known to have changed. Both end in the same
users, profiles, identifiers and copies; docs/migration.md says what only a look at everything sees.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from roundsman.database.bulk import BulkOutcome
from roundsman.database.lease import MIGRATION, held_lease
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.migration.apply import Applied, Means, apply_plan
from roundsman.migration.asking import count_asked
from roundsman.migration.attached import import_attached
from roundsman.migration.copies import find_copies, note_mixed_copies
from roundsman.migration.doubts import refuse_doubtful, refuse_emptied, refuse_most_of_these
from roundsman.migration.gone import find_gone, note_gone
from roundsman.migration.neighbourhood import Ids, explore
from roundsman.migration.pipeline import Pipeline
from roundsman.migration.plan import PlanHeader
from roundsman.migration.plan_store import drop_plan
from roundsman.migration.planner import make_plan
from roundsman.migration.profile import SourceProfile
from roundsman.migration.retention import keep_until
from roundsman.migration.runs import find_unfinished_run
from roundsman.migration.source_keys import KeyNoting, note_keys
from roundsman.migration.sources.port import Source
from roundsman.migration.trade_import import STORED_IN
from roundsman.migration.write_back.restored import as_before_write_back

_ATTACHED: Final = tuple(STORED_IN.values())
PLANS_ARE_KEPT: Final = timedelta(days=30)
"""How long the plan and the run of a round are kept, if it had rows; one without rows leaves neither."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did, in documents: new here, renewed, gone from the source, changed again while it was taken."""

    run_id: str | None = None
    arrived: int = 0
    changed: int = 0
    gone: int = 0
    drifted: tuple[str, ...] = ()
    questions: int = 0
    concerned: frozenset[UserId] = frozenset()
    """Whose documents were looked at, where only some were."""
    finished: bool = False
    """Whether a run that was broken off was finished first, which says nothing of whom it concerned."""

    @property
    def did_nothing(self) -> bool:
        """Whether the source had nothing new."""
        return not (self.arrived or self.changed or self.gone or self.drifted or self.questions)


async def compare_all(tx: Tx, source: Source, profile: SourceProfile, means: Means) -> Round:
    """Compare the whole source by hashes, and take what is new, changed or gone.

    Raises SourceDoubted where most of the people are gone, LeaseTaken, RunInterrupted, or what the source raises.
    """
    await refuse_doubtful(tx, source, profile)
    return await _compare(tx, source, profile, means)


async def compare_accepting_gone(tx: Tx, source: Source, profile: SourceProfile, means: Means) -> Round:
    """The same on the word of a human that whoever is gone is really gone. Raises as `compare_all`, if nobody is left."""
    await refuse_emptied(tx, source, profile)
    return await _compare(tx, source, profile, means)


async def _compare(tx: Tx, source: Source, profile: SourceProfile, means: Means) -> Round:
    source = await as_before_write_back(tx, source)
    finished = await finish_broken_run(tx, source, profile, means)
    await note_mixed_copies(tx)
    header = await make_plan(tx, KeyNoting(tx, source, profile), profile, as_of=means.clock(), progress=means.progress)
    applied = await _take(tx, source, profile, header, means)
    gone = await note_gone(tx, profile, await find_gone(tx, source, profile), means.clock)
    return replace(await _round(tx, header, applied), gone=gone, finished=finished)


async def take_changes(tx: Tx, source: Source, profile: SourceProfile, changed: Ids, means: Means) -> Round:
    """Take the documents that are known to have changed. Doing it twice does nothing.

    Raises TooManyNeighbours where only a look at everything will do, SourceDoubted, LeaseTaken, RunInterrupted, or what
    the source raises.
    """
    source = await as_before_write_back(tx, source)
    finished = await finish_broken_run(tx, source, profile, means)
    around = await explore(tx, source, profile, changed, now=means.clock())
    await refuse_most_of_these(tx, source, profile, around.gone)
    header = await make_plan(tx, around.source, profile, as_of=means.clock(), asking_about=around.people)
    applied = await _take(tx, around.source, profile, header, means)
    await note_keys(tx, around.records)
    gone = await note_gone(tx, profile, around.gone, means.clock)
    people = {UserId(copy.user_id) for copy in await find_copies(tx, around.people)}
    concerned = frozenset(applied.concerned | people)
    return replace(await _round(tx, header, applied), gone=gone, concerned=concerned, finished=finished)


async def finish_broken_run(tx: Tx, source: Source, profile: SourceProfile, means: Means) -> bool:
    """Go on with the run that was broken off, if there is one; whether there was."""
    if run := await find_unfinished_run(tx):
        await apply_plan(tx, source, profile, run.plan, means)
    return run is not None


async def _take(tx: Tx, source: Source, profile: SourceProfile, header: PlanHeader, means: Means) -> Applied:
    if any(count for name, count in header.counts.items() if name.startswith("rows.")):
        await keep_until(tx, header.digest, means.clock() + PLANS_ARE_KEPT)
        return await apply_plan(tx, source, profile, header.digest, means)
    await drop_plan(tx, header.digest)
    return await _take_attached(tx, source, profile, header, means)


async def _take_attached(tx: Tx, source: Source, profile: SourceProfile, header: PlanHeader, means: Means) -> Applied:
    applied = Applied("")
    async with held_lease(tx, MIGRATION, means.clock) as lease:
        pipeline = Pipeline(tx, "", lease, means.clock, stop=means.stop, documents_a_second=means.documents_a_second)
        try:
            applied.findings = await import_attached(
                tx, source, profile, as_of=header.as_of, add=applied.add, pipeline=pipeline, concerned=applied.concerned
            )
        except BaseException:
            await pipeline.abandon()
            raise
    return applied


async def _round(tx: Tx, header: PlanHeader, applied: Applied) -> Round:
    none = BulkOutcome()
    attached = [applied.totals.get(name, none) for name in _ATTACHED]
    arrived = sum(one.inserted for one in (*attached, applied.totals.get("source_documents", none)))
    changed = header.counts.get("changed", 0) + sum(len(one.differing) for one in attached)
    # Only a changed document can say something new of its user.
    asked = await count_asked(tx, applied.run_id) if header.counts.get("changed") else 0
    return Round(
        run_id=applied.run_id or None,
        arrived=arrived,
        changed=changed,
        drifted=tuple(sorted((*applied.drifted, *applied.gone))),
        questions=header.counts.get("rows.reviews", 0) + asked,
    )
