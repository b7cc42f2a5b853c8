"""The command `roundsman commands`, which is also how docs/commands.md is made."""

from collections.abc import Iterator, Mapping
from enum import Enum

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from roundsman.cli.output import say

_INTRODUCTION = """# Commands

Settings are environment variables (see [settings](settings.md)); `--help` works at every level. Tables and JSON go to
standard output, failures as one sentence to standard error. Exit codes: 0 done, 1 done and something was found, 2 wrong
input, 3 something is out of reach, 4 conflict, 5 not found, 6 not permitted, 7 too often, 8 something that must hold does
not, 130 ended by Ctrl-C or SIGTERM before it was done. Two are exceptions: `migrate verify` exits with 2 when it could only
prove the copies, because the source was out of reach; and `serve` and `worker`, which go on until they are told to end,
then exit with 0, because whatever supervises them takes everything else for a failure.

This page is made by `roundsman commands > docs/commands.md`.
"""


def show(context: typer.Context) -> None:
    """Print every command with its options, as Markdown."""
    root = context.find_root().command
    if not isinstance(root, TyperGroup):
        raise TypeError("roundsman is a group of commands")
    say(commands_page(root))


def commands_page(root: TyperGroup) -> str:
    """Write the page about all commands."""
    return "\n".join([_INTRODUCTION, *map(_section, commands_of(root).items())]).rstrip()


def commands_of(group: TyperGroup, name: str = "roundsman") -> Mapping[str, TyperCommand]:
    """All commands by the words that call them, in the order of the help."""
    found: dict[str, TyperCommand] = {}
    for word, command in group.commands.items():
        if isinstance(command, TyperGroup):
            found |= commands_of(command, f"{name} {word}")
        elif isinstance(command, TyperCommand):
            found[f"{name} {word}"] = command
    return found


def _section(entry: tuple[str, TyperCommand]) -> str:
    name, command = entry
    arguments = "".join(f" {one.name.upper()}" for one in command.params if isinstance(one, TyperArgument) and one.name)
    lines = [f"## {name}{arguments}\n", f"{command.help}\n"]
    parameters = [line for one in command.params for line in _parameter(one)]
    return "\n".join([*lines, *parameters, ""] if parameters else lines)


def _parameter(parameter: object) -> Iterator[str]:
    if isinstance(parameter, TyperArgument) and parameter.name:
        yield f"- `{parameter.name.upper()}`: {parameter.help}"
    elif isinstance(parameter, TyperOption) and "--help" not in parameter.opts:
        spelling = "` / `".join([*parameter.opts, *parameter.secondary_opts])
        yield f"- `{spelling}`: {parameter.help}{_default(parameter)}"


def _default(option: TyperOption) -> str:
    if option.required:
        return " Required."
    value = option.default.value if isinstance(option.default, Enum) else option.default
    return "" if value is None or isinstance(value, bool) else f" Default: `{value}`."
