"""A proxy before a MongoDB that sees each write on its way, so that a process can be killed at any of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import bson

_HEADER_BYTES = 16
_OP_MSG = 2013
_BODY_AT = 4 + 1
_WRITES = ("insert", "update", "findAndModify")


@dataclass(frozen=True, slots=True)
class Instant:
    """Right before a write reaches the server, or after it was done and before the process hears of it."""

    collection: str
    number: int
    """Which write to the collection, counted from 1."""
    done: bool


@dataclass(slots=True)
class WriteWatch:
    """Passes messages on, and calls `strike` at one instant; from then on nothing passes."""

    uri: str = ""
    seen: list[tuple[str, int]] = field(default_factory=list)
    """Every write so far: the collection, and the how many-eth one to it."""
    _instant: Instant | None = None
    _strike: Callable[[], None] | None = None
    _counts: Counter[str] = field(default_factory=Counter)
    _awaited: int | None = None
    _closed: bool = False

    def arm(self, instant: Instant, strike: Callable[[], None]) -> None:
        """Count from nothing again, and strike at the instant."""
        self.seen.clear()
        self._counts.clear()
        self._instant, self._strike, self._awaited, self._closed = instant, strike, None, False

    def note_request(self, message: bytes) -> bool:
        """Look at a message to the server; say whether it may pass."""
        if (collection := _written_to(message)) and not self._closed:
            self._counts[collection] += 1
            self.seen.append((collection, self._counts[collection]))
            if self._instant and self.seen[-1] == (self._instant.collection, self._instant.number):
                if not self._instant.done:
                    self._end()
                self._awaited = int.from_bytes(message[4:8], "little")
        return not self._closed

    def note_answer(self, message: bytes) -> bool:
        """Look at a message from the server; say whether it may pass."""
        if self._awaited is not None and int.from_bytes(message[8:12], "little") == self._awaited:
            self._end()
        return not self._closed

    def _end(self) -> None:
        self._closed = True
        if self._strike:
            self._strike()


@asynccontextmanager
async def watching(uri: str) -> AsyncIterator[WriteWatch]:
    """Run the proxy before the server of a connection string; `uri` of what it gives leads through it."""
    watch = WriteWatch()
    parts = urlsplit(uri)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = await asyncio.open_connection(parts.hostname, parts.port)
        await asyncio.gather(
            _pass_on(reader, upstream[1], watch.note_request), _pass_on(upstream[0], writer, watch.note_answer)
        )

    async with await asyncio.start_server(connect, "127.0.0.1", 0) as server:
        sign_in = parts.netloc.rpartition("@")[0]
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        options = [option for option in parts.query.split("&") if option and not option.startswith("replicaSet=")]
        watch.uri = urlunsplit(
            parts._replace(
                netloc=f"{sign_in}@{host}" if sign_in else host,
                path=parts.path or "/",
                query="&".join([*options, "directConnection=true"]),
            )
        )
        yield watch


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, may_pass: Callable[[bytes], bool]
) -> None:
    try:
        while True:
            header = await reader.readexactly(_HEADER_BYTES)
            message = header + await reader.readexactly(int.from_bytes(header[:4], "little") - _HEADER_BYTES)
            if not may_pass(message):
                break
            writer.write(message)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def _written_to(message: bytes) -> str | None:
    """The collection that a message writes to, if it is a write."""
    if int.from_bytes(message[12:16], "little") != _OP_MSG:
        return None
    start = _HEADER_BYTES + _BODY_AT
    length = int.from_bytes(message[start : start + 4], "little")
    command = bson.decode(message[start : start + length])
    name = next(iter(command))
    return str(command[name]) if name in _WRITES else None
