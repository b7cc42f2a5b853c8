"""Running the asynchronous work of a command, and what Ctrl-C and SIGTERM do meanwhile."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run the work of a command to its end; Ctrl-C and SIGTERM cancel it, so that everything open is closed.

    Raises KeyboardInterrupt after an interrupt even when the work ended all the same: on Python 3.11 `wait_for` may lose
    a cancellation, and nobody may take an interrupted command for one that did what it says.
    """
    interrupted: list[bool] = []
    try:
        result = asyncio.run(_heeding(work, interrupted))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    if interrupted:
        raise KeyboardInterrupt
    return result


def run_until_told_to_end(work: Coroutine[Any, Any, None]) -> None:
    """Run a service. Nothing but Ctrl-C or SIGTERM ends it, so that is how it ends well.

    Whatever supervises it takes any other exit code than 0 for a failure.
    """
    with suppress(KeyboardInterrupt):
        run(work)


async def _heeding(work: Coroutine[Any, Any, _T], interrupted: list[bool]) -> _T:
    task = asyncio.ensure_future(work)

    def interrupt() -> None:
        interrupted.append(True)
        task.cancel()

    with interrupts_go_to(interrupt):
        return await task


@contextmanager
def interrupts_go_to(callback: Callable[[], object]) -> Iterator[None]:
    """Have the running loop call `callback` on Ctrl-C and SIGTERM, and what was called before afterwards."""
    loop = asyncio.get_running_loop()

    def handle(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
