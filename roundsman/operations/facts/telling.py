"""What orders, deliveries, payments and subscriptions say happened to their customer, as facts (pure).

Whoever writes one tells of it by these functions, and so does the backfill: the keys are made of ids alone, and the instants
of what the document says, so that telling live and telling all at once is the same. Of a key the first telling stays: that a
source moves an instant later changes nothing. Another amount, order of a delivery, or one who cancelled corrects it. What a document does not keep (a pause, a contact, an attempt that another
one followed) is told live only.

- An order is placed when it says so; one that a subscription makes takes effect when its day begins in India.
- A cancelled order that does not say when never counted: it is cancelled at the instant it was placed, and not by the customer.
- A delivery that names an order has the key of that name, whether the order is here yet or not, like an order that is
  delivered without one: whichever is told first, it is one delivery. Where both are there, the delivery says when. One
  without a time was when its day began.
- A delivery of the existing application failed once a day at most; of Roundsman's own the attempts that failed are counted.
- What the existing application gave back was paid before, unless it is written as less than nothing: like money that goes back
  here, that is a payment of its own. Nothing was not paid.
- What lies ahead counts from when it was seen, but for the orders of subscriptions, which wait for their day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, assert_never

from roundsman.activation.facts import Ahead, Fact, FactType
from roundsman.calendar import begin_of
from roundsman.ids import UserId
from roundsman.orders.deliveries import Delivery, DeliveryStatus
from roundsman.orders.orders import Order, OrderOrigin, OrderStatus, OrderType
from roundsman.orders.payments import Payment, PaymentStatus
from roundsman.subscriptions.subscriptions import Subscription

_SUBSCRIPTION: Final = "subscription:"


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
    facts += [fact for one in dealings.subscriptions for fact in facts_of_subscription(dealings.user_id, one)]
    told: dict[str, Fact] = {}
    for fact in facts:
        told.setdefault(fact.key, fact)
    return list(told.values())


def facts_of_order(user_id: UserId, order: Order) -> Iterator[Fact]:
    """Tell that an order was placed, and what its own document says of its end."""
    yield fact_of_placing(user_id, order)
    if order.status is OrderStatus.CANCELLED:
        yield fact_of_cancelling(user_id, order)
    if order.status is OrderStatus.DELIVERED:
        at = _takes_effect(order)
        day = _begin(order.for_date) if order.for_date else at
        delivered_at = order.delivered_at or max(at, day)
        yield _completed(user_id, order.name, delivered_at, order_id=order.name)


def fact_of_placing(user_id: UserId, order: Order) -> Fact:
    """Tell that an order was placed."""
    at, ahead = _takes_effect(order), _ahead(order)
    return Fact(FactType.ORDER_PLACED, user_id, str(order.id), at, amount_paise=order.total_paise, ahead=ahead)


def fact_of_cancelling(user_id: UserId, order: Order) -> Fact:
    """Tell that an order was cancelled, and whether the customer did it."""
    at, by_customer = order.cancelled_at or _takes_effect(order), order.cancelled_by_customer
    return Fact(FactType.ORDER_CANCELLED, user_id, str(order.id), at, by_customer=by_customer, ahead=_ahead(order))


def facts_of_delivery(user_id: UserId, delivery: Delivery) -> Iterator[Fact]:
    """Tell what became of a delivery last; nothing while it is to come."""
    at = delivery.at or _begin(delivery.for_date)
    if delivery.status is DeliveryStatus.COMPLETED:
        yield _completed(user_id, delivery.order_name or str(delivery.id), at, order_id=delivery.order_name)
    if delivery.status is DeliveryStatus.FAILED:
        attempt = f"{delivery.id}:{delivery.failed_attempts or delivery.for_date.isoformat()}"
        yield Fact(FactType.DELIVERY_FAILED, user_id, attempt, at, order_id=delivery.order_name, ahead=Ahead.CLAMPED)


def facts_of_payment(user_id: UserId, payment: Payment) -> Iterator[Fact]:
    """Tell that somebody paid, failed to, or got money back."""
    for one in _types_of(payment):
        amount = abs(payment.amount_paise)
        yield Fact(one, user_id, str(payment.id), payment.at, amount_paise=amount, ahead=Ahead.CLAMPED)


def facts_of_subscription(user_id: UserId, subscription: Subscription) -> Iterator[Fact]:
    """Tell that somebody subscribed, where it is known when."""
    if subscription.created_at is not None:
        named = f"{_SUBSCRIPTION}{subscription.id}"
        yield Fact(FactType.INTERACTION, user_id, named, subscription.created_at, ahead=Ahead.CLAMPED)


def fact_of_pausing(user_id: UserId, subscription: Subscription, *, at: datetime) -> Fact:
    """Tell of the last pause or resumption of a subscription."""
    return Fact(FactType.INTERACTION, user_id, f"{_SUBSCRIPTION}{subscription.id}:{subscription.changes}", at)


def fact_of_contact(user_id: UserId, contact_id: str, *, at: datetime) -> Fact:
    """Tell that the office spoke with somebody."""
    return Fact(FactType.STAFF_CONTACT, user_id, contact_id, at)


def things_of(fact: Fact) -> set[str]:
    """The ids and names by which a fact calls what it happened with: a profile, an order, a delivery and the like."""
    delivery, subscription = fact.source_id.rpartition(":")[0], fact.source_id.removeprefix(_SUBSCRIPTION)
    named = {FactType.DELIVERY_FAILED: delivery, FactType.INTERACTION: subscription.partition(":")[0]}
    return {one for one in (fact.source_id, fact.order_id, named.get(fact.type)) if one}


def _takes_effect(order: Order) -> datetime:
    is_of_subscription = order.type is OrderType.SUBSCRIPTION
    return _begin(order.for_date) if is_of_subscription and order.for_date else order.placed_at


def _ahead(order: Order) -> Ahead:
    return Ahead.WAITS if order.type is OrderType.SUBSCRIPTION else Ahead.CLAMPED


def _types_of(payment: Payment) -> list[FactType]:
    if payment.amount_paise == 0 and payment.status is not PaymentStatus.FAILED:
        return []
    match payment.status:
        case PaymentStatus.SUCCEEDED:
            return [FactType.PAYMENT_SUCCEEDED]
        case PaymentStatus.FAILED:
            return [FactType.PAYMENT_FAILED]
        case PaymentStatus.REFUNDED if payment.origin is OrderOrigin.SOURCE and payment.amount_paise > 0:
            return [FactType.PAYMENT_SUCCEEDED, FactType.ORDER_REFUNDED]
        case PaymentStatus.REFUNDED:
            return [FactType.ORDER_REFUNDED]
        case _:
            assert_never(payment.status)


def _completed(user_id: UserId, source_id: str, at: datetime, *, order_id: str | None) -> Fact:
    return Fact(FactType.DELIVERY_COMPLETED, user_id, source_id, at, order_id=order_id, ahead=Ahead.CLAMPED)


def _begin(day: date) -> datetime:
    return begin_of(day).astimezone(UTC)
