"""What may become of an order, and what it costs (pure).

- An order is cancelled until it is delivered. It is delivered, or fails to be, until it is cancelled or delivered; after a
  failure it may be tried again.
- What is so already stays as it is: nothing is changed twice.
- No more goes back to a customer than the order costs.
- A line costs its quantity times the price of one unit; half a paisa counts as a whole one.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from roundsman.errors import Conflict
from roundsman.money import cost_paise
from roundsman.orders.orders import Order, OrderLine, OrderStatus


class OrderNotOpen(Conflict):
    """The order was delivered or cancelled before."""

    code = "order_not_open"


class RefundTooLarge(Conflict):
    """More would go back than the order costs."""

    code = "refund_too_large"


def total_of(lines: Iterable[OrderLine]) -> int:
    """What the lines cost together, in paise."""
    return sum(cost_paise(line.quantity, line.unit_price_paise) for line in lines)


def cancelled(order: Order, *, by_customer: bool, at: datetime) -> Order:
    """The order without what was to come; one that was cancelled before as it is. Raises OrderNotOpen."""
    if order.status is OrderStatus.CANCELLED:
        return order
    _require_open(order)
    return replace(order, status=OrderStatus.CANCELLED, cancelled_at=at, cancelled_by_customer=by_customer)


def delivered(order: Order, *, at: datetime) -> Order:
    """The order at the customer's door; one that was delivered before as it is. Raises OrderNotOpen."""
    if order.status is OrderStatus.DELIVERED:
        return order
    _require_open(order)
    return replace(order, status=OrderStatus.DELIVERED, delivered_at=at)


def not_delivered(order: Order) -> Order:
    """The order after nobody was there to take it. Raises OrderNotOpen."""
    _require_open(order)
    return replace(order, status=OrderStatus.NOT_DELIVERED)


def refunded(order: Order, amount_paise: int) -> Order:
    """The order with so much more given back. Raises RefundTooLarge."""
    left = order.total_paise - order.refunded_paise
    if amount_paise > left:
        raise RefundTooLarge(f"Of this order {left} paise can be given back, not {amount_paise}")
    return replace(order, refunded_paise=order.refunded_paise + amount_paise)


def _require_open(order: Order) -> None:
    if order.status in {OrderStatus.DELIVERED, OrderStatus.CANCELLED}:
        raise OrderNotOpen(f"The order is {order.status} already")
