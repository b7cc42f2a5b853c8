"""The commands that take an import back: a whole run, or one of the merges it made."""

from typing import Annotated

import typer

from roundsman.audit_log.entries import SYSTEM
from roundsman.cli.output import print_table, say
from roundsman.cli.running import run
from roundsman.cli.sources import BUILT_IN, ProfileOption, read_profile
from roundsman.migration.undoing import Undone, undo_run
from roundsman.runtime import open_runtime
from roundsman.settings import load_settings


def undo(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run, as `migrate apply` named it.")],
    *,
    forget: Annotated[bool, typer.Option("--forget", help="Forget the answers to its questions too.")] = False,
    profile: ProfileOption = BUILT_IN,
) -> None:
    """Take a whole run back, until cutover; answers are kept, and importing again gives the same ids."""
    undone = run(_undo(run_id, profile, forget=forget))
    print_table(("collection", "removed"), sorted(undone.removed.counts.items()))
    if undone.removed.renewed:
        say(f"{undone.removed.renewed} documents that the run had renewed keep their present copy.")
    for cause in undone.reopened:
        say(f"{cause} waits for an answer again: it was about people of this run and others.")
    say(f"Run {undone.run_id} is taken back. Nothing was changed in the source.")


async def _undo(run_id: str, profile: str, *, forget: bool) -> Undone:
    async with open_runtime(load_settings()) as runtime:
        fields = read_profile(profile)
        return await undo_run(runtime.tx, run_id, fields, actor=SYSTEM, clock=runtime.clock, forget=forget)
