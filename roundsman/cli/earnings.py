"""The commands `roundsman earnings …`: the proof of the ledger."""

from dataclasses import asdict
from typing import Annotated

import typer

from roundsman.cli.output import FINDINGS, print_json, print_table, say
from roundsman.cli.running import run
from roundsman.delivery.verifying import Unrated
from roundsman.operations.delivering.earnings_proof import EarningsProof, prove_earnings
from roundsman.runtime import LONG_WORK_SECONDS, open_runtime
from roundsman.settings import load_settings

app = typer.Typer(help="What delivery boys earned.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep `verify` a command of its own."""


@app.command()
def verify(*, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Prove that all sums are those of the entries and every delivery is paid once; ends with 1 where something is not so."""
    proof = run(_verify())
    if as_json:
        print_json(asdict(proof))
    elif proof.wrong:
        print_table(("what", "is wrong"), [(one.what, one.says) for one in proof.wrong])
    else:
        say(f"All {proof.entries} entries add up, and every delivery is paid once.")
    if proof.unrated is not None and not as_json:
        say(_told(proof.unrated))
    if proof.wrong:
        raise typer.Exit(FINDINGS)


def _told(unrated: Unrated) -> str:
    return (
        f"\n{unrated.deliveries} deliveries since {unrated.first} brought nothing, as no rate card counted then. Set one "
        "(POST /api/v1/rates); for what was brought before, propose an adjustment (POST /api/v1/adjustments)."
    )


async def _verify() -> EarningsProof:
    async with open_runtime(load_settings(), patience_seconds=LONG_WORK_SECONDS) as runtime:
        return await prove_earnings(runtime.tx)
