"""The audit as a Markdown page; pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from roundsman.security_review.checks import Check, Result, findings_in

_MADE: Final = (
    "Made by `roundsman auth audit`: what could be tried was tried, against the running application with its settings and "
    "keys, on a database of its own beside the real one; the rest was counted."
)


def audit_page(results: Sequence[Result]) -> str:
    """Write the page; it says the same for the same results."""
    found = findings_in(results)
    held = sum(one.holds for one in results)
    sections = [
        "# How well people are protected",
        _MADE,
        f"{len(results)} checks, {held} hold, {len(found)} findings.",
        "## Findings",
        _table(
            ("level", "check", "evidence", "mend"),
            [(one.check.level, one.check, one.evidence, one.check.mend) for one in found],
        )
        if found
        else "None.",
        "## What was tried",
        _table(
            ("check", "tried", "answer", "holds"), [(one.check, one.tried, one.evidence, _yes(one)) for one in results]
        ),
        "## Who asks for it",
        _table(("check", "level if it fails", "source"), [(one, one.level, one.source) for one in Check]),
    ]
    return "\n\n".join(sections) + "\n"


def _yes(one: Result) -> str:
    return "yes" if one.holds else "**no**"


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(
        "| " + " | ".join(" ".join(str(cell).replace("|", "\\|").split()) for cell in line) + " |" for line in lines
    )
