"""How messy a world is: the two presets, and the shares behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from roundsman.errors import InvalidInput

# How the users document and the first customers document of one person know of each other, in parts of a hundred.
_PLAN_LINKS = {
    "both": 24, "same_id": 22, "hex": 8, "object_id": 6, "customer_only": 5, "user_only": 4,
    "wiped": 14, "dangling": 2, "wrong_type": 1, "none": 14,
}  # fmt: skip
_MARKET_LINKS = {
    "both": 10, "same_id": 13, "hex": 4, "object_id": 3, "customer_only": 3, "user_only": 3,
    "wiped": 29, "dangling": 3, "wrong_type": 2, "none": 33,
}  # fmt: skip


class UnknownPreset(InvalidInput):
    """There is no preset of this name."""

    code = "unknown_preset"


@dataclass(frozen=True, slots=True)
class Preset:
    """The shares of one kind of world; chances are between 0 and 1."""

    name: str
    customers_per_block: int
    varied_names: float
    unusable_phones: float
    other_phones: float
    links: Mapping[str, int]


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "plan": Preset("plan", 2000, 0.20, 0.03, 0.05, MappingProxyType(_PLAN_LINKS)),
        "market": Preset("market", 2000, 0.42, 0.035, 0.06, MappingProxyType(_MARKET_LINKS)),
    }
)


def get_preset(name: str) -> Preset:
    """Return the preset of this name. Raises UnknownPreset."""
    try:
        return PRESETS[name]
    except KeyError:
        raise UnknownPreset(f"There is no preset {name!r}; there are {', '.join(sorted(PRESETS))}.") from None
