"""Undoing write-back: every field that still holds what was written gets back the bytes it held before."""

from collections.abc import Sequence
from dataclasses import dataclass

from bson import ObjectId

from roundsman.audit_log.entries import SYSTEM, AuditEntry
from roundsman.audit_log.log import record
from roundsman.database.lease import MIGRATION, Lease, held_lease
from roundsman.database.transaction import Tx
from roundsman.migration.pipeline import Pipeline, RunInterrupted
from roundsman.migration.write_back import progress as saved
from roundsman.migration.write_back.fields import dotted
from roundsman.migration.write_back.journal import IN_FORCE, RowState, iterate_rows, mark_rows
from roundsman.migration.write_back.outcome import Became, Outcome
from roundsman.migration.write_back.requests import restore_requests, take_away_request
from roundsman.migration.write_back.rows import Row
from roundsman.migration.write_back.settling import Settled, settle
from roundsman.migration.write_back.target import WriteBackTarget
from roundsman.migration.write_back.writing import Means


async def preview_undo(tx: Tx, target: WriteBackTarget) -> Outcome:
    """Say what would be restored; writes nothing anywhere."""
    outcome = Outcome()
    async for rows in iterate_rows(tx, *IN_FORCE):
        settled = await settle(target, rows)
        _count(outcome, [*settled.ours, *settled.before], Became.RESTORED)
        _count(outcome, settled.others, Became.CHANGED_SINCE)
        _count(outcome, settled.gone, Became.GONE)
    return outcome


async def undo_write_back(tx: Tx, target: WriteBackTarget, means: Means) -> Outcome:
    """Restore what write-back changed; what others have changed since is left and listed.

    Killed at any instant, it is gone on with by calling it again: a field that holds its old state is restored already.
    Raises what `write_back` does.
    """
    async with held_lease(tx, MIGRATION, means.clock) as lease:
        outcome = Outcome(run=str(ObjectId()))
        if await saved.find_checkpoint(tx):
            await target.wait_for_the_dead()
        await _Undoing(tx, target, means, lease, outcome).run()
        await saved.end(tx)
        told = AuditEntry(
            means.clock(), SYSTEM, "source.write_back_undone", f"write_back:{outcome.run}", reason=outcome.told()
        )
        await record(tx, told)
    return outcome


def _count(outcome: Outcome, rows: Sequence[Row], became: Became) -> None:
    for row in rows:
        outcome.add(f"{row.collection}.{dotted(row.path)}", became)
    outcome.list(became, (row.key for row in rows))


@dataclass(slots=True)
class _Undoing:
    tx: Tx
    target: WriteBackTarget
    means: Means
    lease: Lease
    outcome: Outcome
    sharing: bool = False

    async def run(self) -> None:
        self.sharing = await self.target.can_share()
        pipeline = Pipeline(self.tx, "", self.lease, self.means.clock, stop=self.means.stop, documents_a_second=0)
        try:
            # What a killed run left planned comes last: by then its updates have arrived, if they ever will.
            for state in (RowState.WRITTEN, RowState.PLANNED):
                async for rows in iterate_rows(self.tx, state):
                    await pipeline.submit(self._restore(rows), len(rows))
                    self.means.progress(f"restore {rows[0].collection}", len(rows))
                await pipeline.drain()
        except RunInterrupted as error:
            raise RunInterrupted("ended at a batch border as asked; give the same command again to go on") from error
        finally:
            await pipeline.abandon()

    async def _restore(self, rows: Sequence[Row]) -> None:
        requests = restore_requests(rows, sharing=self.sharing)
        updated = await self.target.update(rows[0].collection, requests)
        if updated.refused:
            # One refusal ends a shared request, so its other rows are tried by themselves.
            shared = [row for place in updated.refused for row in requests[place].rows]
            await self.target.update(rows[0].collection, restore_requests(shared, sharing=False))
        if updated.matched == len(rows):
            await self._conclude(Settled((), rows, (), ()))
            return
        settled = await settle(self.target, rows)
        if settled.ours:
            await self._take_away(settled.ours)
            settled = await settle(self.target, rows)
        await self._conclude(settled)

    async def _take_away(self, rows: Sequence[Row]) -> None:
        """Others have put something beside the field into what was made for it: that stays."""
        requests = [take_away_request(row) for row in rows]
        await self.target.update(rows[0].collection, requests)

    async def _conclude(self, settled: Settled) -> None:
        await mark_rows(self.tx, settled.before, RowState.UNDONE)
        await mark_rows(self.tx, [*settled.others, *settled.gone], RowState.LEFT)
        _count(self.outcome, settled.before, Became.RESTORED)
        _count(self.outcome, settled.ours, Became.REFUSED)
        _count(self.outcome, settled.others, Became.CHANGED_SINCE)
        _count(self.outcome, settled.gone, Became.GONE)
