"""The commands `roundsman admin …`: the first people of the office."""

import secrets
import sys
from typing import Annotated, Final

import typer

from roundsman.auth.password_policy import require_acceptable
from roundsman.cli.output import say
from roundsman.cli.running import run
from roundsman.identity.users import User
from roundsman.operations.admins import NewAdmin, create_admin_with_password
from roundsman.runtime import open_runtime
from roundsman.settings import load_settings

app = typer.Typer(help="The people of the office.", no_args_is_help=True)

_GENERATED_BYTES: Final = 15


@app.command("create")
def create_(
    *,
    name: Annotated[str, typer.Option(help="The name people know him by.")],
    phone: Annotated[str | None, typer.Option(help="His mobile, in any spelling.")] = None,
    email: Annotated[str | None, typer.Option(help="His e-mail address.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
    ] = False,
) -> None:
    """Create an admin; without --password-stdin his password is made here and shown once."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else secrets.token_urlsafe(_GENERATED_BYTES)
    require_acceptable(password)
    user = run(_create(NewAdmin(name=name, phone=phone, email=email), password))
    say(f"{user.name} is an admin now (user {user.id}).")
    if not password_stdin:
        say(f"Password, shown this once: {password}")


async def _create(admin: NewAdmin, password: str) -> User:
    async with open_runtime(load_settings()) as runtime:
        return await create_admin_with_password(runtime.tx, admin, password, now=runtime.clock())
