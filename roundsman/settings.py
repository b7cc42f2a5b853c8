"""What can be set from outside: environment variables named ROUNDSMAN_* and a file `.env` in the working directory.

Each field says why it exists; `docs/settings.md` is generated from these descriptions.
"""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from dotenv import dotenv_values
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from roundsman.errors import InvalidInput

PREFIX = "ROUNDSMAN_"
_ENV_FILE = ".env"
_NAMES_OF_THE_TEST_SUITE = frozenset({"ROUNDSMAN_TESTS"})


class InvalidSettings(InvalidInput):
    """A setting has an unknown name or a value it cannot have."""

    code = "invalid_settings"


class Settings(BaseSettings):
    """Every setting of Roundsman; a value that is not given has its default."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=_ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Annotated[
        Path,
        Field(
            description="Where Roundsman keeps its own files: key files, and the data of the database server it starts "
            "itself. Its folders are readable by their owner only. Back it up: without the keys the archived copies of "
            "source documents cannot be read."
        ),
    ] = Path(".roundsman")
    mongodb_uri: Annotated[
        str | None,
        Field(
            repr=False,
            description="The MongoDB to use, 6 or newer and a replica set or a sharded cluster, because Roundsman needs "
            "transactions. Without it Roundsman starts a server of its own, which is for trying out and development.",
        ),
    ] = None
    database_name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=38,
            pattern=r"^[A-Za-z0-9_-]+$",
            description="The name of Roundsman's database, so that one server can hold several, or other databases too.",
        ),
    ] = "roundsman"
    database_cache_gb: Annotated[
        float,
        Field(
            ge=0.25,
            le=1024,
            description="The memory cache of the server Roundsman starts itself, in GB. MongoDB's own default, half of the "
            "memory, would starve the programs it shares the machine with.",
        ),
    ] = 0.5
    host: Annotated[
        str,
        Field(description="The address `roundsman serve` listens on; only this machine until you decide otherwise."),
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="The port `roundsman serve` listens on.")] = 8000
    source: Annotated[
        str | None,
        Field(
            repr=False,
            description="The existing application's database that `roundsman migrate` reads, when `--source` is not given; "
            "a password does not belong on a command line, where everybody on the machine can see it.",
        ),
    ] = None
    refuse_default_passwords: Annotated[
        bool,
        Field(
            description="Whether a right password that the existing application handed out as a default is refused, so "
            "that its holder has to set one of his own. Everybody who knew the application knows these passwords."
        ),
    ] = True
    message_gateway: Annotated[
        str | None,
        Field(
            repr=False,
            description="The gateway for SMS as an Apprise URL, with `{to}` where the phone belongs, and `{code}` for the code "
            "alone where a registered template wants it; docs/operations.md shows MSG91 for India. Without it messages, "
            "codes among them, are written to `outbox.jsonl` in the data directory, which is for trying out.",
        ),
    ] = None
    email_gateway: Annotated[
        str | None,
        Field(repr=False, description="The same for e-mail: `mailtos://user:password@smtp.example.in?to={to}`."),
    ] = None


def load_settings() -> Settings:
    """Read the settings of this process.

    Raises InvalidSettings, with one sentence for people, on a ROUNDSMAN_* name that means nothing (a misspelt setting
    would silently have no effect) and on a value out of range.
    """
    _refuse_unknown(os.environ, place="the environment")
    _refuse_unknown(dotenv_values(_ENV_FILE), place=f"the file {_ENV_FILE}")
    try:
        return Settings()
    except ValidationError as error:
        raise InvalidSettings(" ".join(_sentences(error))) from error


def variable_name(field: str) -> str:
    """Name the environment variable of a field: 'data_dir' is 'ROUNDSMAN_DATA_DIR'."""
    return PREFIX + field.upper()


def _refuse_unknown(names: Iterable[str], *, place: str) -> None:
    known = {variable_name(field) for field in Settings.model_fields}
    for name in sorted(name.upper() for name in names):
        if name.startswith(PREFIX) and name not in known | _NAMES_OF_THE_TEST_SUITE:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "docs/settings.md lists those that exist."
            raise InvalidSettings(f"{name} in {place} is no setting of Roundsman: {hint}")


def _sentences(error: ValidationError) -> Iterable[str]:
    for detail in error.errors(include_url=False, include_input=False):
        name = variable_name(str(detail["loc"][0])) if detail["loc"] else "The settings"
        yield f"{name}: {detail['msg']}."
