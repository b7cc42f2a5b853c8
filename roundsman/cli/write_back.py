"""The command `roundsman migrate write-back`: the only one that writes to a source."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import asdict
from typing import Annotated, Final

import typer

from roundsman.cli.confirming import require_word
from roundsman.cli.output import FINDINGS, print_json, print_table, say
from roundsman.cli.progress import shown_progress
from roundsman.cli.running import interrupts_go_to, run
from roundsman.cli.sources import BUILT_IN, NoSource, ProfileOption, SourceOption, read_profile
from roundsman.migration.profile import SourceProfile
from roundsman.migration.write_back.deciding import Wanted
from roundsman.migration.write_back.ids import Form
from roundsman.migration.write_back.outcome import MEANING, MEANING_BEFOREHAND, OWN_ID, Became, Outcome
from roundsman.migration.write_back.readiness import require_ready, require_ready_to_undo
from roundsman.migration.write_back.target import WriteBackTarget
from roundsman.migration.write_back.undoing import preview_undo, undo_write_back
from roundsman.migration.write_back.writing import Means, preview, write_back
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import load_settings

_EXAMPLES_SHOWN: Final = 5


def write_back_(  # noqa: PLR0913 - one parameter for each option
    *,
    source: SourceOption = None,
    profile: ProfileOption = BUILT_IN,
    form: Annotated[
        Form, typer.Option(help="Name a user by his application's id, or by the ObjectId of his document.")
    ] = Form.STRING,
    activation_status: Annotated[
        bool,
        typer.Option("--activation-status", help="Write also how far each customer is in the activation pipeline."),
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Restore the bytes of every field that was written.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write into the source whose user each customer is, only where that is absent, null or leads nowhere.

    Each field is noted in a journal before it is written, and an update finds only what was read: whoever writes at the
    same time wins. After a crash give the same command again.
    """
    request = Wanted(form, activation_status=activation_status)
    known = read_profile(profile)
    if dry_run or not yes:
        previewed = run(_preview_undo(source) if undo else _preview(source, known, request))
        if dry_run:
            _print(previewed, MEANING_BEFOREHAND, as_json=as_json)
            return
        _ask(previewed, undo=undo)
    outcome = run(_undo(source) if undo else _write_back(source, known, request))
    _print(outcome, MEANING, as_json=as_json)
    if outcome.needs_eyes:
        raise typer.Exit(FINDINGS)


async def _preview(locator: str | None, profile: SourceProfile, request: Wanted) -> Outcome:
    async with _opened(locator) as (runtime, target):
        await require_ready(runtime.tx, target, profile, request)
        return await preview(runtime.tx, target, profile, request, now=runtime.clock())


async def _preview_undo(locator: str | None) -> Outcome:
    async with _opened(locator) as (runtime, target):
        await require_ready_to_undo(runtime.tx, target)
        return await preview_undo(runtime.tx, target)


async def _write_back(locator: str | None, profile: SourceProfile, request: Wanted) -> Outcome:
    async with _opened(locator) as (runtime, target), _means(runtime) as means:
        await require_ready(runtime.tx, target, profile, request)
        return await write_back(runtime.tx, target, profile, request, means)


async def _undo(locator: str | None) -> Outcome:
    async with _opened(locator) as (runtime, target), _means(runtime) as means:
        await require_ready_to_undo(runtime.tx, target)
        return await undo_write_back(runtime.tx, target, means)


@asynccontextmanager
async def _opened(option: str | None) -> AsyncIterator[tuple[Runtime, WriteBackTarget]]:
    settings = load_settings()
    locator = option or settings.source
    if locator is None:
        raise NoSource("which source? Give --source, or set ROUNDSMAN_SOURCE")
    target = WriteBackTarget(locator)
    try:
        async with open_runtime(settings) as runtime:
            yield runtime, target
    finally:
        await target.close()


@asynccontextmanager
async def _means(runtime: Runtime) -> AsyncIterator[Means]:
    """SIGTERM and Ctrl-C end the work at a batch border."""
    asked_to_stop = asyncio.Event()
    with interrupts_go_to(asked_to_stop.set), shown_progress() as progress:
        yield Means(runtime.clock, progress, asked_to_stop.is_set)


def _ask(previewed: Outcome, *, undo: bool) -> None:
    # Beside the question: standard output may be a file with JSON.
    with redirect_stdout(sys.stderr):
        _print_counts(previewed, MEANING_BEFOREHAND)
        say("")
    if undo:
        require_word("These fields of the source get back what they held.", "restore", yes=False)
    else:
        require_word("These fields are written into the source.", "write", yes=False)


def _print(outcome: Outcome, meaning: Mapping[Became, str], *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(outcome))
        return
    _print_counts(outcome, meaning)
    if outcome.own_ids:
        say(f"\n{outcome.own_ids} customers' users have no document in the source: Roundsman's id was taken for them")
        _print_examples(outcome, OWN_ID)
    for became, keys in outcome.listed.items():
        if keys and became != OWN_ID:
            say(f"\n{became}: {meaning[Became(became)]}")
            _print_examples(outcome, became)


def _print_counts(outcome: Outcome, meaning: Mapping[Became, str]) -> None:
    rows = [
        (place, count, meaning[Became(became)])
        for place, counts in outcome.counts.items()
        for became, count in sorted(counts.items())
    ]
    if rows:
        heading = "what became of it" if meaning is MEANING else "what would become of it"
        print_table(("field", "number", heading), rows)
    else:
        say("There is nothing to do.")


def _print_examples(outcome: Outcome, became: str) -> None:
    for key in outcome.listed[became][:_EXAMPLES_SHOWN]:
        say(f"  {key}")
