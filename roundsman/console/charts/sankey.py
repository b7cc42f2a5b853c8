"""Who went where: two columns of nodes with ribbons between them, their thickness proportional to how many went."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from roundsman.console.charts.labels import ASCENT, GAP, LINE, WIDE, Label, width_of
from roundsman.money import grouped

_NODE_WIDTH: Final = 10.0


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
    margin = max((width_of(text) for side in (left, right) for text in _texts(side, lines)), default=0) + GAP
    width = max(width, 2 * margin + width / 4)
    scale = width / 3 / (left.total() or 1)
    height = max(_high(side, scale, lines) for side in (left, right))
    ends = (margin, width - margin - _NODE_WIDTH)
    before = _nodes(left, places, ends[0], "end", height=height, scale=scale, lines=lines)
    after = _nodes(right, places, ends[1], "start", height=height, scale=scale, lines=lines)
    return Sankey(width, height, before, after, _ribbons(some, before, after, scale))


def _names(flows: Sequence[Flow]) -> list[str]:
    return [name for one in flows for name in (one.before, one.after)]


def _texts(side: Mapping[str, int], lines: int) -> list[str]:
    return [text for name, count in side.items() for text in _said(name, count, lines)]


def _said(name: str, count: int, lines: int) -> tuple[str, ...]:
    return (f"{name} {grouped(count)}",) if lines == 1 else (name, grouped(count))


def _slot(count: int, scale: float, lines: int) -> float:
    """The height a node is given: its own, or that of its label."""
    return max(count * scale, lines * LINE)


def _high(side: Counter[str], scale: float, lines: int) -> float:
    return sum(_slot(count, scale, lines) for count in side.values()) + GAP * max(0, len(side) - 1)


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
        at = x - GAP if anchor == "end" else x + _NODE_WIDTH + GAP
        first = middle - lines * LINE / 2 + ASCENT + 1
        labels = tuple(
            Label(at, first + number * LINE, text, anchor) for number, text in enumerate(_said(name, side[name], lines))
        )
        nodes.append(Node(name, side[name], x, middle - high / 2, _NODE_WIDTH, high, labels))
        top += slot + GAP
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
