"""How much of a whole something is, as a class of colour."""

from typing import Final

_QUARTER: Final = 25


def heat(percent: float | None) -> str:
    """Give the class of a share in per cent: h0 for nothing, then h1 to h4 by quarters."""
    return f"h{min(4, 1 + int(percent // _QUARTER))}" if percent else "h0"
