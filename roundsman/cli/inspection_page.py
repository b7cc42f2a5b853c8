"""An inspection as one HTML file that needs nothing else: to read on a phone, to print, to hand on.

It shows what the terminal shows. Examples are keys of documents, so it holds no phone, name or password.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from roundsman.migration.inspection.findings import Finding, Inspection, Level
from roundsman.money import grouped

_EXAMPLES_SHOWN: Final = 3
_SAID_OF_LEVELS: Final = {
    Level.BLOCKER: ("Blockers", "Until these are mended or explained, nothing that an import does can be trusted."),
    Level.ACTION: (
        "To look at",
        "The import has an answer to each of these. Somebody should know it, and may want another.",
    ),
    Level.INFO: ("Good to know", "Nothing has to be done about these."),
}
_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("roundsman.cli"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["number"] = grouped
_ENVIRONMENT.filters["words"] = lambda name: str(name).replace("_", " ")


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """The findings of one code, which mean the same and are about different fields or collections."""

    code: str
    meaning: str
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class LevelSection:
    """The findings of one level, by code."""

    level: Level
    title: str
    note: str
    groups: Sequence[FindingGroup]

    @property
    def kinds(self) -> int:
        """How many different things were found."""
        return len(self.groups)


def inspection_page(inspection: Inspection) -> str:
    """Write the inspection as HTML; every value of the source is escaped."""
    template = _ENVIRONMENT.get_template("inspection.html")
    return template.render(
        inspection=inspection,
        documents=sum(one.documents for one in inspection.collections),
        sections=[_section(inspection, level) for level in Level],
        examples_shown=_EXAMPLES_SHOWN,
    )


def _section(inspection: Inspection, level: Level) -> LevelSection:
    findings = [finding for finding in inspection.findings if finding.level is level]
    groups = [
        FindingGroup(code, same[0].meaning, same)
        for code, group in groupby(findings, key=lambda finding: finding.code)
        if (same := list(group))
    ]
    return LevelSection(level, *_SAID_OF_LEVELS[level], groups)
