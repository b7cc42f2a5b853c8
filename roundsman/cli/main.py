"""The command `roundsman`: its groups, and what becomes of errors and signals."""

import os
import signal
import sys
from importlib.metadata import version
from types import FrameType
from typing import Annotated

import typer

from roundsman.cli import admin, commands, cutover, db, demo, legacy, migrate, passwords, serve, settings, sync, worker
from roundsman.cli.output import fail, say
from roundsman.errors import RoundsmanError

app = typer.Typer(
    help="The user system of a doorstep-delivery business.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(admin.app, name="admin")
app.add_typer(db.app, name="db")
app.add_typer(legacy.app, name="legacy")
migrate.app.command("sync")(sync.sync)
app.add_typer(migrate.app, name="migrate")
migrate.app.command("cutover")(cutover.cutover_)
app.add_typer(passwords.app, name="passwords")
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("settings")(settings.show)
app.command("commands")(commands.show)


def run() -> None:
    """Run the command line of this process: the entry point of `roundsman` and of `python -m roundsman`.

    An error of a known family is one sentence and an exit code, Ctrl-C is 130 after everything has been closed, and a
    reader that goes away (`| head`) is no error.
    """
    signal.signal(signal.SIGTERM, _end_as_by_ctrl_c)
    try:
        app()
    except RoundsmanError as error:
        fail(error)
    finally:
        _flush_quietly()


@app.callback(invoke_without_command=True)
def _options(
    *,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    if show_version:
        say(f"roundsman {version('roundsman')}")
        raise typer.Exit


def _end_as_by_ctrl_c(_number: int, _frame: FrameType | None) -> None:
    """End in order on SIGTERM: asyncio knows how to unwind everything that is open on SIGINT only."""
    signal.raise_signal(signal.SIGINT)


def _flush_quietly() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
