"""What takes long to find out and may be a moment old: found out once, for everybody who asks in that time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

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
