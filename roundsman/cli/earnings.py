"""The commands `roundsman earnings …`: the proof of the ledger."""

from dataclasses import asdict
from typing import Annotated

import typer

from roundsman.cli.output import FINDINGS, print_json, print_table, say
from roundsman.cli.running import run
from roundsman.delivery.verifying import Wrong, count_entries
from roundsman.operations.earnings_proof import prove_earnings
from roundsman.runtime import LONG_WORK_SECONDS, open_runtime
from roundsman.settings import load_settings

app = typer.Typer(help="What delivery boys earned.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep `verify` a command of its own."""


@app.command()
def verify(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Prove that all sums are those of the entries and every delivery is paid once; ends with 1 where something is not so."""
    entries, wrong = run(_verify())
    if as_json:
        print_json({"entries": entries, "wrong": [asdict(one) for one in wrong]})
    elif wrong:
        print_table(("what", "is wrong"), [(one.what, one.says) for one in wrong])
    else:
        say(f"All {entries} entries add up, and every delivery is paid once.")
    if wrong:
        raise typer.Exit(FINDINGS)


async def _verify() -> tuple[int, list[Wrong]]:
    async with open_runtime(load_settings(), patience_seconds=LONG_WORK_SECONDS) as runtime:
        return await count_entries(runtime.tx), [wrong async for wrong in prove_earnings(runtime.tx)]
