"""Progress on a terminal: what is being done, how many, how fast; silent where nobody looks."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from roundsman.migration.collecting import Progress as Report
from roundsman.migration.collecting import no_progress


@contextmanager
def shown_progress() -> Iterator[Report]:
    """One line for each stage on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield no_progress
        return
    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as bars:
        yield _Stages(bars).add


class _Stages:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def add(self, stage: str, done: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=None, rate="")
        self._bars.advance(self._tasks[stage], done)
        task = next(one for one in self._bars.tasks if one.id == self._tasks[stage])
        rate = f"{task.speed:,.0f}/s" if task.speed else ""
        self._bars.update(self._tasks[stage], rate=rate)
