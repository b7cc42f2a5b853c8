"""What has to be done now and then and needs no source.

Finishing what a crash left half done, finding who has appeared, and once a day what months that are over bring delivery boys.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from pymongo.errors import PyMongoError

from roundsman.activation.policy import ActivationPolicy
from roundsman.background import beside
from roundsman.calendar import day_of
from roundsman.clock import Clock
from roundsman.database.transaction import Tx
from roundsman.database.wholeness import require_whole
from roundsman.errors import RoundsmanError
from roundsman.migration.closing import finish_erasures
from roundsman.operations.delivering.month_ends import settle_months
from roundsman.operations.facts.fact_matching import Looked, match_parked

_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """What it needs. Any number may be at it at once: whatever they do is done once, or twice with the same end."""

    tx: Tx
    say: Callable[[str], None]
    policy: ActivationPolicy
    clock: Clock
    every: timedelta = _EVERY

    async def run(self) -> None:
        """Do it at once and then in its rhythm, without end; trouble is said once and tried again."""
        trouble, settled = None, None
        while True:
            try:
                await self.once()
                if settled != (today := day_of(self.clock())):
                    await settle_months(self.tx, now=self.clock())
                settled, trouble = today, None
            except (RoundsmanError, PyMongoError) as error:
                # The driver's own words can hold addresses; it is away for a moment, and the next round says more.
                told = error.message if isinstance(error, RoundsmanError) else "the database does not answer"
                if told != trouble:
                    self.say(f"Housekeeping waits: {told}")
                trouble = told
            await asyncio.sleep(self.every.total_seconds())

    async def once(self) -> None:
        """Finish the erasing of people who closed their accounts, where that was broken off; tell what waited for people."""
        await require_whole(self.tx.database)
        if finished := await finish_erasures(self.tx):
            self.say(f"Finished erasing {finished} closed accounts from the plans of imports.")
        looked = Looked(0, 0, "")
        while looked.next is not None:
            looked = await match_parked(self.tx, policy=self.policy, now=self.clock(), after=looked.next)


@asynccontextmanager
async def keeping_house(housekeeping: Housekeeping) -> AsyncIterator[None]:
    """Do it beside the body."""
    async with beside(housekeeping.run()):
        yield
