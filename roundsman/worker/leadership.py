"""One worker works, the others wait to take over: a lease that is renewed in the background."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from pymongo.errors import PyMongoError

from roundsman.background import beside
from roundsman.clock import Clock
from roundsman.database.lease import Lease, LeaseTaken, held_lease, renew_lease
from roundsman.database.transaction import Tx
from roundsman.database.wholeness import require_whole
from roundsman.errors import RoundsmanError

JOB: Final = "worker"
_RENEW_SECONDS: Final = 10.0
_STANDBY_SECONDS: Final = 2.0
_ROUNDS_THAT_LAST: Final = 5
_UNANSWERED: Final = (
    f"the database has refused it or not answered {_ROUNDS_THAT_LAST} times in a row, and it is tried again without end; "
    "look whether the database runs and what its log says"
)


@dataclass(frozen=True, slots=True)
class Leadership:
    """The right to be the worker; `lost` is set when it is not renewed any more, so that another one may take over.

    Whoever leads sets `worked` when a round of the work went well.
    """

    lease: Lease
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    worked: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class _Trouble:
    """What goes wrong again and again: said once, and of a database that may be away for a moment only if it lasts."""

    say: Callable[[str], None]
    last: str | None = None
    rounds: int = 0

    def over(self) -> None:
        """What comes now is new."""
        self.last, self.rounds = None, 0

    def came(self, error: Exception) -> None:
        """Count it, and say it in the round in which it has lasted."""
        is_ours = isinstance(error, RoundsmanError)
        told = str(error) if is_ours else _UNANSWERED
        self.rounds = self.rounds + 1 if told == self.last else 1
        self.last = told
        if self.rounds == (1 if is_ours else _ROUNDS_THAT_LAST):
            # The driver's own words can hold addresses.
            self.say(told if is_ours else f"{told} ({type(error).__name__})")


@asynccontextmanager
async def leadership(tx: Tx, clock: Clock, *, job: str = JOB) -> AsyncIterator[Leadership]:
    """Be the worker, or the one who does another job, while the body runs. Raises LeaseTaken while another one is."""
    async with held_lease(tx, job, clock) as lease:
        leading = Leadership(lease)
        async with beside(_renew(tx, leading, clock)):
            yield leading


async def lead_whenever_free(
    tx: Tx, clock: Clock, lead: Callable[[Leadership], Awaitable[None]], *, job: str, say: Callable[[str], None]
) -> None:
    """Do a job without end, and wait while another one does. What may pass by itself is tried again; trouble is said once."""
    trouble, leading = _Trouble(say), None
    while True:
        try:
            await require_whole(tx.database)
            async with leadership(tx, clock, job=job) as leading:
                await lead(leading)
        except LeaseTaken:
            trouble.over()
        except (RoundsmanError, PyMongoError, OSError) as error:
            if leading is not None and leading.worked.is_set():
                trouble.over()
            leading = None
            trouble.came(error)
        await asyncio.sleep(_STANDBY_SECONDS)


async def _renew(tx: Tx, leading: Leadership, clock: Clock) -> None:
    """Whatever ends this, the lease is not kept alive from then on, and whoever relies on it must know."""
    try:
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            await renew_lease(tx, leading.lease, now=clock())
    finally:
        leading.lost.set()
