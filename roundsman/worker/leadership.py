"""One worker works, the others wait to take over: a lease that is renewed in the background."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from roundsman.background import beside
from roundsman.clock import Clock
from roundsman.database.lease import Lease, held_lease, renew_lease
from roundsman.database.transaction import Tx

JOB: Final = "worker"
_RENEW_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Leadership:
    """The right to be the worker; `lost` is set when it is not renewed any more, so that another one may take over."""

    lease: Lease
    lost: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def leadership(tx: Tx, clock: Clock, *, job: str = JOB) -> AsyncIterator[Leadership]:
    """Be the worker, or the one who does another job, while the body runs. Raises LeaseTaken while another one is."""
    async with held_lease(tx, job, clock) as lease:
        leading = Leadership(lease)
        async with beside(_renew(tx, leading, clock)):
            yield leading


async def _renew(tx: Tx, leading: Leadership, clock: Clock) -> None:
    """Whatever ends this, the lease is not kept alive from then on, and whoever relies on it must know."""
    try:
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            await renew_lease(tx, leading.lease, now=clock())
    finally:
        leading.lost.set()
