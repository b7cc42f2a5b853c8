"""Where passwords are hashed and verified: a few threads with a short queue.

Hashing is slow on purpose and takes 19 MiB each. Without a bound a burst of sign-ins would take all memory and stop
every other request; with it the burst is told to come back.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from roundsman.auth import passwords
from roundsman.auth.passwords import DEFAULT_COST, Argon2Cost
from roundsman.errors import Unavailable

_Result = TypeVar("_Result")


class HashingBusy(Unavailable):
    """More passwords wait to be verified than will be in reasonable time."""

    code = "hashing_busy"


class PasswordHashing:
    """A bounded pool; at most `workers` hashes are computed at once and `queue` more wait. New ones cost `cost`."""

    def __init__(self, *, workers: int = 2, queue: int = 32, cost: Argon2Cost = DEFAULT_COST) -> None:
        self._cost = cost
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="password-hashing")
        self._free = workers + queue

    async def verify(self, password: str, stored: str | None) -> bool:
        """Say whether the password is the one behind the stored hash; raises HashingBusy when the queue is full.

        Where nothing is stored it takes as long to say no.
        """
        return await self._run(passwords.verify, password, stored or passwords.dummy_hash(self._cost), self._cost)

    async def hash(self, password: str) -> str:
        """Hash a new password; raises HashingBusy when the queue is full."""
        return await self._run(passwords.hash_password, password, self._cost)

    def needs_rehash(self, stored: str) -> bool:
        """Say whether a hash that just verified should be replaced by one that costs what new ones cost."""
        return passwords.needs_rehash(stored, self._cost)

    def close(self) -> None:
        """Let the threads end; what still waits is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[..., _Result], *arguments: str | Argon2Cost) -> _Result:
        if self._free == 0:
            raise HashingBusy("Too many sign-ins at this moment. Try again in a few seconds.")
        self._free -= 1
        future = self._threads.submit(work, *arguments)
        # The slot is free when the thread is, not when the caller has gone away.
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._release))
        return await asyncio.wrap_future(future)

    def _release(self) -> None:
        self._free += 1
