"""Progress on a terminal: what is being done, how many, how fast; silent where nobody looks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

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


@contextmanager
def shown_share(stage: str) -> Iterator[Callable[[int, int], None]]:
    """One line for work of a known size, told of what is done and how much there is: the rate, and the time that is left."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as bars:
        task = bars.add_task(stage, total=None, rate="")

        def add(done: int, total: int) -> None:
            bars.update(task, advance=done, total=total)
            bars.update(task, rate=_rate(bars.tasks[0]))

        yield add


def _rate(task: Task) -> str:
    return f"{task.speed:,.0f}/s" if task.speed else ""


class _Stages:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def add(self, stage: str, done: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=None, rate="")
        self._bars.advance(self._tasks[stage], done)
        task = next(one for one in self._bars.tasks if one.id == self._tasks[stage])
        self._bars.update(self._tasks[stage], rate=_rate(task))
