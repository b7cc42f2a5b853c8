"""Payments as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from roundsman.ids import CustomerId, OrderId, PaymentId, SourceRef, UserId
from roundsman.orders.orders import OrderOrigin


class PaymentStatus(StrEnum):
    """What became of a payment."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUNDED = "refunded"
    """Money that went back. The amount is negative only where a source wrote that down as a payment of its own."""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came from a customer, did not come, or went back to him; a source's may be of nobody who is known."""

    id: PaymentId
    customer_id: CustomerId | None
    user_id: UserId | None
    amount_paise: int
    method: str
    at: datetime
    status: PaymentStatus
    origin: OrderOrigin
    order_id: OrderId | None = None
    source: SourceRef | None = None
