"""Columns beside each other, their areas proportional to values, always from nought."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from roundsman.console.charts.labels import ASCENT, DESCENT, GAP, LINE, WIDE, Box, Label, width_of

_BAR_SHARE: Final = 0.7
_WIDEST_BAR: Final = 64.0


@dataclass(frozen=True, slots=True)
class Column:
    """A value, for what it is, and both as people read them."""

    name: str
    value: int
    said: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A column where it stands; one below nought hangs from the base line."""

    column: Column
    x: float
    y: float
    width: float
    height: float

    @property
    def box(self) -> Box:
        """The room it takes."""
        return Box(self.x, self.y, self.x + self.width, self.y + self.height)


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns beside each other: names below, numbers at the columns as far as there is room, the largest first."""

    width: float
    height: float
    base: float
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]


def columns(values: Sequence[Column], *, width: float = WIDE, height: float = 200.0) -> Columns:
    """Draw a column for each value; those below nought go down."""
    highest = max((one.value for one in values), default=0)
    lowest = min((one.value for one in values), default=0)
    top, bottom = max(0, highest), min(0, lowest)
    room = height - (3 if bottom else 2) * LINE
    scale = room / ((top - bottom) or 1)
    base = LINE + top * scale if top or bottom else height - LINE
    step = width / max(1, len(values))
    bars = tuple(_bar(one, number * step, step, base, scale) for number, one in enumerate(values))
    numbers = [_number(bar, base, width) for bar in sorted(bars, key=lambda bar: -abs(bar.column.value))]
    names = [_held(Label(bar.x + bar.width / 2, height - DESCENT - 1, bar.column.name), width) for bar in bars]
    free = [one for one in numbers if not any(one.box.meets(bar.box) for bar in bars)]
    return Columns(width, height, base, bars, (*_apart(free, width), *_apart(_spread(names), width)))


def _bar(column: Column, x: float, step: float, base: float, scale: float) -> Bar:
    high = abs(column.value) * scale
    width = min(step * _BAR_SHARE, _WIDEST_BAR)
    return Bar(column, x + (step - width) / 2, base - high if column.value >= 0 else base, width, high)


def _number(bar: Bar, base: float, width: float) -> Label:
    y = bar.y - DESCENT - 1 if bar.column.value >= 0 else base + bar.height + ASCENT + 1
    return _held(Label(bar.x + bar.width / 2, y, bar.column.said), width)


def _held(label: Label, width: float) -> Label:
    """Move a label inside, where there is room for it at all."""
    half = width_of(label.text) / 2
    return Label(min(max(label.x, half), max(half, width - half)), label.y, label.text)


def _spread(labels: Sequence[Label]) -> Sequence[Label]:
    """Leave out so many that those that are shown stand at equal distances."""
    pairs = [(a, b) for a, b in pairwise(labels) if b.x > a.x]
    step = min((b.x - a.x for a, b in pairs), default=1.0)
    widest = max((width_of(one.text) for one in labels), default=0.0) + GAP
    return labels[:: max(1, -int(-widest // step))]


def _apart(labels: Iterable[Label], width: float) -> tuple[Label, ...]:
    """Keep the labels that overlap none before them, and fit."""
    kept: list[Label] = []
    for label in labels:
        box = label.box
        if box.left >= 0 and box.right <= width and not any(box.meets(other.box) for other in kept):
            kept.append(label)
    return tuple(kept)
