"""Customer profiles as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from roundsman.ids import AddressId, CustomerId, DeliveryBoyId, SourceRef, UserId


class CustomerStatus(StrEnum):
    """Whether the business delivers to the customer; not to be confused with his activation."""

    TRIAL = "trial"
    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Customer:
    """A household the business delivers to, and the user it belongs to.

    `phone` and `email` are contacts: they may repeat between customers and prove nothing. `phone` is E.164 where it
    could be read, else as it was written. `stop` is his place in the round of his delivery boy, from 1 on, and `note`
    what he has to know at the door.
    """

    id: CustomerId
    user_id: UserId
    name: str
    status: CustomerStatus
    created_at: datetime
    created_by: str
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    area: str | None = None
    delivery_boy_id: DeliveryBoyId | None = None
    stop: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """One of the places a user has things delivered to; a source's address may be of nobody who is known."""

    id: AddressId
    user_id: UserId | None
    label: str
    text: str
    is_default: bool
    source: SourceRef | None = None
