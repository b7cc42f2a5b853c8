"""The command `roundsman migrate inspect`: what is in an existing application's data, before anything is taken over."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from roundsman.cli import suggest as suggestion
from roundsman.cli.files import write_file
from roundsman.cli.inspection_page import inspection_page
from roundsman.cli.output import FINDINGS, print_json, print_table, say
from roundsman.cli.progress import shown_progress
from roundsman.cli.running import run
from roundsman.cli.sources import BUILT_IN, ProfileOption, SourceOption, opened_import, read_profile
from roundsman.migration.inspection.findings import Case, Counts, Inspection, Level
from roundsman.migration.inspection.inspector import inspect_source
from roundsman.migration.profile import SourceProfile

_EXAMPLES_SHOWN: Final = 2


def inspect(
    *,
    source: SourceOption = None,
    profile: ProfileOption = BUILT_IN,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON, with more examples.")] = False,
    html: Annotated[Path | None, typer.Option(help="Also write it as a page, to read and to hand on.")] = None,
    suggest: Annotated[
        Path | None, typer.Option(help="Draft a profile for an unknown database into a new TOML file, and end.")
    ] = None,
    fail_on: Annotated[
        Level, typer.Option(help="Exit with 1 if there is a finding of this level or a graver one.")
    ] = Level.BLOCKER,
) -> None:
    """Show what is in a source and what in it needs somebody's eyes; only reads, and needs no database of Roundsman's.

    Examples are `collection:_id` of documents; no phone, name or password is ever shown.
    """
    if suggest:
        suggestion.suggest(source, suggest, as_json=as_json)
        return
    inspection = run(_inspect(source, read_profile(profile)))
    if html:
        write_file(html, inspection_page(inspection))
    if as_json:
        print_json(asdict(inspection))
    else:
        _print(inspection)
        if html:
            say(f"\nWritten as a page to {html}")
        say("\nNothing was changed. What would become of everybody: roundsman migrate plan")
    worst = inspection.worst()
    if worst is not None and worst.rank <= fail_on.rank:
        raise typer.Exit(FINDINGS)


async def _inspect(option: str | None, profile: SourceProfile) -> Inspection:
    async with opened_import(option, profile) as opened:
        with shown_progress() as progress:
            return await inspect_source(opened.source, opened.profile, progress)


def _print(inspection: Inspection) -> None:
    say(f"Source {inspection.source}, profile {inspection.profile}\n")
    rows: list[Sequence[object]] = [
        (one.name, one.kind or "not taken", one.documents) for one in inspection.collections
    ]
    print_table(("collection", "kind", "documents"), rows)
    if inspection.overlaps:
        say("\nFound under two kinds:\n")
        shared = [(f"{one.one} and {one.other}", one.phones, one.emails) for one in inspection.overlaps]
        print_table(("kinds", "phones", "e-mails"), shared)
    _print_counts("What phones, e-mails and passwords are", inspection.forms)
    _print_counts("How phones are written (9 a digit, a a letter)", inspection.spellings)
    _print_counts("Roles and statuses as written", inspection.words)
    _print_findings(inspection)


def _print_counts(title: str, counts: Counts) -> None:
    rows = [(place, what, count) for place, found in counts.items() for what, count in found.items()]
    if rows:
        say(f"\n{title}:\n")
        print_table(("field", "what", "count"), rows)


def _print_findings(inspection: Inspection) -> None:
    if not inspection.findings:
        say("\nNothing was found that needs anybody's eyes.")
        return
    say("\nFindings:\n")
    rows = [
        (one.level.value, one.code, one.subject, one.count, "; ".join(_examples(one.examples)))
        for one in inspection.findings
    ]
    print_table(("level", "finding", "about", "count", "for example"), rows)
    say("\nWhat they mean:\n")
    for code, meaning in {one.code: one.meaning for one in inspection.findings}.items():
        say(f"{code}: {meaning}")


def _examples(cases: Sequence[Case]) -> Iterator[str]:
    return (" + ".join(case) for case in cases[:_EXAMPLES_SHOWN])
