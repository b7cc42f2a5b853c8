"""Making a plan: read the source and Roundsman, decide, and store the rows. Nothing but the plan is written."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from bson import ObjectId

from roundsman.database.lease import MIGRATION, count_turns
from roundsman.database.transaction import Tx
from roundsman.errors import Conflict
from roundsman.migration.collecting import Progress, collect, no_progress
from roundsman.migration.crew import crew_for
from roundsman.migration.freshness import note_turns, refuse_while_undoing
from roundsman.migration.knowledge import learn
from roundsman.migration.plan import RULES_VERSION, Digest, PlanHeader
from roundsman.migration.plan_documents import Section
from roundsman.migration.plan_store import insert_chunks, keep_plan
from roundsman.migration.portions import plan_portion, portions
from roundsman.migration.profile import PEOPLE, SourceProfile
from roundsman.migration.runs import find_unfinished_run
from roundsman.migration.seldom_collected import seldom_collected
from roundsman.migration.sources.port import Source
from roundsman.migration.write_back.restored import as_before_write_back


class RunUnfinished(Conflict):
    """A run was broken off; it must be resumed before anything new is planned."""

    code = "run_unfinished"


@seldom_collected
async def make_plan(
    tx: Tx,
    source: Source,
    profile: SourceProfile,
    *,
    as_of: datetime,
    progress: Progress = no_progress,
    asking_about: Collection[str] | None = None,
) -> PlanHeader:
    """Plan the import of everything new or changed in the source. Raises RunUnfinished, or what the source raises.

    Where the source is only a part of one, questions are asked about `asking_about` alone: about the other documents
    it may lack what would answer them.
    """
    await refuse_while_unfinished(tx)
    turns = await count_turns(tx, MIGRATION)
    source = await as_before_write_back(tx, source)
    source_counts = await source.count_documents()
    people = [collection.name for collection in profile.of_kind(*PEOPLE)]
    digest = Digest(profile.name, profile.version, as_of)
    chunks_id = ObjectId()
    counts = Counter({f"rows.{section}": 0 for section in Section})
    async with crew_for(sum(source_counts.get(name, 0) for name in people)) as crew:
        roster = await collect(source, profile, progress, crew)
        known = await learn(tx, roster)
        pieces = portions(
            roster, known, collections=people, as_of=as_of, chunks_id=chunks_id, asking_about=asking_about
        )
        async for portion, planned in crew.in_order(plan_portion, pieces):
            await insert_chunks(tx, planned.chunks)
            digest.add(*planned.digests)
            counts.update(planned.counts)
            progress("plan people", len(portion.records))
    header = PlanHeader(
        digest=digest.hex(),
        profile=profile.name,
        profile_version=profile.version,
        rules_version=RULES_VERSION,
        as_of=as_of,
        source=source.locator,
        source_counts=source_counts,
        counts=dict(counts),
    )
    await keep_plan(tx, header, chunks_id)
    await note_turns(tx, header.digest, turns)
    return header


async def refuse_while_unfinished(tx: Tx) -> None:
    """Raise RunUnfinished, naming the command that finishes it, while a run or its undoing is broken off."""
    await refuse_while_undoing(tx)
    if run := await find_unfinished_run(tx):
        raise RunUnfinished(f"run {run.id} was broken off; finish it with: roundsman migrate apply --plan {run.plan}")
