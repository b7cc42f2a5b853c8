"""Groups of commands that are imported when they are called, so that a command starts no slower than it must."""

from collections import UserDict
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from roundsman.migration.seldom_collected import seldom_collected_now


def on_demand(parts: Mapping[str, str]) -> type[TyperGroup]:
    """Make the class of a group of commands, each named as `package.module:attribute`, in the order of the help.

    The attribute is a function, or a group of its own.
    """

    class OnDemand(TyperGroup):
        def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - what a group takes is the library's business
            super().__init__(**attributes)
            self.commands = _Imported(parts)

    return OnDemand


class _Imported(UserDict[str, Any]):
    """The commands by name; to look one up is to import it."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - commands are the library's private class
        if isinstance(part := super().__getitem__(name), str):
            self[name] = _imported(name, part)
        return super().__getitem__(name)


def _imported(name: str, part: str) -> Any:  # noqa: ANN401 - see above
    module, _, attribute = part.partition(":")
    with seldom_collected_now():
        found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = name
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return get_command(alone)
