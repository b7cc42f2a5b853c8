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


@dataclass(frozen=True, slots=True)
class Payment:
    """Money of a customer. A source's payment may name a customer nobody knows: then both owners are absent."""

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
