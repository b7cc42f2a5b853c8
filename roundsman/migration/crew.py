"""Pure work on several cores: by a thread of this process and by processes of their own.

On Linux a process begins as a copy of this one, which costs nothing and shares the modules, before a crew begins to work:
the threads there are by then only wait for names to look up, and hold no lock which the copy would wait for. Python 3.12
and later warn of any copy of a process with threads, so there, as elsewhere, it is started anew, which takes half a
second. Small imports do without.
"""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context, parent_process, resource_tracker
from threading import Thread
from typing import Any, Final, Self, TypeVar

from roundsman.errors import Unavailable
from roundsman.migration.seldom_collected import seldom_collected_now

Piece = TypeVar("Piece")
Result = TypeVar("Result")
_WORTH_A_PROCESS = 10_000
_WAITING = 1
_IN_HAND = 2
"""How many pieces a process has: one it works on and the next, so that it never waits for this process."""
_START: Final = "fork" if sys.platform == "linux" and sys.version_info < (3, 12) else "spawn"
_ENDING: Final = (signal.SIGINT, signal.SIGTERM)


class HelperDied(Unavailable):
    """A process that helped was ended by somebody else."""

    code = "helper_died"


class Crew:
    """Whoever is free does the next piece. Pieces and results are values: they may go to another process and back.

    Entering it has the processes start, so that they are there when work comes; leaving it lets them go.
    """

    def __init__(self, processes: int = 0) -> None:
        self._processes = processes
        self._pool = _pool(processes) if processes else None
        self._seats: asyncio.Queue[Callable[..., Coroutine[Any, Any, Any]]] = asyncio.Queue()
        self._seats.put_nowait(asyncio.to_thread)
        self._joining: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._pool:
            ready = [_submit(self._pool, os.getpid) for _ in range(self._processes)]
            self._joining = asyncio.create_task(self._join(self._pool, ready))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._pool and self._joining:
            self._joining.cancel()
            # A copy holds the files that are open here, among them locks.
            await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    async def _join(self, pool: ProcessPoolExecutor, ready: Sequence[Future[int]]) -> None:
        """Let processes take part from when they are ready; nobody waits for what they have begun to read in."""
        with suppress(BrokenProcessPool):
            await asyncio.gather(*map(asyncio.wrap_future, ready))
        for _ in range(self._processes * _IN_HAND):
            self._seats.put_nowait(partial(_in_process, pool))

    async def in_order(
        self, work: Callable[[Piece], Result], pieces: AsyncIterator[Piece]
    ) -> AsyncGenerator[tuple[Piece, Result], None]:
        """Do all pieces and give each with its result, in their order; few more are in the air than somebody works on."""
        if not self._processes:
            async for piece in pieces:
                yield piece, work(piece)
            return
        running: deque[tuple[Piece, asyncio.Task[Result]]] = deque()
        try:
            async for piece in pieces:
                running.append((piece, asyncio.create_task(self._run(work, piece))))
                if len(running) > self._processes * _IN_HAND + 1 + _WAITING:
                    done, task = running.popleft()
                    yield done, await task
            while running:
                done, task = running.popleft()
                yield done, await task
        finally:
            for _, task in running:
                task.cancel()

    async def _run(self, work: Callable[[Piece], Result], piece: Piece) -> Result:
        seat = await self._seats.get()
        try:
            result: Result = await seat(partial(_undisturbed, work, piece))
        finally:
            self._seats.put_nowait(seat)
        return result


ALONE = Crew()
"""Everything is done here and now, without an event loop too."""


def crew_for(documents: int) -> Crew:
    """A crew for an import of so many documents of people. One process beside this one keeps within its memory."""
    several_cores = (os.cpu_count() or 1) > 1
    return Crew(1) if several_cores and documents >= _WORTH_A_PROCESS else ALONE


def _undisturbed(work: Callable[[Piece], Result], piece: Piece) -> Result:
    with seldom_collected_now():
        return work(piece)


def _pool(processes: int) -> ProcessPoolExecutor:
    """Processes that start when there is work for them and end with this one, whatever ends it."""
    return ProcessPoolExecutor(processes, mp_context=get_context(_START), initializer=_end_with_parent)


def _end_with_parent() -> None:
    def wait() -> None:
        if parent := parent_process():
            parent.join()
        os._exit(1)

    Thread(target=wait, daemon=True).start()


def _submit(pool: ProcessPoolExecutor, work: Callable[[], Result]) -> Future[Result]:
    with _signals_held_back():
        return pool.submit(work)


async def _in_process(pool: ProcessPoolExecutor, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the work gives
    try:
        return await asyncio.wrap_future(_submit(pool, work))
    except BrokenProcessPool as error:
        raise HelperDied(
            "a helper process was ended by the system or by somebody, perhaps for want of memory; try again"
        ) from error


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Let a process that starts meanwhile never hear of Ctrl-C and SIGTERM: it ends when this program says so, or ends.

    They reach every process of a terminal or a service. A process that is started inherits what its parent holds back,
    so there is no instant at which it could hear them; this program itself hears of them right after.
    """
    if _START == "spawn":
        # The tracker of shared things, which is started with the first process, would let go of the signals.
        resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
