"""What can be set from outside: environment variables named ROUNDSMAN_* and a file `.env` in the working directory.

Each field says why it exists; `docs/settings.md` is generated from these descriptions.
"""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from roundsman.activation_settings import ActivationSettings
from roundsman.code_settings import CodeSettings
from roundsman.errors import InvalidInput
from roundsman.password_settings import PasswordSettings
from roundsman.session_settings import SessionSettings

PREFIX = "ROUNDSMAN_"
_ENV_FILE = ".env"
_PLACES = ("data_dir", "mongodb_uri", "database_name", "database_cache_gb", "source")
_NAMES_OF_THE_TEST_SUITE = frozenset({"ROUNDSMAN_TESTS"})


class InvalidSettings(InvalidInput):
    """A setting has an unknown name or a value it cannot have."""

    code = "invalid_settings"


class Settings(CodeSettings, PasswordSettings, SessionSettings, ActivationSettings):
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
    database_patience_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=300,
            description="How long an operation on the database may take while somebody waits for an answer; after that it is "
            "503 with Retry-After. Elections of a replica set take some seconds; a server that hangs would otherwise hold each request for more "
            "than half a minute.",
        ),
    ] = 10
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
    trusted_proxies: Annotated[
        str,
        Field(
            description="The networks of the proxies in front of Roundsman, with commas: `127.0.0.1, 10.0.0.0/8`. Only what "
            "they say of the client in X-Forwarded-For and X-Forwarded-Proto counts; without them everybody behind a proxy "
            "seems to come from one address (OWASP ASVS 5.0, 4.1.3)."
        ),
    ] = ""
    sign_in_free_failures: Annotated[
        int,
        Field(
            ge=1, le=100, description="How many sign-ins of an account may fail before the next has to wait (OWASP)."
        ),
    ] = 5
    sign_in_first_wait_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=3600,
            description="The first wait after that; each further failure doubles it (OWASP Authentication).",
        ),
    ] = 1
    sign_in_longest_wait_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=86_400,
            description="The longest wait. It ends by itself, so nobody can lock somebody out for good (OWASP ASVS 5.0, 6.1.1).",
        ),
    ] = 900
    sign_in_failures_until_disabled: Annotated[
        int,
        Field(
            ge=10,
            le=100_000,
            description="After how many failures in a row the password is disabled (NIST SP 800-63B-4, 3.2.2: at most 100); a "
            "code still signs in, and a new password ends it.",
        ),
    ] = 100
    sign_in_failures_remembered_days: Annotated[
        int, Field(ge=1, le=3650, description="How long a row of failures is remembered that nobody adds to.")
    ] = 30
    sign_in_window_seconds: Annotated[
        int,
        Field(
            ge=1,
            le=86_400,
            description="The time in which failures of an address, and of all, are counted (OWASP ASVS 5.0, 6.3.1).",
        ),
    ] = 300
    sign_in_failures_per_address: Annotated[
        int,
        Field(
            ge=1,
            description="How many sign-ins may fail from one address in that time. Only failures count, so an office behind "
            "one address signs in as it likes, and who has signed in there before is not held up (OWASP ASVS 5.0, 6.3.1).",
        ),
    ] = 10
    sign_in_failures_in_all: Annotated[
        int,
        Field(
            ge=1,
            description="How many may fail in that time in all, against guessing from everywhere at everybody (OWASP ASVS 5.0, 6.3.1).",
        ),
    ] = 1000
    sign_in_familiar_days: Annotated[
        int, Field(ge=0, le=3650, description="How long somebody is known at an address from which he has signed in.")
    ] = 30
    sign_in_patience_seconds: Annotated[
        float, Field(ge=0, le=300, description="How long a sign-in waits for those before it at the same address.")
    ] = 30
    public_url: Annotated[
        str,
        Field(description="Where people reach Roundsman, for the links in messages: `https://milk.example.in`."),
    ] = "http://127.0.0.1:8000"
    session_trust_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=2,
            description="For how long each process may trust what it read of a session and its user, where it does not read "
            "them anew anyway, as for roles and money. Signing out, disabling and roles reach everywhere within this time (OWASP ASVS 5.0, 7.4).",
        ),
    ] = 2
    refresh_grace_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=300,
            description="For how long a refresh token that was used gives the same successor again, because answers get lost "
            "and pages ask at the same time. Used after that it ends the session (RFC 9700, 4.14.2).",
        ),
    ] = 30
    signing_keys: Annotated[
        SecretStr | None,
        Field(
            description="The keys that sign access tokens, for several machines: each 80 hexadecimal digits "
            "(`openssl rand -hex 40`), with commas; the first signs, tokens of the others still count. Without it the key "
            "lies in the data directory, and `roundsman keys rotate` changes it.",
        ),
    ] = None
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
    staff_totp: Annotated[
        Literal["required", "optional"],
        Field(
            description="Whether staff signs in with an authenticator app besides (OWASP ASVS 5.0, 6.3.3). Whoever has set "
            "one up needs it either way; `required` lets staff without one do nothing but set it up."
        ),
    ] = "required"
    totp_most_failures: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            description="After so many wrong codes of an authenticator none counts for a while (NIST SP 800-63B-4, 3.2.2).",
        ),
    ] = 5
    totp_pause_minutes: Annotated[
        int, Field(ge=1, le=1440, description="For how long no code counts then (NIST SP 800-63B-4, 3.2.2).")
    ] = 15
    totp_recovery_codes: Annotated[
        int,
        Field(
            ge=1,
            le=50,
            description="How many recovery codes come with an authenticator, for whoever loses it (OWASP Multifactor Authentication).",
        ),
    ] = 10
    step_up_minutes: Annotated[
        int,
        Field(
            ge=1,
            le=60,
            description="How old the last proof of identity may be for what is hard to repair, such as closing an account "
            "(OWASP ASVS 5.0, 7.5.3).",
        ),
    ] = 10


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


def environment_of(settings: Settings) -> dict[str, str]:
    """Give the environment in which another process works on the same database and source as these settings say.

    Who was started with other settings than his environment says, as by a test or the demo, has them passed on so.
    """
    places = {variable_name(name): getattr(settings, name) for name in _PLACES}
    given = {
        name: str(value.resolve() if isinstance(value, Path) else value)
        for name, value in places.items()
        if value is not None
    }
    return {name: value for name, value in os.environ.items() if name not in places} | given


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
