"""One worker works, the others wait to take over: a lease that is renewed in the background."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from roundsman.clock import Clock
from roundsman.database.lease import Lease, LeaseLost, held_lease, renew_lease
from roundsman.database.transaction import Tx

JOB: Final = "worker"
_RENEW_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Leadership:
    """The right to be the worker; `lost` is set when another one took over while this one was away."""

    lease: Lease
    lost: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def leadership(tx: Tx, clock: Clock) -> AsyncIterator[Leadership]:
    """Be the worker while the body runs. Raises LeaseTaken while another one is."""
    async with held_lease(tx, JOB, clock) as lease:
        leading = Leadership(lease)
        renewing = asyncio.create_task(_renew(tx, leading, clock))
        try:
            yield leading
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)


async def _renew(tx: Tx, leading: Leadership, clock: Clock) -> None:
    while not leading.lost.is_set():
        await asyncio.sleep(_RENEW_SECONDS)
        try:
            await renew_lease(tx, leading.lease, now=clock())
        except LeaseLost:
            leading.lost.set()
