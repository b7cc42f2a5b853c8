"""Locks between processes that the operating system drops by itself when their holder dies, however it dies."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from roundsman.database.data_directory import data_directory_errors
from roundsman.errors import Unavailable

_POLL_SECONDS = 0.02


class LockBusy(Unavailable):
    """Another process holds the lock for longer than anybody should."""

    code = "lock_busy"


class SharedLock:
    """Held by any number of processes at once, until it is closed or the process ends."""

    def __init__(self, path: Path) -> None:
        self._descriptor = _open(path)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def close(self) -> None:
        """Let go of the lock."""
        os.close(self._descriptor)


def is_held(path: Path) -> bool:
    """Whether any process (or another part of this one) holds a lock on the file; one that does not exist is free."""
    if not path.exists():
        return False
    descriptor = _open(path)
    try:
        return not _acquire(descriptor)
    finally:
        os.close(descriptor)


@asynccontextmanager
async def exclusive_lock(path: Path, *, patience_seconds: float) -> AsyncIterator[None]:
    """Hold the lock alone, waiting for others to let go; raises LockBusy when they do not."""
    descriptor = _open(path)
    try:
        for _ in range(int(patience_seconds / _POLL_SECONDS)):
            if _acquire(descriptor):
                break
            await asyncio.sleep(_POLL_SECONDS)
        else:
            raise LockBusy(
                f"Another process has been starting or stopping the database for {patience_seconds:.0f} seconds "
                f"(it holds {path}): wait for it or end it, then try again."
            )
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    with data_directory_errors(path.parent):
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _acquire(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
