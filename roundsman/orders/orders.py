"""Orders as values."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from roundsman.ids import CustomerId, DeliveryBoyId, OrderId, ProductId, SourceRef, UserId


class OrderStatus(StrEnum):
    """How far an order has come."""

    PENDING = "pending"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"
    CANCELLED = "cancelled"


class OrderOrigin(StrEnum):
    """Which application took the order."""

    ROUNDSMAN = "roundsman"
    SOURCE = "source"


class OrderType(StrEnum):
    """What brought an order about."""

    ONE_TIME = "one_time"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One product of an order; `product_id` is absent where a source names a product nobody knows."""

    product_id: ProductId | None
    name: str
    quantity: float
    unit_price_paise: int


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer asked for. A source's order may name a customer nobody knows: then both owners are absent.

    `refunded_paise` is what was given back of its total so far; `old_id` is the id under which a source's other documents name it.
    """

    id: OrderId
    customer_id: CustomerId | None
    user_id: UserId | None
    lines: tuple[OrderLine, ...]
    total_paise: int
    status: OrderStatus
    placed_at: datetime
    origin: OrderOrigin
    for_date: date | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    delivery_boy_id: DeliveryBoyId | None = None
    cancelled_by_customer: bool = False
    refunded_paise: int = 0
    type: OrderType = OrderType.ONE_TIME
    old_id: str | None = None
    source: SourceRef | None = None

    @property
    def name(self) -> str:
        """How what is about the order calls it; it is known before the order is, and stays."""
        return self.old_id or str(self.id)
