"""What brings messages to people: a port, and the sender of development, which writes them into a file."""

import asyncio
import json
import os
from pathlib import Path
from typing import Final, Protocol

from roundsman.errors import Unavailable
from roundsman.notifications.messages import Rendered

_FILE: Final = "outbox.jsonl"


class NotSent(Unavailable):
    """The gateway did not take the message; trying again may help."""

    code = "not_sent"


class Sender(Protocol):
    """Sends a message that was rendered; it may be called for several at once."""

    async def send(self, message: Rendered) -> None:
        """Send it. Raises NotSent."""


class FileSender:
    """Writes messages to `outbox.jsonl`, readable by its owner only: for trying out and development.

    The codes in it are as good as a phone, which is why a gateway takes its place wherever people really sign in.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE

    async def send(self, message: Rendered) -> None:
        """Append one line: channel, to, subject, text."""
        line = {"channel": message.channel, "to": message.to, "subject": message.subject, "text": message.text}
        await asyncio.to_thread(self._append, json.dumps(line, ensure_ascii=False) + "\n")

    def _append(self, line: str) -> None:
        try:
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
                file.write(line)
        except OSError as error:
            raise NotSent(f"{self._path} cannot be written ({error.strerror})") from error
