"""The room there is, and the room that labels take.

Lengths are units of the view box. A label knows the room its text may take at most, and no two labels of a chart overlap:
where there is no room, the less important one is left out.
"""

from dataclasses import dataclass
from typing import Final

WIDE: Final = 720.0
NARROW: Final = 340.0

ASCENT: Final = 11.0
DESCENT: Final = 3.0
LINE: Final = 16.0
GAP: Final = 6.0
_ASCII_WIDTH, _OTHER_WIDTH = 8.0, 12.5


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
        return Box(left, self.y - ASCENT, left + width, self.y + DESCENT)


def width_of(text: str) -> float:
    """Give the width that a text takes at most."""
    return sum(_ASCII_WIDTH if letter.isascii() else _OTHER_WIDTH for letter in text)
