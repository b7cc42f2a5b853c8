"""Commands of ours in a process beside the server: what takes seconds or minutes, too long for a request."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_GRACE_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, below zero if a signal ended it, and what it said."""

    exit_code: int
    said: str
    complained: str


async def run_child(
    arguments: Sequence[str], *, environment: Mapping[str, str] | None = None, patience_seconds: float | None = None
) -> Ended:
    """Run `roundsman …` to its end; cancelled, or out of patience, it is told to end in order.

    Raises TimeoutError, or OSError if it cannot be started. Ctrl-C at the server's terminal does not reach it, since the
    server tells it to end. A server that is killed leaves it behind, and it goes on to its end.
    """
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "roundsman", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        env=environment,
        start_new_session=True,
    )
    try:
        said, complained = await asyncio.wait_for(child.communicate(), patience_seconds)
    except BaseException:
        await _end(child)
        raise
    return Ended(child.returncode or 0, said.decode(errors="replace"), complained.decode(errors="replace"))


async def _end(child: asyncio.subprocess.Process) -> None:
    """End a command, and read what it still says: one that nobody listens to waits for ever, and its pipes stay open."""
    if child.returncode is None:
        child.terminate()
    try:
        await asyncio.wait_for(child.communicate(), _GRACE_SECONDS)
    except TimeoutError:
        if child.returncode is None:
            child.kill()
        await child.communicate()
