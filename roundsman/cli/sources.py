"""The options that say which source a command reads and what its fields mean."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from roundsman.cli.output import warn
from roundsman.errors import Conflict, InvalidInput
from roundsman.migration.plan import PlanHeader
from roundsman.migration.profile import SourceProfile, builtin_profile, profile_from_file
from roundsman.migration.sources.mongodb import without_password
from roundsman.migration.sources.opening import Opened, open_source, open_with_profile
from roundsman.migration.sources.port import Source
from roundsman.settings import load_settings

BUILT_IN: Final = "earlybird"

SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source",
        help="mongodb://host:port/DATABASE, a folder of <collection>.jsonl or of a mongodump, or for inspect, plan, apply, "
        "verify and report a list of customers (.csv, .xlsx); without it, ROUNDSMAN_SOURCE.",
    ),
]
AcceptGoneOption = Annotated[
    bool, typer.Option("--accept-gone", help="Go on although most of the people are gone from the source.")
]
ProfileOption = Annotated[str, typer.Option("--profile", help="A built-in source profile, or a TOML file.")]


class NoSource(InvalidInput):
    """No source was named."""

    code = "no_source"


class PlannedElsewhere(Conflict):
    """A plan is to be applied from another source than it was made from."""

    code = "planned_elsewhere"


@asynccontextmanager
async def opened_source(option: str | None) -> AsyncIterator[Source]:
    """The source that the option or the settings name, closed on leaving. Raises NoSource."""
    source = open_source(_locator(option))
    try:
        yield source
    finally:
        await source.close()


@asynccontextmanager
async def opened_import(option: str | None, profile: SourceProfile) -> AsyncIterator[Opened]:
    """Any source, a list too, with what its fields mean; says what is peculiar about it. Raises NoSource."""
    opened = open_with_profile(_locator(option), profile)
    try:
        for note in opened.notes:
            warn(note)
        yield opened
    finally:
        await opened.source.close()


def planned_source(option: str | None, planned: str) -> str:
    """Where to apply a plan from: what it was made from, for which the settings may know the password, which plans do not."""
    if option:
        return option
    known = load_settings().source
    return known if known and without_password(known) == planned else planned


def require_planned(opened: Opened, header: PlanHeader) -> None:
    """Raise PlannedElsewhere if what was opened has no collection of the plan's source: a list is no database."""
    names = {collection.name for collection in opened.profile.collections}
    if header.source_counts and names.isdisjoint(header.source_counts):
        raise PlannedElsewhere(
            f"the plan was made from {header.source}, not from {opened.source.locator}; give --source"
        )


def _locator(option: str | None) -> str:
    locator = option or load_settings().source
    if locator is None:
        raise NoSource("which source? Give --source, or set ROUNDSMAN_SOURCE")
    return locator


def read_profile(name: str) -> SourceProfile:
    """A built-in profile by its name, or one in a file. Raises ProfileInvalid."""
    return profile_from_file(Path(name)) if name.endswith(".toml") else builtin_profile(name)
