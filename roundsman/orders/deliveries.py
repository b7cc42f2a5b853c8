"""Deliveries as values."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bson import ObjectId

from roundsman.ids import CustomerId, DeliveryBoyId, OrderId, SourceRef, UserId
from roundsman.orders.orders import OrderOrigin


class DeliveryStatus(StrEnum):
    """What became of a delivery; one that arrived in part is completed."""

    COMPLETED = "completed"
    FAILED = "failed"
    PENDING = "pending"


DeliveryId = ObjectId | str
"""A text for one that a source gave no id of its own: `<customer>:<date>:<shift or ->`."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stop at a customer's door, as somebody marked it.

    `order_id` is the order it brings, absent for what a subscription brings. `names_order` says that a source names an
    order, even one that is not here.
    """

    id: DeliveryId
    customer_id: CustomerId | None
    user_id: UserId | None
    for_date: date
    status: DeliveryStatus
    origin: OrderOrigin
    at: datetime | None = None
    order_id: OrderId | None = None
    names_order: bool = False
    delivery_boy_id: DeliveryBoyId | None = None
    source: SourceRef | None = None
