"""The command `roundsman worker`: following the source, if there is one, and all that goes on by itself besides."""

import asyncio
import sys
from datetime import timedelta
from typing import Annotated, Final

import typer

from roundsman.background import end
from roundsman.cli.output import say
from roundsman.cli.running import interrupts_go_to, run_until_told_to_end
from roundsman.cli.sources import BUILT_IN, ProfileOption, SourceOption, read_profile
from roundsman.migration.apply import Means
from roundsman.migration.profile import SourceProfile
from roundsman.migration.sealing import Seal
from roundsman.migration.sources.opening import open_source
from roundsman.notifications.dispatch import sending
from roundsman.runtime import open_working_runtime
from roundsman.settings import load_settings
from roundsman.worker.housekeeping import Housekeeping, keeping_house
from roundsman.worker.intake import Intake, Rhythm
from roundsman.worker.sealer import sealer_of, sealing
from roundsman.worker.timers import Timers, keeping_time

_GRACE_SECONDS: Final = 20.0


def worker(
    *,
    source: SourceOption = None,
    profile: ProfileOption = BUILT_IN,
    every: Annotated[
        int, typer.Option(min=1, help="Seconds between two comparisons where the source tells of no changes.")
    ] = 60,
    throttle: Annotated[int, typer.Option(min=0, help="At most so many documents a second; 0 is no limit.")] = 0,
) -> None:
    """Send messages, seal the audit log, move customers on and, where there is a source, follow it, until Ctrl-C or SIGTERM.

    Of several workers one follows the source; the others wait to take over.
    """
    rhythm = Rhythm(compare=timedelta(seconds=every))
    run_until_told_to_end(_work(source, read_profile(profile), rhythm, throttle))


async def _work(option: str | None, profile: SourceProfile, rhythm: Rhythm, throttle: int) -> None:
    settings = load_settings()
    locator = option or settings.source
    stop = asyncio.Event()
    async with open_working_runtime(settings) as runtime:
        with interrupts_go_to(stop.set):
            async with (
                sending(runtime.dispatcher),
                sealing(sealer_of(runtime, say=_say)),
                keeping_house(Housekeeping(runtime.tx, _say, runtime.activation, runtime.clock)),
                keeping_time(Timers(runtime.tx, runtime.clock, _say)),
            ):
                if locator is None:
                    _say("No source is set, so none is followed; messages are sent. Ctrl-C ends it.")
                    await stop.wait()
                else:
                    means = Means(Seal(runtime.sealing_key), runtime.clock, documents_a_second=throttle)
                    intake = Intake(
                        runtime.tx,
                        lambda: open_source(locator),
                        profile,
                        means,
                        stop,
                        _say,
                        runtime.activation,
                        rhythm,
                    )
                    _say("Following the source. Ctrl-C ends it.")
                    await _ending_in_time(asyncio.create_task(intake.run()), stop)
            _say("Ended.")


async def _ending_in_time(working: "asyncio.Task[None]", stop: asyncio.Event) -> None:
    """Let the work come to a batch border; planning has none, and is cut off, which loses nothing."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        await asyncio.wait({working}, timeout=_GRACE_SECONDS)
        await end(working)
    if working.cancelled():
        _say("Cut off between two borders; the next worker goes on from there.")
    else:
        working.result()


def _say(sentence: str) -> None:
    """Say it at once, also into a log file."""
    say(sentence)
    sys.stdout.flush()
