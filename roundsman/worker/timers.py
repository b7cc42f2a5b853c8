"""What time does to customers: a lease lets one of all workers move who is due, and the others stand by."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from pymongo.errors import PyMongoError

from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.sweep import sweep
from roundsman.background import beside
from roundsman.clock import Clock
from roundsman.database.lease import LeaseTaken
from roundsman.database.transaction import Tx
from roundsman.database.wholeness import require_whole
from roundsman.errors import RoundsmanError
from roundsman.worker.leadership import Leadership, leadership

JOB: Final = "activation"
_IDLE_SECONDS: Final = 1.0
_STANDBY_SECONDS: Final = 2.0


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
        while not leading.lost.is_set():
            await self.once()
            await asyncio.sleep(_IDLE_SECONDS)

    async def once(self) -> None:
        """Do what is due now."""
        await sweep(self.tx, policy=self.policy, now=self.clock())


@asynccontextmanager
async def keeping_time(timers: Timers) -> AsyncIterator[None]:
    """Do it beside the body."""
    async with beside(timers.run()):
        yield
