"""The commands `roundsman admin …`: the first people of the office."""

import secrets
import sys
from datetime import timedelta
from typing import Annotated, Final

import typer

from roundsman.audit_log.entries import SYSTEM
from roundsman.auth.password_policy import require_acceptable
from roundsman.cli.output import say
from roundsman.cli.running import run
from roundsman.identity.lookup import find_user
from roundsman.identity.users import User
from roundsman.operations.accounts.admins import NewAdmin, create_admin_with_password
from roundsman.operations.signing_in.stepping_up import forget_authenticator
from roundsman.runtime import open_runtime, password_policy
from roundsman.settings import Settings, load_settings

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
    """Create an admin; without --password-stdin his password is made here, shown once, and counts for three days."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else secrets.token_urlsafe(_GENERATED_BYTES)
    known = [text for text in (name, phone, email) if text is not None]
    settings = load_settings()
    require_acceptable(password, policy=password_policy(settings), known=known)
    counts_for = None if password_stdin else timedelta(hours=settings.initial_password_hours)
    user = run(_create(settings, NewAdmin(name=name, phone=phone, email=email), password, counts_for))
    say(f"{user.name} is an admin now (user {user.id}).")
    if not password_stdin:
        say(f"Password, shown this once: {password}")
        say(f"It counts for {settings.initial_password_hours} hours; set one of your own meanwhile.")


@app.command("forget-authenticator")
def forget_authenticator_(
    identifier: Annotated[str, typer.Argument(help="His phone, e-mail or id.")],
    *,
    reason: Annotated[str, typer.Option(help="Why; the audit log keeps it for good, so write no names or phones.")],
) -> None:
    """Let somebody who lost his authenticator app and its recovery codes set up a new one; his sessions end."""
    had_one = run(_forget(identifier, reason))
    say("He sets up a new one when he signs in next." if had_one else "He has no authenticator.")


async def _forget(identifier: str, reason: str) -> bool:
    async with open_runtime(load_settings()) as runtime:
        user = await find_user(runtime.tx, identifier)
        return await forget_authenticator(runtime.tx, user.id, reason=reason, actor=SYSTEM, now=runtime.clock())


async def _create(settings: Settings, admin: NewAdmin, password: str, counts_for: timedelta | None) -> User:
    async with open_runtime(settings) as runtime:
        return await create_admin_with_password(runtime.tx, admin, password, now=runtime.clock(), counts_for=counts_for)
