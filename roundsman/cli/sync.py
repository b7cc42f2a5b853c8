"""The command `roundsman migrate sync`: one round of following the source, by hand."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated

import typer

from roundsman.cli.output import print_json, print_table, say
from roundsman.cli.progress import shown_progress
from roundsman.cli.running import interrupts_go_to, run
from roundsman.cli.sources import (
    BUILT_IN,
    AcceptGoneOption,
    ProfileOption,
    SourceOption,
    opened_source,
    read_profile,
)
from roundsman.migration.apply import Means
from roundsman.migration.profile import SourceProfile
from roundsman.migration.sealing import Seal
from roundsman.migration.source_cursor import find_cursor, note_compared
from roundsman.migration.sync import Round, compare_accepting_gone, compare_all
from roundsman.runtime import LONG_WORK_SECONDS, open_runtime
from roundsman.settings import load_settings


def sync(
    *,
    source: SourceOption = None,
    profile: ProfileOption = BUILT_IN,
    throttle: Annotated[int, typer.Option(min=0, help="At most so many documents a second; 0 is no limit.")] = 0,
    accept_gone: AcceptGoneOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare the whole source and take what is new, changed or gone: plan and apply in one. A worker does it by itself."""
    done, lag_seconds = run(
        _sync(source, read_profile(profile), throttle, compare_accepting_gone if accept_gone else compare_all)
    )
    if as_json:
        print_json(asdict(done) | {"lag_seconds": lag_seconds})
        return
    rows = [
        ("new", done.arrived),
        ("changed", done.changed),
        ("gone from the source", done.gone),
        ("changed meanwhile, for the next round", len(done.drifted)),
        ("questions", done.questions),
        ("seconds behind the source", lag_seconds),
    ]
    print_table(("documents", "number"), rows)
    say(f"\nApplied as run {done.run_id}." if done.run_id else "\nNo person was new or changed.")
    if done.drifted:
        say(f"Changed meanwhile: {', '.join(done.drifted[:5])}")


async def _sync(
    option: str | None, profile: SourceProfile, throttle: int, compare: Callable[..., Awaitable[Round]]
) -> tuple[Round, int]:
    async with (
        opened_source(option) as source,
        open_runtime(load_settings(), patience_seconds=LONG_WORK_SECONDS) as runtime,
    ):
        stop = asyncio.Event()
        began = runtime.clock()
        with interrupts_go_to(stop.set), shown_progress() as progress:
            means = Means(Seal(runtime.sealing_key), runtime.clock, progress, stop.is_set, throttle)
            done = await compare(runtime.tx, source, profile, means)
        await note_compared(runtime.tx, source.locator, at=began)
        cursor = await find_cursor(runtime.tx)
        until = cursor.taken_until if cursor and cursor.taken_until else began
        return done, round((runtime.clock() - until).total_seconds())
