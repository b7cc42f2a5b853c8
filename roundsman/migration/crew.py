"""Pure work on several cores: by a thread of this process and by processes of their own.

A process takes half a second to start and keeps the modules it needs in memory, so small imports do without.
"""

import asyncio
import os
import signal
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from anyio import to_process, to_thread

from roundsman.migration.seldom_collected import seldom_collected_now

Piece = TypeVar("Piece")
Result = TypeVar("Result")
_WORTH_A_PROCESS = 10_000
_WAITING = 1


class Crew:
    """Whoever is free does the next piece. Pieces and results are values: they may go to another process and back."""

    def __init__(self, processes: int = 0) -> None:
        self._processes = processes
        self._seats: asyncio.Queue[Callable[..., Coroutine[Any, Any, Any]]] = asyncio.Queue()
        if processes:
            for run in (to_thread.run_sync, *[to_process.run_sync] * processes):
                self._seats.put_nowait(run)

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
                if len(running) > self._processes + 1 + _WAITING:
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
    """Ctrl-C reaches every process of a terminal; it is this program's to say when the others end."""
    with suppress(ValueError):  # a thread may not set signals, and need not
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    with seldom_collected_now():
        return work(piece)
