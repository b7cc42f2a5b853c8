"""The commands that take an import back: a whole run, or one of the merges it made."""

from typing import Annotated

import typer

from roundsman.cli.output import print_table, say
from roundsman.cli.review import ByOption, actor_named
from roundsman.cli.running import run
from roundsman.cli.sources import BUILT_IN, ProfileOption, SourceOption, opened_source, read_profile
from roundsman.migration.members import Opener
from roundsman.migration.naming import Naming, read_naming
from roundsman.migration.profile import SourceProfile
from roundsman.migration.sealing import Seal
from roundsman.migration.splitting import Split, find_merged, undo_merge
from roundsman.migration.undoing import Undone, undo_run
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import load_settings

RunByOption = Annotated[
    str | None, typer.Option("--by", help="The admin who takes it back, for the audit log: his phone, e-mail or id.")
]


def undo(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run, as `migrate apply` named it.")],
    *,
    forget: Annotated[bool, typer.Option("--forget", help="Forget the answers to its questions too.")] = False,
    by: RunByOption = None,
    profile: ProfileOption = BUILT_IN,
) -> None:
    """Take a whole run back, until cutover; answers are kept, and importing again gives the same ids."""
    undone = run(_undo(run_id, profile, by, forget=forget))
    print_table(("collection", "removed"), sorted(undone.removed.counts.items()))
    if undone.removed.renewed:
        say(f"{undone.removed.renewed} documents that the run had renewed keep their present copy.")
    for cause in undone.reopened:
        say(f"{cause} waits for an answer again: it was about people of this run and others.")
    say(f"Run {undone.run_id} is taken back. Nothing was changed in the source. Import again: roundsman migrate plan")


async def _undo(run_id: str, profile: str, by: str | None, *, forget: bool) -> Undone:
    async with open_runtime(load_settings()) as runtime:
        fields = read_profile(profile)
        seal = Seal(runtime.sealing_key)
        actor = await actor_named(runtime.tx, by)
        return await undo_run(runtime.tx, run_id, fields, seal=seal, actor=actor, clock=runtime.clock, forget=forget)


def undo_merge_(
    named: Annotated[
        str, typer.Argument(metavar="USER_OR_DOCUMENT", help="The merged user's id, or collection:id of a document.")
    ],
    *,
    reason: Annotated[str, typer.Option(help="Why; the audit log keeps it for good, so write no names or phones.")],
    by: ByOption = None,
    source: SourceOption = None,
    without_source: Annotated[
        bool, typer.Option("--without-source", help="Orders go with their customer only; addresses stay.")
    ] = False,
    profile: ProfileOption = BUILT_IN,
) -> None:
    """Let a person whom an import merged with another have a user of his own again, before or after cutover."""
    split = run(_undo_merge(named, reason, by, source, profile, without_source=without_source))
    say(f"User {split.user_id} is on his own again, with {', '.join(split.documents)}.")
    print_table(("went with him", "number"), sorted(split.moved.items()))
    for collection, ids in split.stays.items():
        say(f"came since, and stays with user {split.left}: {collection} {', '.join(map(str, ids))}")
    say(f"To take this back: roundsman migrate review undo {split.review_id} --reason WHY")


async def _undo_merge(
    named: str, reason: str, by: str | None, source: str | None, profile: str, *, without_source: bool
) -> Split:
    fields = read_profile(profile)
    async with open_runtime(load_settings()) as runtime:
        actor = await actor_named(runtime.tx, by)
        naming = Naming() if without_source else await _ask_source(runtime, named, source, fields)
        opener = Opener(Seal(runtime.sealing_key), fields)
        return await undo_merge(
            runtime.tx, named, reason=reason, opener=opener, naming=naming, actor=actor, now=runtime.clock()
        )


async def _ask_source(runtime: Runtime, named: str, option: str | None, profile: SourceProfile) -> Naming:
    _, user_id = await find_merged(runtime.tx, named)
    async with opened_source(option) as source:
        return await read_naming(runtime.tx, source, profile, user_id, now=runtime.clock())
