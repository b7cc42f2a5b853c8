"""The options that say which source a command reads and what its fields mean."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from roundsman.errors import InvalidInput
from roundsman.migration.profile import SourceProfile, builtin_profile, profile_from_file
from roundsman.migration.sources.opening import open_source
from roundsman.migration.sources.port import Source
from roundsman.settings import load_settings

BUILT_IN: Final = "earlybird"

SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source",
        help="mongodb://host:port/DATABASE, or a folder of <collection>.jsonl files; without it, ROUNDSMAN_SOURCE.",
    ),
]
ProfileOption = Annotated[str, typer.Option("--profile", help="A built-in source profile, or a TOML file.")]


class NoSource(InvalidInput):
    """No source was named."""

    code = "no_source"


@asynccontextmanager
async def opened_source(option: str | None) -> AsyncIterator[Source]:
    """The source that the option or the settings name, closed on leaving. Raises NoSource."""
    locator = option or load_settings().source
    if locator is None:
        raise NoSource("which source? Give --source, or set ROUNDSMAN_SOURCE")
    source = open_source(locator)
    try:
        yield source
    finally:
        await source.close()


def read_profile(name: str) -> SourceProfile:
    """A built-in profile by its name, or one in a file. Raises ProfileInvalid."""
    return profile_from_file(Path(name)) if name.endswith(".toml") else builtin_profile(name)
