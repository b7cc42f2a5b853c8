"""Asking a server over kept connections: how many answers a second, how long each takes, and what it costs to compute.

Rates depend on whatever else the machine does at the time. What a process computes for a request does so much less, and
both are measured: the kernel counts the time that each process had on a core.
"""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ASKERS: Final = 16
_PATIENCE_SECONDS: Final = 60.0
_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Asked:
    """How long each request took, how long all together, and what the processes computed meanwhile, in order."""

    seconds: list[float]
    elapsed: float
    computed: tuple[float, ...] = ()

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.seconds) / self.elapsed

    @property
    def microseconds(self) -> tuple[float, ...]:
        """What each process computed for one request."""
        return tuple(1e6 * seconds / len(self.seconds) for seconds in self.computed)

    def quantile_ms(self, part: float) -> float:
        """So many milliseconds at most took this part of the requests."""
        return 1000 * sorted(self.seconds)[int(len(self.seconds) * part)]


class Connection:
    """One connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> "Connection":
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def ask(self, method: str, path: str, *, token: str = "", body: object = None) -> bytes:
        """Ask, and give the body of a good answer."""
        content = json.dumps(body).encode() if body else b""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(content)}"]
        lines += ["Content-Type: application/json"] if body else []
        lines += [f"Authorization: Bearer {token}"] if token else []
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
            answer = await self._reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
        if not head.startswith("http/1.1 20"):
            raise RuntimeError(head + answer.decode())
        return answer

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


class NothingLeft(Exception):
    """What was to be asked has all been asked."""


async def ask_for(
    seconds: float, port: int, ask: Callable[[Connection], Awaitable[object]], *, processes: Sequence[int] = ()
) -> Asked:
    """Ask over all connections at once, for so long or until `ask` raises NothingLeft; `processes` are watched."""
    connections = [await Connection(port).open() for _ in range(ASKERS)]
    taken: list[float] = []
    before = computed(processes)
    begun = time.perf_counter()

    async def go_on(connection: Connection) -> None:
        while (now := time.perf_counter()) - begun < seconds:
            try:
                await ask(connection)
            except NothingLeft:
                return
            taken.append(time.perf_counter() - now)

    await asyncio.gather(*map(go_on, connections))
    elapsed = time.perf_counter() - begun
    spent = tuple(after - start for after, start in zip(computed(processes), before, strict=True))
    for connection in connections:
        connection.close()
    return Asked(taken, elapsed, spent)


async def until_it_answers(port: int, path: str) -> None:
    """Wait until a server that was started answers; not for ever, because it may have ended at once."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            try:
                connection = await Connection(port).open()
            except OSError:
                await asyncio.sleep(0.1)
            else:
                await connection.ask("GET", path)
                connection.close()
                return


def computed(processes: Sequence[int]) -> list[float]:
    """How many seconds each process has been on a core."""
    return [_computed(process) for process in processes]


def peak_megabytes(process: int) -> float:
    """The most memory a process has had."""
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _computed(process: int) -> float:
    # The name in brackets may hold anything; user and system time are the twelfth and thirteenth field after it.
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND
