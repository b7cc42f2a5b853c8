"""What the database was told: every command, as the driver sent it."""

from collections.abc import Iterator, Mapping
from typing import Any

from bson import Regex
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent


class Overheard(CommandListener):
    """Listens to what the driver sends."""

    def __init__(self) -> None:
        self.commands: list[Mapping[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep a command."""
        self.commands.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing is kept of answers."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing is kept of failures."""

    def taken(self) -> list[Mapping[str, Any]]:
        """Give what was overheard since this was asked last."""
        taken, self.commands = self.commands, []
        return taken


def operators_with(value: object, canary: str, operator: str, *, under: str = "") -> Iterator[str]:
    """Find where a command holds the canary under the operator it was sent with, as a pattern, or in a field's name.

    A plain text may be an operand, as in {"$in": ["…"]}: it matches itself only.
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if canary in str(name):
                yield f"the name {str(name).replace(canary, '…')}"
            yield from operators_with(inner, canary, operator, under=str(name))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from operators_with(inner, canary, operator, under=under)
    elif isinstance(value, Regex):
        yield from _as_pattern(str(value.pattern), canary)
    elif isinstance(value, str) and canary in value:
        if operator and under == operator:
            yield f"the operator {operator}"
        elif under == "$regex":
            yield from _as_pattern(value, canary)


def _as_pattern(pattern: str, canary: str) -> Iterator[str]:
    if f".*{canary}" in pattern.replace(f"\\.\\*{canary}", ""):
        yield "a pattern"
