"""The commands `roundsman migrate review …`: what the import left to humans."""

from dataclasses import asdict
from typing import Annotated

import typer

from roundsman.audit_log.entries import SYSTEM
from roundsman.cli.output import print_json, print_table, say
from roundsman.cli.running import run
from roundsman.migration.reviews import Review, keep_apart, list_open_reviews
from roundsman.runtime import open_runtime
from roundsman.settings import load_settings

app = typer.Typer(help="What the import left to humans.", no_args_is_help=True)


@app.command("list")
def list_(
    *,
    limit: Annotated[int, typer.Option(min=0, help="Show the first so many; 0 shows all.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the open questions: unsure pairs, then conflicts."""
    reviews = run(_open(limit))
    if as_json:
        print_json([asdict(review) for review in reviews])
        return
    rows = [(one.id, one.list, one.rule, " ".join(one.members), ", ".join(one.evidence)) for one in reviews]
    print_table(("review", "list", "rule", "documents", "evidence"), rows)


async def _open(limit: int) -> list[Review]:
    async with open_runtime(load_settings()) as runtime:
        return await list_open_reviews(runtime.tx, limit=limit)


@app.command("keep-apart")
def keep_apart_(
    review: Annotated[str, typer.Argument(help="The id of an open review.")],
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the audit log.")],
) -> None:
    """Answer that the documents are not one person; no later plan joins them."""
    run(_keep_apart(review, reason))
    say(f"Review {review} is decided: they stay apart.")


async def _keep_apart(review: str, reason: str) -> None:
    async with open_runtime(load_settings()) as runtime:
        await keep_apart(runtime.tx, review, actor=SYSTEM, reason=reason, now=runtime.clock())
