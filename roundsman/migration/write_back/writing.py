"""Writing back: the journal first, then the guarded updates, then what became of them.

It may be killed at any instant. A row that is only planned is looked up in the source when the next run begins: it was
written if the document holds exactly the new value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bson import ObjectId

from roundsman.audit_log.entries import SYSTEM, AuditEntry
from roundsman.audit_log.log import record, record_once
from roundsman.clock import Clock
from roundsman.database.lease import MIGRATION, Lease, held_lease, renew_lease
from roundsman.database.transaction import Tx
from roundsman.migration.collecting import Progress, no_progress
from roundsman.migration.pipeline import Pipeline, RunInterrupted, Stop
from roundsman.migration.profile import Kind, SourceProfile
from roundsman.migration.seldom_collected import seldom_collected
from roundsman.migration.write_back import progress as saved
from roundsman.migration.write_back.deciding import Decided, Deciding, Wanted
from roundsman.migration.write_back.fields import dotted
from roundsman.migration.write_back.journal import RowState, iterate_rows, mark_rows, plan_rows
from roundsman.migration.write_back.outcome import Became, Outcome
from roundsman.migration.write_back.requests import Request, write_requests
from roundsman.migration.write_back.rows import Row
from roundsman.migration.write_back.settling import settle
from roundsman.migration.write_back.target import Updated, WriteBackTarget


@dataclass(frozen=True, slots=True)
class Means:
    """What write-back needs besides the source: the clock, and how it may be watched and ended."""

    clock: Clock
    progress: Progress = no_progress
    stop: Stop = lambda: False


async def preview(
    tx: Tx, target: WriteBackTarget, profile: SourceProfile, request: Wanted, *, now: datetime
) -> Outcome:
    """Say what would be written; writes nothing anywhere."""
    outcome = Outcome()
    deciding = Deciding(tx, target, profile, request, "", outcome, now)
    await deciding.learn()
    for collection in profile.of_kind(Kind.CUSTOMER):
        if collection.write_back:
            async for decided in deciding.rows(collection):
                for row in decided.rows:
                    outcome.add(_place(row), Became.WRITTEN)
    return outcome


@seldom_collected
async def write_back(tx: Tx, target: WriteBackTarget, profile: SourceProfile, request: Wanted, means: Means) -> Outcome:
    """Write what is asked for into the source, or go on with a run that was broken off.

    Raises LeaseTaken, LeaseLost, RunInterrupted, SourceForbidsWriting or SourceUnreachable.
    """
    async with held_lease(tx, MIGRATION, means.clock) as lease:
        broken_off = await saved.find_checkpoint(tx)
        outcome = Outcome()
        went_on = broken_off is not None
        if went_on:
            await target.wait_for_the_dead()
            await _settle_planned(tx, target, outcome)
        if broken_off is None or broken_off.asked != request.told(profile):
            broken_off = saved.Checkpoint(str(ObjectId()), request.told(profile), None, None)
            await saved.begin(tx, target.locator, broken_off.run, broken_off.asked, request.places(profile))
        outcome.run = broken_off.run
        await _tell(tx, means, broken_off.run, "source.write_back_started", f"{target.locator}: {broken_off.asked}")
        await _Writing(tx, target, profile, request, means, lease, outcome).run(broken_off)
        if went_on:
            await mark_rows(tx, await _settle_planned(tx, target, outcome), RowState.SKIPPED)
        await saved.end(tx)
        told = AuditEntry(
            means.clock(), SYSTEM, "source.written_back", f"write_back:{outcome.run}", reason=outcome.told()
        )
        await record(tx, told)
    return outcome


async def _settle_planned(tx: Tx, target: WriteBackTarget, outcome: Outcome) -> list[Row]:
    """Find out what became of the rows that a killed run left planned; give those that were not written."""
    open_rows: list[Row] = []
    async for rows in iterate_rows(tx, RowState.PLANNED):
        settled = await settle(target, rows)
        await mark_rows(tx, settled.ours, RowState.WRITTEN)
        open_rows += [*settled.before, *settled.others, *settled.gone]
        for row in settled.ours:
            outcome.add(_place(row), Became.WRITTEN_BEFORE)
    return open_rows


async def _tell(tx: Tx, means: Means, run: str, action: str, reason: str) -> None:
    await record_once(tx, [AuditEntry(means.clock(), SYSTEM, action, f"write_back:{run}", reason=reason)])


def _place(row: Row) -> str:
    return f"{row.collection}.{dotted(row.path)}"


@dataclass(slots=True)
class _Writing:
    """One run, or the rest of one."""

    tx: Tx
    target: WriteBackTarget
    profile: SourceProfile
    request: Wanted
    means: Means
    lease: Lease
    outcome: Outcome
    sharing: bool = False

    async def run(self, start: saved.Checkpoint) -> None:
        pipeline = Pipeline(
            self.tx, start.run, self.lease, self.means.clock, stop=self.means.stop, documents_a_second=0
        )
        deciding = Deciding(
            self.tx, self.target, self.profile, self.request, start.run, self.outcome, self.means.clock()
        )
        await deciding.learn()
        self.sharing = await self.target.can_share()
        try:
            for name, after in self._collections(start).items():
                collection = next(one for one in self.profile.collections if one.name == name)
                async for decided in deciding.rows(collection, after):
                    await self._take(pipeline, name, decided)
        except RunInterrupted as error:
            raise RunInterrupted("ended at a batch border as asked; give the same command again to go on") from error
        finally:
            await pipeline.abandon()

    def _collections(self, start: saved.Checkpoint) -> Mapping[str, str | None]:
        """The collections still to do, in the order of the profile, each with the document to begin at."""
        names = [one.name for one in self.profile.of_kind(Kind.CUSTOMER) if one.write_back]
        begun = names.index(start.collection) if start.collection in names else 0
        return {name: start.after if name == start.collection else None for name in names[begun:]}

    async def _take(self, pipeline: Pipeline, collection: str, decided: Decided) -> None:
        await pipeline.submit(self._write(decided.rows), decided.documents)
        self.means.progress(f"write back to {collection}", decided.documents)
        if decided.reached is not None:
            await pipeline.drain()
            await saved.reach(self.tx, collection, decided.reached)

    async def _write(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        await plan_rows(self.tx, rows)
        # The last look at the lease before the source is touched: whoever lost it writes nothing more there.
        await renew_lease(self.tx, self.lease, now=self.means.clock())
        requests = write_requests(rows, sharing=self.sharing)
        updated = await self.target.update(rows[0].collection, requests)
        if updated.matched == len(rows):
            await self._written(rows)
        else:
            await self._settle(rows, await self._refused(requests, updated))

    async def _refused(self, requests: Sequence[Request], updated: Updated) -> Mapping[str, str]:
        """What the source's own rules refuse, by row: one refusal ends a shared request, so each is tried by itself."""
        tried = [row for place in updated.refused for row in requests[place].rows]
        if not tried:
            return {}
        singly = write_requests(tried, sharing=False)
        again = await self.target.update(tried[0].collection, singly)
        return {singly[place].rows[0].key: reason for place, reason in again.refused.items()}

    async def _settle(self, rows: Sequence[Row], refused: Mapping[str, str]) -> None:
        settled = await settle(self.target, rows)
        await self._written(settled.ours)
        lost = [*settled.before, *settled.others, *settled.gone]
        await mark_rows(self.tx, lost, RowState.SKIPPED)
        for row in lost:
            became = Became.REFUSED if row.key in refused else Became.CHANGED_MEANWHILE
            self.outcome.add(_place(row), became)
            self.outcome.list(became, [f"{row.key}: {refused[row.key]}" if row.key in refused else row.key])

    async def _written(self, rows: Sequence[Row]) -> None:
        await mark_rows(self.tx, rows, RowState.WRITTEN)
        for row in rows:
            self.outcome.add(_place(row), Became.WRITTEN)
