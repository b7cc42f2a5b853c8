"""Sending what waits in the outbox. Any number of processes may do it at once: each message is claimed by one."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from roundsman.background import end
from roundsman.database.transaction import Tx
from roundsman.errors import RoundsmanError
from roundsman.notifications.messages import rendered
from roundsman.notifications.outbox import Claimed, claim_next, note_failed, note_sent
from roundsman.notifications.sealing import unseal_secret
from roundsman.notifications.sender import Sender

_LOG = logging.getLogger(__name__)
_AT_ONCE: Final = 4
_PAUSE_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 30.0
_TROUBLED_PAUSE_SECONDS: Final = 5.0
_GRACE_SECONDS: Final = 5.0


@asynccontextmanager
async def sending(dispatcher: "Dispatcher") -> AsyncIterator[None]:
    """Send while the body runs. What is being sent when it ends is brought to its end, unless that takes long."""
    stop = asyncio.Event()
    task = asyncio.create_task(dispatcher.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait({task}, timeout=_GRACE_SECONDS)
        await end(task)


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """What sending works with; `key` unseals the secrets in messages."""

    tx: Tx
    sender: Sender
    key: bytes = field(repr=False)
    clock: Callable[[], datetime]

    async def run(self, stop: asyncio.Event) -> None:
        """Send until asked to stop; trouble with the database is waited out."""
        while not stop.is_set():
            try:
                await self.send_due()
                await _wait(stop, _PAUSE_SECONDS)
            except Exception:  # noqa: BLE001  whatever it was, the messages still want to be sent
                _LOG.exception("Messages wait: the outbox could not be read")
                await _wait(stop, _TROUBLED_PAUSE_SECONDS)

    async def send_due(self) -> int:
        """Send everything that is due, a few at once; count what was sent."""
        # Mostly nothing is, which one question tells.
        first = await claim_next(self.tx, now=self.clock())
        if first is None:
            return 0
        return sum(await asyncio.gather(self._drain(first), *(self._drain() for _ in range(_AT_ONCE - 1))))

    async def _drain(self, claimed: Claimed | None = None) -> int:
        sent = 0
        while claimed := claimed or await claim_next(self.tx, now=self.clock()):
            sent += await self._send(claimed)
            claimed = None
        return sent

    async def _send(self, claimed: Claimed) -> bool:
        message = claimed.message
        try:
            secret = None if message.secret is None else unseal_secret(self.key, message.key, message.secret)
            await asyncio.wait_for(self.sender.send(rendered(message, secret=secret)), _PATIENCE_SECONDS)
        except (RoundsmanError, TimeoutError) as trouble:
            again = await note_failed(self.tx, claimed, now=self.clock())
            _LOG.warning("Message %s: %s; %s", message.template, trouble, "trying again" if again else "given up")
            return False
        await note_sent(self.tx, claimed, now=self.clock())
        return True


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
