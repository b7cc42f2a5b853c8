"""What takes long to find out and may be a moment old: found out once, for everybody who asks in that time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from roundsman.background import end

_Found = TypeVar("_Found")


class Recent(Generic[_Found]):
    """Something as it was at most `span` ago."""

    def __init__(self, span: timedelta) -> None:
        self._span = span
        self._finding = asyncio.Lock()
        self._last: tuple[datetime, _Found] | None = None

    async def get(self, find: Callable[[], Awaitable[_Found]], *, now: datetime) -> _Found:
        """Return it; of simultaneous requests one finds it out and the others wait for its result."""
        async with self._finding:
            if self._last is None or not timedelta() <= now - self._last[0] < self._span:
                self._last = (now, await find())
            return self._last[1]


class Finding(Generic[_Found]):
    """What may take long to find out, by what it is about: `patience` is waited for it, and the finding goes on beside.

    What was found is given for `span`, and after that while it is found anew. The last `most` are kept.
    """

    def __init__(self, *, patience: timedelta, span: timedelta, most: int) -> None:
        self._patience, self._span, self._most = patience, span, most
        self._kept: dict[Hashable, tuple[datetime, _Found]] = {}
        self._running: dict[Hashable, asyncio.Task[_Found]] = {}

    async def get(self, about: Hashable, find: Callable[[], Awaitable[_Found]], *, now: datetime) -> _Found | None:
        """Return it, or None where nobody knows yet: ask again in a moment."""
        at, last = self._kept.get(about, (None, None))
        if at is not None and timedelta() <= now - at < self._span:
            return last
        task = self._running.get(about) or self._begin(about, find, now)
        done, _ = await asyncio.wait({task}, timeout=0 if at else self._patience.total_seconds())
        return task.result() if done else last

    def _begin(self, about: Hashable, find: Callable[[], Awaitable[_Found]], now: datetime) -> "asyncio.Task[_Found]":
        task = asyncio.create_task(self._find(about, find, now))
        self._running[about] = task
        task.add_done_callback(lambda ended: self._forget(about, ended))
        return task

    async def _find(self, about: Hashable, find: Callable[[], Awaitable[_Found]], now: datetime) -> _Found:
        found = await find()
        self._kept.pop(about, None)
        self._kept[about] = (now, found)
        for oldest in list(self._kept)[: -self._most]:
            del self._kept[oldest]
        return found

    def _forget(self, about: Hashable, task: "asyncio.Task[_Found]") -> None:
        del self._running[about]
        # Who asked is told; when nobody waited any more, the next one asks anew.
        if not task.cancelled():
            task.exception()

    async def end(self) -> None:
        """End what is being found out."""
        for task in list(self._running.values()):
            await end(task)
