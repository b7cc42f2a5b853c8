"""Running what somebody began about the import on a page: the commands that an operator would type, beside the server."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from roundsman.audit_log.entries import Actor
from roundsman.console.child import Ended, run_child
from roundsman.database.lease import Lease, renew_lease
from roundsman.migration.jobs import JobKind, Outcome, end_job, start_job
from roundsman.runtime import Runtime

_LOG: Final = logging.getLogger(__name__)
_RENEWED_AFTER_SECONDS: Final = 20
_LONGEST: Final = 6_000
_STOPPED: Final = Outcome(None, "The server was stopped meanwhile, and ended it in order.", "")
_UNFORESEEN: Final = "Something failed that nobody foresaw; the server's log has it."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done about which plan or run, by these commands one after the other."""

    kind: JobKind
    about: str
    commands: Sequence[Sequence[str]]


class MigrationJobs:
    """Runs one job at a time, whichever server began it; a server that stops ends its own in order."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._task: asyncio.Task[None] | None = None

    async def start(self, wanted: Wanted, actor: Actor) -> None:
        """Begin it and come back at once. Raises JobRunning."""
        now = self._runtime.clock()
        lease = await start_job(self._runtime.tx, wanted.kind, wanted.about, actor=actor, now=now)
        self._task = asyncio.create_task(self._run(lease, wanted))
        self._task.add_done_callback(_log_failure)

    async def ended(self) -> None:
        """Wait until what this server began has ended."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def close(self) -> None:
        """End what runs, in order."""
        if self._task is not None:
            self._task.cancel()
            await self.ended()

    async def _run(self, lease: Lease, wanted: Wanted) -> None:
        renewing = asyncio.create_task(self._renew(lease))
        outcome = Outcome(None, _UNFORESEEN, "")
        try:
            outcome = await self._outcome(wanted)
        except asyncio.CancelledError:
            outcome = _STOPPED
            raise
        finally:
            renewing.cancel()
            # Where that fails the lease runs out, and the page says that it was broken off.
            await end_job(self._runtime.tx, lease, outcome, now=self._runtime.clock())

    async def _renew(self, lease: Lease) -> None:
        """Where that fails the page says too early that it was broken off; its end is noted all the same."""
        while True:
            await asyncio.sleep(_RENEWED_AFTER_SECONDS)
            await renew_lease(self._runtime.tx, lease, now=self._runtime.clock())

    async def _outcome(self, wanted: Wanted) -> Outcome:
        outcome, said = _STOPPED, list[str]()
        for command in wanted.commands:
            try:
                ended = await run_child(command, environment=self._runtime.environment)
            except OSError as error:
                return Outcome(None, f"It could not be started: {error.strerror}.", "\n\n".join(said))
            said.append(said_by(command, ended))
            outcome = Outcome(ended.exit_code, _trouble(ended), "\n\n".join(said)[-_LONGEST:])
            if ended.exit_code:
                break
        return outcome


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        _LOG.error("a migration job failed", exc_info=error)


def said_by(command: Sequence[str], ended: Ended) -> str:
    """What a command said, as it is kept: of a proof only the end, for its examples may tell of people."""
    lines = ended.said.strip().splitlines()
    if "verify" in command:
        lines = lines[-1:]
    return "\n".join([f"$ roundsman {' '.join(command)}", *lines])


def _trouble(ended: Ended) -> str:
    """Why a command did not end well: the sentence that it ended with. What nobody foresaw is for the server's log."""
    if not ended.exit_code:
        return ""
    if "Traceback (most recent call last)" in ended.complained:
        _LOG.error("a migration job failed:\n%s", ended.complained)
        return _UNFORESEEN
    lines = ended.complained.strip().splitlines()
    return lines[-1].removeprefix("roundsman: ") if lines else ""
