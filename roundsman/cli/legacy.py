"""The commands `roundsman legacy …`: databases in the shape of the existing application's, to try and test with."""

from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer

from roundsman.cli.output import print_table, say
from roundsman.cli.running import run
from roundsman.migration.generator.folder import TRUTH_FILE
from roundsman.migration.generator.generating import AS_OF, World, generate
from roundsman.migration.generator.loading import load_folder

app = typer.Typer(help="Databases like the existing application's, to try and test with.", no_args_is_help=True)
_AS_OF = datetime.combine(AS_OF, time.min)


@app.command("generate")
def generate_(
    *,
    out: Annotated[Path, typer.Option(help="The folder to write; new or empty.")],
    preset: Annotated[str, typer.Option(help="plan: the plan's totals; market: households on shared phones.")] = "plan",
    scale: Annotated[float, typer.Option(help="1 has 2,000 customers; 100 has 200,000.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Another number, other people.")] = 1,
    as_of: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The day on which the world is looked at.")
    ] = _AS_OF,
    people_only: Annotated[bool, typer.Option("--people-only", help="Leave out orders and what follows them.")] = False,
) -> None:
    """Write a database as one file per collection, with a truth file that says who is who.

    The same arguments give the same bytes.
    """
    world = World(preset, scale, seed, as_of.date(), people_only)
    _print_counts(generate(out, world))
    say(f"Who is who stands in {out / TRUTH_FILE}.")


@app.command("load")
def load_(
    folder: Annotated[Path, typer.Argument(help="A folder of <collection>.jsonl files.")],
    *,
    into: Annotated[str, typer.Option(help="mongodb://host:port/DATABASE; a standalone server will do.")],
    replace: Annotated[bool, typer.Option("--replace", help="Replace everything the database holds.")] = False,
) -> None:
    """Make a real database of a folder: all of it, or nothing if any line cannot be read."""
    _print_counts(run(load_folder(folder, into, replace=replace)))


def _print_counts(counts: Mapping[str, int]) -> None:
    print_table(("collection", "documents"), sorted(counts.items()))
