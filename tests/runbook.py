"""Reading a runbook: its commands in order, what it says they print, and whether they printed that.

A block `console` has commands after `$ `, each followed by its output. In the output a line `…` stands for lines that are
left out, and `…` within a line for the rest of it; `^C` is Ctrl-C, pressed when what stands above it was printed; what
follows `to go on: ` is typed. `$ echo $?` shows the exit code of the command before it; where it is not shown
the code is 0. A block `js` has commands for MongoDB's administrator, a block `ini` the file that its first line names.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

LEFT_OUT = "…"
CTRL_C = "^C"

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_RUN_COMMAND = re.compile(r'^db\.getSiblingDB\("(\w+)"\)\.runCommand\((.*?)\)$', re.MULTILINE | re.DOTALL)
_TYPED = re.compile(r"(.*to go on: )(\w+)")
_ASKED = re.compile(r"(to go on: )")


@dataclass(frozen=True, slots=True)
class File:
    """A file to write."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Administration:
    """A command for a database, given by the server's administrator."""

    database: str
    command: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """A command for the shell, what it prints, what is typed meanwhile, and how it ends."""

    line: str
    output: tuple[str, ...] = ()
    typed: str = ""
    code: int = 0
    ended_by_hand: bool = False


Step = File | Administration | Command


def steps_of(runbook: str) -> Iterator[Step]:
    """All that is to be done, in order. Fails on a block that is none of the three kinds."""
    for language, content in _BLOCK.findall(runbook):
        if language == "ini":
            name, _, rest = content.partition("\n")
            yield File(name.removeprefix("# "), rest)
        elif language == "js":
            found = _RUN_COMMAND.findall(content)
            assert len(found) == content.count("runCommand"), content
            yield from (Administration(database, json.loads(command)) for database, command in found)
        else:
            assert language == "console", f"a block of the kind {language!r}"
            yield from _commands(content)


def _commands(content: str) -> Iterator[Command]:
    written = [
        (first, lines)
        for first, *lines in (one.splitlines() for one in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:])
    ]
    following = [*written[1:], ("", [])]
    for (line, output), (next_line, next_output) in zip(written, following, strict=True):
        if line != "echo $?":
            yield _command(line, output, int(next_output[0]) if next_line == "echo $?" else 0)


def _command(line: str, lines: Sequence[str], code: int) -> Command:
    asked = [_TYPED.fullmatch(one) for one in lines]
    output = tuple(found[1] if found else one for one, found in zip(lines, asked, strict=True))
    shown = tuple(one for one in output if one != CTRL_C)
    return Command(line, shown, "".join(f"{one[2]}\n" for one in asked if one), code, CTRL_C in output)


def unexpected(shown: Sequence[str], printed: str) -> str | None:
    """The first line that the runbook shows and nobody printed, or that somebody printed and it does not show."""
    # Nobody sees the typed word and its end of line here, as one does at a terminal.
    lines = [line for line in _ASKED.sub(r"\1\n", printed).splitlines() if line.strip()]
    place, left_out = 0, False
    for expected in filter(str.strip, shown):
        if expected == LEFT_OUT:
            left_out = True
            continue
        last = len(lines) if left_out else place + 1
        found = next((index for index in range(place, min(last, len(lines))) if _same(expected, lines[index])), None)
        if found is None:
            return f"shown, not printed: {expected}"
        place, left_out = found + 1, False
    return None if left_out or place == len(lines) else f"printed, not shown: {lines[place]}"


def _same(shown: str, printed: str) -> bool:
    """Whether a line is the one shown, whatever its numbers, ids and widths of columns."""
    pattern = ".*".join(re.escape(_plain(part)) for part in shown.split(LEFT_OUT))
    return re.fullmatch(pattern, _plain(printed)) is not None


def _plain(line: str) -> str:
    without_ids = re.sub(r"\b[0-9a-f]{12,}\b", "0", line)
    without_numbers = re.sub(r"\d+(?:[.,:-]\d+)*", "0", without_ids)
    return re.sub(r"\s+", " ", re.sub(r"-{2,}(?= |$)", "-", without_numbers)).rstrip()
