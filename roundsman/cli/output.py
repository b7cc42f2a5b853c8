"""How commands talk: tables and JSON on standard output, failures as one sentence on standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from roundsman.errors import (
    Conflict,
    IntegrityBroken,
    Interrupted,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    RateLimited,
    RoundsmanError,
    Unavailable,
)

FINDINGS = 1
"""The exit code of a command that did its work and found something wrong."""

# The first one that fits.
_EXIT_CODES: Mapping[type[RoundsmanError], int] = {
    Interrupted: 130,
    InvalidInput: 2,
    Unavailable: 3,
    Conflict: 4,
    NotFound: 5,
    NotAuthenticated: 6,
    NotPermitted: 6,
    RateLimited: 7,
    IntegrityBroken: 8,
}


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in aligned columns, numbers to the right; never cut or wrapped, so that it can be piped."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    numeric = [
        bool(rows) and all(isinstance(row[index], int | float) for row in rows) for index in range(len(headings))
    ]
    for line in [list(headings), ["-" * width for width in widths], *cells]:
        aligned = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        )
        print("  ".join(aligned).rstrip())  # noqa: T201  this is where commands print


def print_json(value: object) -> None:
    """Print a value as JSON."""
    print(json_text(value))  # noqa: T201  as above


def json_text(value: object) -> str:
    """Write a value as JSON; dates in ISO 8601, ids and other values as their text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_as_text)


def say(sentence: str) -> None:
    """Print a line for people."""
    print(sentence)  # noqa: T201  as above


def warn(sentence: str) -> None:
    """Print a line beside the output, where it does not end in a pipe."""
    print(f"roundsman: {sentence}", file=sys.stderr)  # noqa: T201  as above


def fail(error: RoundsmanError) -> NoReturn:
    """Print what went wrong, without a traceback, and end the process with the exit code of the error's family."""
    print(f"roundsman: {error.message}", file=sys.stderr)  # noqa: T201  as above
    sys.exit(exit_code(error))


def exit_code(error: RoundsmanError) -> int:
    """Give the exit code of an error's family, 1 for none of them."""
    return next((code for family, code in _EXIT_CODES.items() if isinstance(error, family)), 1)


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
