"""Writing batches while the next ones are prepared, with a border between batches where a run may be ended."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from roundsman.clock import Clock
from roundsman.database.lease import Lease, renew_lease
from roundsman.database.transaction import Tx
from roundsman.errors import Interrupted
from roundsman.migration.runs import note_writing

_IN_FLIGHT = 3
_RENEW_AFTER = timedelta(seconds=5)

Stop = Callable[[], bool]


class RunInterrupted(Interrupted):
    """The run was told to end and did so at a batch border."""

    code = "run_interrupted"


class Pipeline:
    """At most a few batches in flight; the lease is kept alive, or nothing more is written."""

    def __init__(self, tx: Tx, run_id: str, lease: Lease, clock: Clock, *, stop: Stop, documents_a_second: int) -> None:
        self._tx = tx
        self._run_id = run_id
        self._lease = lease
        self._clock = clock
        self._stop = stop
        self._pace = documents_a_second
        self._running: set[asyncio.Task[None]] = set()
        self._renewed_at: datetime | None = None

    async def submit(self, batch: Coroutine[Any, Any, None], size: int) -> None:
        """Start writing a batch when there is room; errors of earlier batches come out here or in `drain`."""
        try:
            await self._border()
        except BaseException:
            batch.close()
            raise
        self._running.add(asyncio.create_task(batch))
        # The other tasks get a turn, so that the server works on this batch while the next one is prepared.
        await asyncio.sleep(size / self._pace if self._pace else 0)
        while len(self._running) >= _IN_FLIGHT:
            await self._collect(asyncio.FIRST_COMPLETED)

    async def drain(self) -> None:
        """Wait until everything submitted is written."""
        while self._running:
            await self._collect(asyncio.ALL_COMPLETED)

    async def abandon(self) -> None:
        """End what is in flight, after an error."""
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running.clear()

    async def _border(self) -> None:
        if self._stop():
            await self.drain()
            raise RunInterrupted("ended at a batch border as asked; apply the same plan again to go on")
        now = self._clock()
        if self._renewed_at is None or now - self._renewed_at > _RENEW_AFTER:
            await renew_lease(self._tx, self._lease, now=now)
            await note_writing(self._tx, self._run_id, fencing=self._lease.fencing, now=now)
            self._renewed_at = now

    async def _collect(self, when: str) -> None:
        done, self._running = await asyncio.wait(self._running, return_when=when)
        for task in done:
            task.result()
