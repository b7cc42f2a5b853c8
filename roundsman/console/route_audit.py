"""The audit of all routes for a page: made once for each server, by a process beside it, since it takes seconds of work."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from roundsman.access.route_audit.findings import Code, Level
from roundsman.console.child import run_child

_COMMAND: Final = ("access", "audit", "--json")
_PATIENCE_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class RouteFinding:
    """Something wrong at a route, where in the source, and how it is mended."""

    code: Code
    level: Level
    route: str | None
    place: str | None
    about: str
    mend: str


@dataclass(frozen=True, slots=True)
class RouteAudit:
    """How many routes are protected how, and what is wrong."""

    protections: Mapping[str, int]
    findings: Sequence[RouteFinding]

    @property
    def routes(self) -> int:
        """How many there are."""
        return sum(self.protections.values())


class RouteAuditing:
    """Has the routes audited when somebody first asks; until then, and if that fails, there is no audit."""

    def __init__(self) -> None:
        self._task: asyncio.Task[RouteAudit | None] | None = None

    @property
    def is_being_made(self) -> bool:
        """Whether it is worth asking again."""
        return self._task is not None and not self._task.done()

    def get(self) -> RouteAudit | None:
        """Return the audit if it is there, and have it made if nobody asked before."""
        if self._task is None:
            self._task = asyncio.create_task(_audited())
        return self._task.result() if self._task.done() and not self._task.cancelled() else None

    async def made(self) -> RouteAudit | None:
        """Wait until it is made."""
        return await self._task if self._task else None

    async def close(self) -> None:
        """End what is being made."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task


async def _audited() -> RouteAudit | None:
    try:
        ended = await run_child(_COMMAND, patience_seconds=_PATIENCE_SECONDS)
        return audit_from(json.loads(ended.said))
    except (TimeoutError, ValueError):
        return None


def audit_from(told: Mapping[str, Any]) -> RouteAudit:
    """Read what the command says as JSON."""
    protections: dict[str, int] = {}
    for route in told["routes"]:
        protections[route["protection"]] = protections.get(route["protection"], 0) + 1
    findings = [
        RouteFinding(Code(one["code"]), Level(one["level"]), one["route"], one["place"], one["about"], one["mend"])
        for one in told["findings"]
    ]
    return RouteAudit(protections, findings)
