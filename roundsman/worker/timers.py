"""What time does to customers, and what is counted for reports: one of all workers has the lease, and the others stand by."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from pymongo.errors import PyMongoError

from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.rollups import roll_up
from roundsman.activation.sweep import sweep
from roundsman.activation.tracking import Recorded
from roundsman.background import beside
from roundsman.clock import Clock
from roundsman.database.lease import LeaseTaken
from roundsman.database.transaction import Tx
from roundsman.database.wholeness import require_whole
from roundsman.errors import RoundsmanError
from roundsman.ids import UserId
from roundsman.operations.activation_messages import put_notices
from roundsman.worker.leadership import Leadership, leadership

JOB: Final = "activation"
_IDLE_SECONDS: Final = 1.0
_STANDBY_SECONDS: Final = 2.0
_REST: Final = 4
"""After counting, so many times as long as it took passes until it is counted again, lest a large database does nothing else."""


@dataclass(frozen=True, slots=True)
class Timers:
    """What moving customers on needs, and whom to tell of trouble."""

    tx: Tx
    policy: ActivationPolicy
    clock: Clock
    say: Callable[[str], None]

    async def run(self) -> None:
        """Move who is due without end; wait while another one does. What may pass by itself is tried again."""
        trouble = None
        while True:
            try:
                await require_whole(self.tx.database)
                async with leadership(self.tx, self.clock, job=JOB) as leading:
                    trouble = None
                    await self._lead(leading)
            except LeaseTaken:
                trouble = None
            except (RoundsmanError, PyMongoError) as error:
                if isinstance(error, RoundsmanError) and str(error) != trouble:
                    trouble = str(error)
                    self.say(f"Customers are not moved on: {trouble}")
            await asyncio.sleep(_STANDBY_SECONDS)

    async def _lead(self, leading: Leadership) -> None:
        loop, counted_again_at = asyncio.get_running_loop(), 0.0
        while not leading.lost.is_set():
            await self._sweep()
            began = loop.time()
            if began >= counted_again_at:
                await roll_up(self.tx, now=self.clock())
                counted_again_at = loop.time() + _REST * (loop.time() - began)
            await asyncio.sleep(_IDLE_SECONDS)

    async def _sweep(self) -> None:
        now = self.clock()

        async def tell(tx: Tx, user_id: UserId, recorded: Recorded) -> None:
            await put_notices(tx, user_id, recorded, now=now)

        await sweep(self.tx, policy=self.policy, now=now, tell=tell)


@asynccontextmanager
async def keeping_time(timers: Timers) -> AsyncIterator[None]:
    """Do it beside the body."""
    async with beside(timers.run()):
        yield
