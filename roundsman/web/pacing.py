"""Answering failed sign-ins at whole steps of time, so that how long it took tells nothing about the account."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from roundsman.errors import NotAuthenticated, RateLimited

STEP_SECONDS: Final = 0.4


def seconds_to_wait(elapsed: float, *, step: float = STEP_SECONDS) -> float:
    """How long until the next whole multiple of the step since the request arrived; at least one step in all."""
    return max(1, math.ceil(elapsed / step)) * step - elapsed


@asynccontextmanager
async def failures_at_whole_steps() -> AsyncIterator[None]:
    """Hold back a sign-in that failed or came too soon until the next whole step since entering; others are answered."""
    loop = asyncio.get_running_loop()
    arrived = loop.time()
    try:
        yield
    except (NotAuthenticated, RateLimited):
        await asyncio.sleep(seconds_to_wait(loop.time() - arrived))
        raise


@asynccontextmanager
async def all_at_whole_steps() -> AsyncIterator[None]:
    """Hold back every answer until the next whole step since entering, for what must not show whether it did anything."""
    loop = asyncio.get_running_loop()
    arrived = loop.time()
    try:
        yield
    finally:
        await asyncio.sleep(seconds_to_wait(loop.time() - arrived))
