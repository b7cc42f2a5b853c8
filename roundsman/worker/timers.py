"""What time does to customers, and what is counted for reports: one of all workers has the lease, and the others stand by."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from roundsman.activation.rollups import roll_up
from roundsman.background import beside
from roundsman.clock import Clock
from roundsman.database.transaction import Tx
from roundsman.operations.facts.activation_sweep import sweep_everybody
from roundsman.worker.leadership import Leadership, lead_whenever_free

JOB: Final = "activation"
_IDLE_SECONDS: Final = 1.0
_REST: Final = 4
"""After counting, so many times as long as it took passes until it is counted again, lest a large database does nothing else."""


@dataclass(frozen=True, slots=True)
class Timers:
    """What moving customers on needs, and whom to tell of trouble."""

    tx: Tx
    clock: Clock
    say: Callable[[str], None]

    async def run(self) -> None:
        """Move who is due without end."""
        await lead_whenever_free(self.tx, self.clock, self._lead, job=JOB, say=self._tell_of)

    def _tell_of(self, trouble: str) -> None:
        self.say(f"Customers are not moved on: {trouble}")

    async def _lead(self, leading: Leadership) -> None:
        loop, counted_again_at = asyncio.get_running_loop(), 0.0
        while not leading.lost.is_set():
            await sweep_everybody(self.tx, now=self.clock())
            began = loop.time()
            if began >= counted_again_at:
                await roll_up(self.tx, now=self.clock())
                counted_again_at = loop.time() + _REST * (loop.time() - began)
            leading.worked.set()
            await asyncio.sleep(_IDLE_SECONDS)


@asynccontextmanager
async def keeping_time(timers: Timers) -> AsyncIterator[None]:
    """Do it beside the body."""
    async with beside(timers.run()):
        yield
