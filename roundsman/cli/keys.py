"""The commands `roundsman keys …`: the keys that sign access tokens."""

from typing import Annotated

import typer

from roundsman.auth.key_ring import replace_keys, rotate_keys
from roundsman.cli.output import say
from roundsman.clock import utc_now
from roundsman.database.data_directory import data_directory_errors, private_directory
from roundsman.errors import Conflict
from roundsman.runtime import session_policy
from roundsman.settings import Settings, load_settings

app = typer.Typer(help="The keys that sign access tokens.", no_args_is_help=True)


class KeysFromSettings(Conflict):
    """The signing keys are a setting, so they are changed there."""

    code = "keys_from_settings"


@app.callback()
def _group() -> None:
    """Keep the group a group while it has one command."""


@app.command("rotate")
def rotate(
    *,
    emergency: Annotated[
        bool,
        typer.Option(
            "--emergency",
            help="Refuse at once whatever the present keys have signed, because somebody may have them. Everybody's next "
            "request is refused once, and refreshing brings a new token.",
        ),
    ] = False,
) -> None:
    """Make a new signing key; running processes use it at once, and what the last key signed counts for one token life more."""
    settings = load_settings()
    _require_own_keys(settings)
    folder, life = private_directory(settings.data_dir, "keys"), session_policy(settings).longest_token
    with data_directory_errors(settings.data_dir):
        rotated = replace_keys(folder) if emergency else rotate_keys(folder, token_life=life, now=utc_now())
    say(f"The key {rotated.key_id} signs from now on.")
    if rotated.older_count_until is None:
        say("Nothing that other keys have signed counts any more.")
    else:
        say(f"What the last key signed counts until {rotated.older_count_until:%H:%M:%S} UTC.")


def _require_own_keys(settings: Settings) -> None:
    if settings.signing_keys is not None:
        raise KeysFromSettings(
            "The signing keys come from ROUNDSMAN_SIGNING_KEYS: put a new key in front of the present one there, and take "
            "the old one away after one token life (ROUNDSMAN_ACCESS_TOKEN_MINUTES)."
        )
