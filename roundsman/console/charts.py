"""Charts as shapes (pure): values in, frozen shapes out; a template draws them.

Lengths are units of the view box. Areas are proportional to values, always from nought. A label knows the room its text may
take at most, and no two labels of a chart overlap: where there is no room, the less important one is left out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from roundsman.money import grouped

WIDE: Final = 720.0
NARROW: Final = 340.0

_ASCII_WIDTH, _OTHER_WIDTH = 8.0, 12.5
_ASCENT, _DESCENT = 11.0, 3.0
_LINE: Final = 16.0
_EDGE: Final = 2.0
_GAP: Final = 6.0
_NODE_WIDTH: Final = 10.0
_BAR_SHARE: Final = 0.7
_WIDEST_BAR: Final = 64.0
_QUARTER: Final = 25


@dataclass(frozen=True, slots=True)
class Box:
    """The room that something takes."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether they overlap."""
        is_beside = self.right <= other.left or other.right <= self.left
        return not (is_beside or self.bottom <= other.top or other.bottom <= self.top)


@dataclass(frozen=True, slots=True)
class Label:
    """A text on its base line; `anchor` is that of SVG: start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "middle"

    @property
    def box(self) -> Box:
        """The room it takes at most."""
        width = width_of(self.text)
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return Box(left, self.y - _ASCENT, left + width, self.y + _DESCENT)


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A line without labels, for beside its number; the lower edge is nought."""

    width: float
    height: float
    points: tuple[tuple[float, float], ...]

    @property
    def line(self) -> str:
        """The line as `points` of SVG."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)

    @property
    def area(self) -> str:
        """What lies under it, as `points` of SVG."""
        return f"0,{self.height:.1f} {self.line} {self.width:.1f},{self.height:.1f}" if self.points else ""


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


@dataclass(frozen=True, slots=True)
class Flow:
    """How many went from one name to another."""

    before: str
    after: str
    count: int
    is_loss: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """All that leave from a name, or all that arrive there."""

    name: str
    count: int
    x: float
    y: float
    width: float
    height: float
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A flow as a band of the same thickness all along; its upper edge leaves at one height and arrives at another."""

    flow: Flow
    left: float
    right: float
    leaves: float
    arrives: float
    thickness: float

    @property
    def path(self) -> str:
        """The outline as a path of SVG."""
        middle = (self.left + self.right) / 2
        ends = (self.arrives, self.leaves + self.thickness, self.arrives + self.thickness)
        arrives, under, lower = (f"{y:.2f}" for y in ends)
        left, mid, right = f"{self.left:.1f}", f"{middle:.1f}", f"{self.right:.1f}"
        leaves = f"{self.leaves:.2f}"
        return (
            f"M{left} {leaves}C{mid} {leaves} {mid} {arrives} {right} {arrives}"
            f"V{lower}C{mid} {lower} {mid} {under} {left} {under}Z"
        )


@dataclass(frozen=True, slots=True)
class Sankey:
    """Two columns of nodes with ribbons between them."""

    width: float
    height: float
    before: tuple[Node, ...]
    after: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]


def width_of(text: str) -> float:
    """Give the width that a text takes at most."""
    return sum(_ASCII_WIDTH if letter.isascii() else _OTHER_WIDTH for letter in text)


def heat(percent: float | None) -> str:
    """Give the class of a share in per cent: h0 for nothing, then h1 to h4 by quarters."""
    return f"h{min(4, 1 + int(percent // _QUARTER))}" if percent else "h0"


def sparkline(values: Sequence[int], *, width: float = 120.0, height: float = 32.0) -> Sparkline:
    """Draw values of equal distance, none below nought; a single one is a level line, and nothing is no line."""
    values = [*values, *values] if len(values) == 1 else values
    scale = (height - 2 * _EDGE) / (max(values, default=0) or 1)
    step = width / max(1, len(values) - 1)
    points = tuple((number * step, height - _EDGE - value * scale) for number, value in enumerate(values))
    return Sparkline(width, height, points)


def columns(values: Sequence[Column], *, width: float = WIDE, height: float = 200.0) -> Columns:
    """Draw a column for each value; those below nought go down."""
    highest = max((one.value for one in values), default=0)
    lowest = min((one.value for one in values), default=0)
    top, bottom = max(0, highest), min(0, lowest)
    room = height - (3 if bottom else 2) * _LINE
    scale = room / ((top - bottom) or 1)
    base = _LINE + top * scale if top or bottom else height - _LINE
    step = width / max(1, len(values))
    bars = tuple(_bar(one, number * step, step, base, scale) for number, one in enumerate(values))
    numbers = [_number(bar, base, width) for bar in sorted(bars, key=lambda bar: -abs(bar.column.value))]
    names = [_held(Label(bar.x + bar.width / 2, height - _DESCENT - 1, bar.column.name), width) for bar in bars]
    free = [one for one in numbers if not any(one.box.meets(bar.box) for bar in bars)]
    return Columns(width, height, base, bars, (*_apart(free, width), *_apart(_spread(names), width)))


def sankey(flows: Iterable[Flow], *, order: Sequence[str], width: float = WIDE, lines: int = 1) -> Sankey:
    """Draw who went where; nodes stand in `order`, others below. `lines` is 2 where name and number stand below each other.

    It is as wide as asked, or as its labels need, and as high as it has to be, so that each node has its label beside it.
    """
    some = [one for one in flows if one.count > 0]
    places = {name: number for number, name in enumerate(dict.fromkeys([*order, *_names(some)]))}
    some.sort(key=lambda one: (places[one.before], places[one.after]))
    left: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for one in some:
        left[one.before] += one.count
        right[one.after] += one.count
    margin = max((width_of(text) for side in (left, right) for text in _texts(side, lines)), default=0) + _GAP
    width = max(width, 2 * margin + width / 4)
    scale = width / 3 / (left.total() or 1)
    height = max(_high(side, scale, lines) for side in (left, right))
    ends = (margin, width - margin - _NODE_WIDTH)
    before = _nodes(left, places, ends[0], "end", height=height, scale=scale, lines=lines)
    after = _nodes(right, places, ends[1], "start", height=height, scale=scale, lines=lines)
    return Sankey(width, height, before, after, _ribbons(some, before, after, scale))


def _bar(column: Column, x: float, step: float, base: float, scale: float) -> Bar:
    high = abs(column.value) * scale
    width = min(step * _BAR_SHARE, _WIDEST_BAR)
    return Bar(column, x + (step - width) / 2, base - high if column.value >= 0 else base, width, high)


def _number(bar: Bar, base: float, width: float) -> Label:
    y = bar.y - _DESCENT - 1 if bar.column.value >= 0 else base + bar.height + _ASCENT + 1
    return _held(Label(bar.x + bar.width / 2, y, bar.column.said), width)


def _held(label: Label, width: float) -> Label:
    """Move a label inside, where there is room for it at all."""
    half = width_of(label.text) / 2
    return Label(min(max(label.x, half), max(half, width - half)), label.y, label.text)


def _spread(labels: Sequence[Label]) -> Sequence[Label]:
    """Leave out so many that those that are shown stand at equal distances."""
    pairs = [(a, b) for a, b in pairwise(labels) if b.x > a.x]
    step = min((b.x - a.x for a, b in pairs), default=1.0)
    widest = max((width_of(one.text) for one in labels), default=0.0) + _GAP
    return labels[:: max(1, -int(-widest // step))]


def _apart(labels: Iterable[Label], width: float) -> tuple[Label, ...]:
    """Keep the labels that overlap none before them, and fit."""
    kept: list[Label] = []
    for label in labels:
        box = label.box
        if box.left >= 0 and box.right <= width and not any(box.meets(other.box) for other in kept):
            kept.append(label)
    return tuple(kept)


def _names(flows: Sequence[Flow]) -> list[str]:
    return [name for one in flows for name in (one.before, one.after)]


def _texts(side: Mapping[str, int], lines: int) -> list[str]:
    return [text for name, count in side.items() for text in _said(name, count, lines)]


def _said(name: str, count: int, lines: int) -> tuple[str, ...]:
    return (f"{name} {grouped(count)}",) if lines == 1 else (name, grouped(count))


def _slot(count: int, scale: float, lines: int) -> float:
    """The height a node is given: its own, or that of its label."""
    return max(count * scale, lines * _LINE)


def _high(side: Counter[str], scale: float, lines: int) -> float:
    return sum(_slot(count, scale, lines) for count in side.values()) + _GAP * max(0, len(side) - 1)


def _nodes(
    side: Counter[str],
    places: Mapping[str, int],
    x: float,
    anchor: str,
    *,
    height: float,
    scale: float,
    lines: int,
) -> tuple[Node, ...]:
    top = (height - _high(side, scale, lines)) / 2
    nodes = []
    for name in sorted(side, key=lambda name: places[name]):
        slot, high = _slot(side[name], scale, lines), side[name] * scale
        middle = top + slot / 2
        at = x - _GAP if anchor == "end" else x + _NODE_WIDTH + _GAP
        first = middle - lines * _LINE / 2 + _ASCENT + 1
        labels = tuple(
            Label(at, first + number * _LINE, text, anchor)
            for number, text in enumerate(_said(name, side[name], lines))
        )
        nodes.append(Node(name, side[name], x, middle - high / 2, _NODE_WIDTH, high, labels))
        top += slot + _GAP
    return tuple(nodes)


def _ribbons(flows: Sequence[Flow], before: Sequence[Node], after: Sequence[Node], scale: float) -> tuple[Ribbon, ...]:
    leaves, arrives = ({node.name: node.y for node in side} for side in (before, after))
    ribbons = []
    for one in flows:
        thick = one.count * scale
        left, right = before[0].x + _NODE_WIDTH, after[0].x
        ribbons.append(Ribbon(one, left, right, leaves[one.before], arrives[one.after], thick))
        leaves[one.before] += thick
        arrives[one.after] += thick
    return tuple(ribbons)
