"""Making a plan: read the source and Roundsman, decide, and store the rows. Nothing but the plan is written."""

from collections.abc import Collection, Iterator
from datetime import datetime

from roundsman.database.transaction import Tx
from roundsman.errors import Conflict
from roundsman.migration.collecting import Progress, collect, no_progress
from roundsman.migration.knowledge import HERE, learn
from roundsman.migration.plan import RULES_VERSION, Digest, PlanHeader, ReviewRow
from roundsman.migration.plan_store import ChunkWriter, Section, keep_plan
from roundsman.migration.planning import Planning
from roundsman.migration.profile import SourceProfile
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
    source = await as_before_write_back(tx, source)
    source_counts = await source.count_documents()
    roster = await collect(source, profile, progress)
    known = await learn(tx, roster)
    planning = Planning(roster, known, as_of=as_of)
    digest = Digest(profile.name, profile.version, as_of)
    writer = ChunkWriter(tx, digest)
    await _write_sections(writer, planning, progress, asking_about)
    header = PlanHeader(
        digest=digest.hex(),
        profile=profile.name,
        profile_version=profile.version,
        rules_version=RULES_VERSION,
        as_of=as_of,
        source=source.locator,
        source_counts=source_counts,
        counts=writer.counts,
    )
    await keep_plan(tx, header, writer.chunks_id)
    return header


async def refuse_while_unfinished(tx: Tx) -> None:
    """Raise RunUnfinished, naming the plan to resume, while a run is broken off."""
    if run := await find_unfinished_run(tx):
        raise RunUnfinished(f"run {run.id} was broken off; finish it with: roundsman migrate apply --plan {run.plan}")


async def _write_sections(
    writer: ChunkWriter, planning: Planning, progress: Progress, asking_about: Collection[str] | None
) -> None:
    def review_rows() -> Iterator[ReviewRow]:
        rows = planning.review_rows()
        return rows if asking_about is None else (row for row in rows if any(map(is_asked_about, row.members)))

    def is_asked_about(member: str) -> bool:
        # A user of Roundsman takes part by what he shares with a changed document, and all who share it are there.
        return asking_about is None or member in asking_about or member.startswith(f"{HERE}:")

    sections = {
        Section.USERS: planning.user_rows,
        Section.ROLES: planning.roles_rows,
        Section.IDENTIFIERS: planning.identifier_rows,
        Section.DOCUMENTS: planning.document_rows,
        Section.PROFILES: planning.profile_rows,
        Section.REVIEWS: review_rows,
    }
    for section, rows in sections.items():
        await writer.write(section, rows())
        progress(f"plan {section}", writer.counts[f"rows.{section}"])
