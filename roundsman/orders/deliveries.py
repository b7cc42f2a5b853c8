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
class Paid:
    """What a customer paid at the door."""

    paise: int
    method: str


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of a delivery under a key: that it succeeded, or why it failed, and what the customer paid."""

    key: str
    failed_because: str | None = None
    paid: Paid | None = None


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
    brings; `order_name` is how it calls that order (`Order.name`), even one that is not here yet. `reason` is why it failed last. `marks` are what was
    told of it, each under its key.
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
    marks: tuple[Told, ...] = ()
    source: SourceRef | None = None

    @property
    def is_of_order(self) -> bool:
        """Whether it brings an order, be that here yet or not."""
        return self.order_id is not None or self.order_name is not None

    @property
    def is_told(self) -> bool:
        """Whether anything became of it yet."""
        return self.status is not DeliveryStatus.PENDING

    def told_under(self, key: str) -> Told | None:
        """What was told of it under a key, if anything was."""
        return next((told for told in self.marks if told.key == key), None)


def delivery_id_of(order_id: OrderId) -> DeliveryId:
    """The id of the one delivery of an order: trying again is the same delivery."""
    return DeliveryId(derived_object_id("delivery", str(order_id)))
