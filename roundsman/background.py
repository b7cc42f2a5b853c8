"""Work that goes on beside other work, and its end."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

_CANCEL_AGAIN_SECONDS: Final = 5.0


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do endless work while the body runs. How it ended, if it did, is for the work itself to say."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await end(task)


async def end(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and wait for its end, whatever that is.

    It may take several times: on Python 3.11 `asyncio.wait_for`, through which the database driver sends every request,
    loses a cancellation that comes in the instant of its result (https://github.com/python/cpython/issues/86296).
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_AGAIN_SECONDS)
    await asyncio.gather(task, return_exceptions=True)
