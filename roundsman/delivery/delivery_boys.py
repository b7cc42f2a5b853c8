"""Delivery boys' profiles as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from roundsman.ids import DeliveryBoyId, UserId


class DeliveryBoyStatus(StrEnum):
    """Whether he can be given deliveries."""

    ACTIVE = "active"
    ON_LEAVE = "on_leave"
    SUSPENDED = "suspended"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class DeliveryBoy:
    """The profile of a delivery boy; each user has at most one."""

    id: DeliveryBoyId
    user_id: UserId
    name: str
    status: DeliveryBoyStatus
    areas: tuple[str, ...]
    created_at: datetime
    created_by: str
    phone: str | None = None
    email: str | None = None
