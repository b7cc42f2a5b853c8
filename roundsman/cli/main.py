"""The command `roundsman`: its groups, and what becomes of errors and signals."""

import os
import signal
import sys
from importlib.metadata import version
from types import FrameType
from typing import Annotated

import typer

from roundsman.cli.on_demand import on_demand
from roundsman.cli.output import fail, say
from roundsman.errors import RoundsmanError

migrate = typer.Typer(
    help="From an existing database to one identity. Only write-back writes to the source.",
    no_args_is_help=True,
    cls=on_demand(
        {
            "inspect": "roundsman.cli.inspect:inspect",
            "plan": "roundsman.cli.migrate:plan_",
            "apply": "roundsman.cli.migrate:apply_",
            "verify": "roundsman.cli.migrate:verify_",
            "report": "roundsman.cli.migrate:report_",
            "review": "roundsman.cli.review:app",
            "sync": "roundsman.cli.sync:sync",
            "cutover": "roundsman.cli.cutover:cutover_",
            "write-back": "roundsman.cli.write_back:write_back_",
            "undo": "roundsman.cli.undo:undo",
            "undo-merge": "roundsman.cli.undo:undo_merge_",
        }
    ),
)
app = typer.Typer(
    help="The user system of a doorstep-delivery business.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    cls=on_demand(
        {
            "demo": "roundsman.cli.demo:demo",
            "serve": "roundsman.cli.serve:serve",
            "worker": "roundsman.cli.worker:worker",
            "access": "roundsman.cli.access:app",
            "activation": "roundsman.cli.activation:app",
            "admin": "roundsman.cli.admin:app",
            "audit-log": "roundsman.cli.audit_log:app",
            "auth": "roundsman.cli.auth:app",
            "db": "roundsman.cli.db:app",
            "delivery-boys": "roundsman.cli.delivery_boys:app",
            "earnings": "roundsman.cli.earnings:app",
            "keys": "roundsman.cli.keys:app",
            "legacy": "roundsman.cli.legacy:app",
            "migrate": "roundsman.cli.main:migrate",
            "passwords": "roundsman.cli.passwords:app",
            "payouts": "roundsman.cli.payouts:app",
            "settings": "roundsman.cli.settings:show",
            "suppliers": "roundsman.cli.suppliers:app",
            "commands": "roundsman.cli.commands:show",
            "api": "roundsman.cli.api:show",
            "permissions": "roundsman.cli.permissions:show",
        }
    ),
)


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
        # All is closed. Who is impatient now ends it as the interpreter's own end does, and gets no traceback.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
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
