"""What stored orders, deliveries, payments and subscriptions say happened to their customer, as facts (pure).

The keys are made of ids alone, and the instants of what the document says, so that telling live and telling all at once
is the same. Of a key the first telling stays: that a source moves an instant later changes nothing.

- An order is placed when it says so; one that a subscription makes takes effect when its day begins in India.
- A cancelled order that does not say when never counted: it is cancelled at the instant it was placed, and not by the customer.
- A delivery that names an order has the order's key, like an order that is delivered without one: whichever is told
  first, it is one delivery. Where both are there, the delivery says when. One without a time was when its day began.
- A delivery failed once a day at most.
- What lies ahead counts from when it was seen, but for the orders of subscriptions, which wait for their day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from roundsman.activation.calendar import begin_of
from roundsman.activation.facts import Ahead, Fact, FactType
from roundsman.ids import UserId
from roundsman.orders.deliveries import Delivery, DeliveryStatus
from roundsman.orders.orders import Order, OrderStatus, OrderType
from roundsman.orders.payments import Payment, PaymentStatus
from roundsman.subscriptions.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class Dealings:
    """All that is stored of one person's dealings."""

    user_id: UserId
    orders: Iterable[Order] = ()
    deliveries: Iterable[Delivery] = ()
    payments: Iterable[Payment] = ()
    subscriptions: Iterable[Subscription] = ()


def facts_of(dealings: Dealings) -> list[Fact]:
    """Tell all that happened in somebody's dealings, each fact once, in no particular order."""
    facts = [fact for delivery in dealings.deliveries for fact in facts_of_delivery(dealings.user_id, delivery)]
    facts += [fact for order in dealings.orders for fact in facts_of_order(dealings.user_id, order)]
    facts += [fact for payment in dealings.payments for fact in facts_of_payment(dealings.user_id, payment)]
    facts += [
        Fact(FactType.INTERACTION, dealings.user_id, f"subscription:{one.id}", one.created_at, ahead=Ahead.CLAMPED)
        for one in dealings.subscriptions
        if one.created_at is not None
    ]
    told: dict[str, Fact] = {}
    for fact in facts:
        told.setdefault(fact.key, fact)
    return list(told.values())


def facts_of_order(user_id: UserId, order: Order) -> Iterator[Fact]:
    """Tell that an order was placed, and what its own document says of its end."""
    of_subscription = order.type is OrderType.SUBSCRIPTION
    at = _begin(order.for_date) if of_subscription and order.for_date else order.placed_at
    ahead = Ahead.WAITS if of_subscription else Ahead.CLAMPED
    yield Fact(FactType.ORDER_PLACED, user_id, str(order.id), at, amount_paise=order.total_paise, ahead=ahead)
    if order.status is OrderStatus.CANCELLED:
        yield Fact(FactType.ORDER_CANCELLED, user_id, str(order.id), order.cancelled_at or at, ahead=ahead)
    if order.status is OrderStatus.DELIVERED:
        day = _begin(order.for_date) if order.for_date else at
        delivered_at = order.delivered_at or max(at, day)
        yield _completed(user_id, str(order.id), delivered_at, order_id=str(order.id))


def facts_of_delivery(user_id: UserId, delivery: Delivery) -> Iterator[Fact]:
    """Tell what became of a delivery; nothing while it is to come."""
    at = delivery.at or _begin(delivery.for_date)
    if delivery.status is DeliveryStatus.COMPLETED:
        named = str(delivery.order_id or delivery.id)
        is_of_order = delivery.order_id is not None or delivery.names_order
        yield _completed(user_id, named, at, order_id=named if is_of_order else None)
    if delivery.status is DeliveryStatus.FAILED:
        attempt = f"{delivery.id}:{delivery.for_date.isoformat()}"
        yield Fact(FactType.DELIVERY_FAILED, user_id, attempt, at, ahead=Ahead.CLAMPED)


def facts_of_payment(user_id: UserId, payment: Payment) -> Iterator[Fact]:
    """Tell that somebody paid, or failed to; money that was given back was paid before."""
    failed = payment.status is PaymentStatus.FAILED
    types = [FactType.PAYMENT_FAILED if failed else FactType.PAYMENT_SUCCEEDED]
    if payment.status is PaymentStatus.REFUNDED:
        types.append(FactType.ORDER_REFUNDED)
    for one in types:
        yield Fact(one, user_id, str(payment.id), payment.at, amount_paise=payment.amount_paise, ahead=Ahead.CLAMPED)


def _completed(user_id: UserId, source_id: str, at: datetime, *, order_id: str | None) -> Fact:
    return Fact(FactType.DELIVERY_COMPLETED, user_id, source_id, at, order_id=order_id, ahead=Ahead.CLAMPED)


def _begin(day: date) -> datetime:
    return begin_of(day).astimezone(UTC)
