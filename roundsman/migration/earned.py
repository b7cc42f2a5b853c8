"""What a source document counts of a delivery boy's earnings, and what it lists of them (pure).

The counters are those that the existing application shows. What it lists is no basis for them, for the list may be short; but an
order that is named more than once in it was paid more than once.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roundsman.delivery.opening import Counters
from roundsman.migration.profile import CollectionProfile
from roundsman.migration.reading import old_id, paise, value_at


@dataclass(frozen=True, slots=True)
class PaidAgain:
    """Orders that were paid to one delivery boy more than once, and what he was paid too much for them all."""

    orders: tuple[str, ...] = ()
    paise: int = 0


def has_counters(fields: Mapping[str, Any], collection: CollectionProfile) -> bool:
    """Whether the document counts earnings at all."""
    return any(_written(fields, collection, meaning) is not None for meaning in ("earnings_total", "earnings_month"))


def counters_of(fields: Mapping[str, Any], collection: CollectionProfile) -> Counters | None:
    """What it counts; None if one of them cannot be read, or the one of all is not there. Without a month's that is nought."""
    total, month = (_written(fields, collection, meaning) for meaning in ("earnings_total", "earnings_month"))
    total_paise, month_paise = paise(total), paise(0 if month is None else month)
    return None if total_paise is None or month_paise is None else Counters(total_paise, month_paise)


def paid_again(fields: Mapping[str, Any], collection: CollectionProfile) -> PaidAgain:
    """The orders that the document lists more than once as earned; the first time of each is right."""
    listed: dict[str, list[int]] = defaultdict(list)
    items = value_at(fields, collection.paths("earnings"))
    for item in items if isinstance(items, list) else ():
        if isinstance(item, Mapping) and (order := old_id(value_at(item, collection.paths("earning_order")))):
            listed[order].append(paise(value_at(item, collection.paths("earning_amount"))) or 0)
    again = {order: amounts for order, amounts in listed.items() if len(amounts) > 1}
    return PaidAgain(tuple(again), sum(sum(amounts[1:]) for amounts in again.values()))


def _written(fields: Mapping[str, Any], collection: CollectionProfile, meaning: str) -> object:
    value = value_at(fields, collection.paths(meaning))
    return None if value == "" else value
