"""The commands `roundsman passwords …`: the password hashes as a whole; single ones change by signing in."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer

from roundsman.auth.credential_storage import count_forms
from roundsman.auth.passwords import HashForm
from roundsman.auth.wrapping import Means, Wrapped, all_cores_but_one, wrap_passwords
from roundsman.cli.output import print_json, print_table
from roundsman.cli.progress import shown_share
from roundsman.cli.running import interrupts_go_to, run
from roundsman.runtime import LONG_WORK_SECONDS, argon2_cost, open_runtime
from roundsman.settings import load_settings

app = typer.Typer(help="Password hashes.", no_args_is_help=True)

_NAMES: Mapping[HashForm | None, str] = {
    HashForm.SHA256: "SHA-256, unsalted",
    HashForm.WRAPPED_SHA256: "SHA-256, wrapped",
    HashForm.BCRYPT: "bcrypt",
    HashForm.ARGON2ID: "argon2id",
    None: "unknown",
}


@app.command("wrap")
def wrap(
    *,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="How many hashes to compute at once, 19 MiB each; all cores but one if not given."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count the hashes by their form, and change nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Wrap imported unsalted SHA-256 hashes in argon2id, while people go on signing in.

    May be ended at any time; run it again to go on.
    """
    if dry_run:
        _print_forms(run(_forms()), as_json=as_json)
    else:
        _print_wrapped(run(_wrap(threads or all_cores_but_one())), as_json=as_json)


async def _forms() -> Mapping[HashForm | None, int]:
    async with open_runtime(load_settings()) as runtime:
        return await count_forms(runtime.tx)


async def _wrap(threads: int) -> Wrapped:
    settings = load_settings()
    async with open_runtime(settings, patience_seconds=LONG_WORK_SECONDS) as runtime:
        stop = asyncio.Event()
        with interrupts_go_to(stop.set), shown_share("wrap passwords") as progress:
            means = Means(runtime.clock, threads, progress, stop.is_set, argon2_cost(settings))
            return await wrap_passwords(runtime.tx, means)


def _print_forms(forms: Mapping[HashForm | None, int], *, as_json: bool) -> None:
    if as_json:
        print_json({form.name.lower() if form else "unknown": forms[form] for form in _NAMES})
    else:
        print_table(("password hashes", "number"), [(name, forms[form]) for form, name in _NAMES.items()])


def _print_wrapped(done: Wrapped, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(done))
        return
    rows = [("wrapped", done.wrapped), ("replaced meanwhile", done.replaced_meanwhile), ("left", done.left)]
    print_table(("unsalted SHA-256", "number"), rows)
