"""What customers say of deliveries, and the average of it (pure)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from roundsman.ids import DeliveryBoyId, UserId

_SHOWN_FROM: Final = 5


@dataclass(frozen=True, slots=True)
class Rating:
    """The stars, from one to five, that a user gives a delivery; he may change them."""

    delivery_id: str
    delivery_boy_id: DeliveryBoyId
    user_id: UserId
    stars: int
    at: datetime


def average_stars(count: int, total: int) -> float | None:
    """The average rounded half up to one decimal; None while there are too few to say anything."""
    if count < _SHOWN_FROM:
        return None
    return float((Decimal(total) / count).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))
