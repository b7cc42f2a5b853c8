"""Waiting in the order of arrival, within one process.

What one address may have under way at once is bounded in the database, for all processes. Those who wait in this process
need not ask for that again and again: they stand in line, and only the first few ask.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from weakref import WeakValueDictionary


class StillWaiting(Exception):
    """Patience ended before it was one's turn."""


class Queues:
    """One line for each key; a line that nobody stands in is forgotten."""

    def __init__(self) -> None:
        self._doors: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, key: str, *, at_once: int, patience: timedelta) -> AsyncIterator[None]:
        """Wait until fewer than `at_once` others with this key are within; raises StillWaiting."""
        door = self._doors.setdefault(key, asyncio.Semaphore(max(1, at_once)))
        try:
            async with asyncio.timeout(patience.total_seconds()):
                await door.acquire()
        except TimeoutError as error:
            raise StillWaiting from error
        try:
            yield
        finally:
            door.release()
