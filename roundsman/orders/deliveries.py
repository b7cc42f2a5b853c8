"""Deliveries as values."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from roundsman.ids import CustomerId, DeliveryBoyId, DeliveryId, OrderId, SourceRef, UserId, derived_object_id
from roundsman.orders.orders import OrderOrigin


class DeliveryStatus(StrEnum):
    """What became of a delivery; one that arrived in part is completed."""

    COMPLETED = "completed"
    FAILED = "failed"
    PENDING = "pending"


AnyDeliveryId = DeliveryId | str
"""A text for one that a source gave no id of its own: `<customer>:<date>:<shift or ->`."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a customer paid at the door, and to whom; that stays so whatever becomes of the delivery."""

    paise: int
    method: str
    at: datetime
    by: DeliveryBoyId


@dataclass(frozen=True, slots=True)
class Delivery:
    """Bringing something to a customer's door on a day; `at` is when that succeeded, or failed last.

    A source's delivery may be of nobody who is known. `order_id` is the order it brings, absent for what a subscription
    brings; `order_name` is how it calls that order (`Order.name`), even one that is not here yet. `reason` is why it failed last. `marks` are the keys under which it was told
    what became of it.
    """

    id: AnyDeliveryId
    customer_id: CustomerId | None
    user_id: UserId | None
    for_date: date
    status: DeliveryStatus
    origin: OrderOrigin
    order_id: OrderId | None = None
    order_name: str | None = None
    delivery_boy_id: DeliveryBoyId | None = None
    at: datetime | None = None
    failed_attempts: int = 0
    reason: str | None = None
    collected: Collected | None = None
    marks: tuple[str, ...] = ()
    source: SourceRef | None = None


def delivery_id_of(order_id: OrderId) -> DeliveryId:
    """The id of the one delivery of an order: trying again is the same delivery."""
    return DeliveryId(derived_object_id("delivery", str(order_id)))
