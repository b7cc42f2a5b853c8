"""How something went, as a line beside its number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_EDGE: Final = 2.0


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


def sparkline(values: Sequence[int], *, width: float = 120.0, height: float = 32.0) -> Sparkline:
    """Draw values of equal distance, none below nought; a single one is a level line, and nothing is no line."""
    values = [*values, *values] if len(values) == 1 else values
    scale = (height - 2 * _EDGE) / (max(values, default=0) or 1)
    step = width / max(1, len(values) - 1)
    points = tuple((number * step, height - _EDGE - value * scale) for number, value in enumerate(values))
    return Sparkline(width, height, points)
