"""A stop of a delivery boy's round, and what may be said of it (pure).

A stop is an order, or what the subscriptions of a customer bring on a day. What is told of it carries a key that the phone made
up: told again, nothing happens again, however much has happened since.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from roundsman.calendar import begin_of, day_of
from roundsman.errors import Conflict
from roundsman.ids import CustomerId, DeliveryBoyId, UserId
from roundsman.orders.changes import delivered, not_delivered
from roundsman.orders.deliveries import Collected, Delivery, DeliveryStatus, Paid, Told, delivery_id_of
from roundsman.orders.orders import Order, OrderOrigin, OrderStatus

LATE: Final = timedelta(days=7)
"""How long after its day a delivery boy may tell of a delivery."""


class StopDoneAlready(Conflict):
    """The delivery succeeded before; only the office can take that back."""

    code = "stop_done_already"


class NotTheDay(Conflict):
    """The day of the delivery has not come, or lies too far back to be told of by a delivery boy."""

    code = "not_the_day"


class NobodyCollected(Conflict):
    """It is not known who would have the money."""

    code = "nobody_collected"


@dataclass(frozen=True, slots=True)
class Stop:
    """Something to bring: the delivery, and the order that it brings if it brings one."""

    delivery: Delivery
    order: Order | None = None

    @property
    def id(self) -> str:
        """How it is called: by the order's id, or by the customer and the day."""
        if self.order is not None:
            return str(self.order.id)
        customer_id, day = self.delivery.customer_id, self.delivery.for_date
        return str(self.delivery.id) if customer_id is None else day_stop_id(customer_id, day)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a delivery boy tells of a stop, once by its key: that it succeeded, or why it failed; `at` by his clock."""

    key: str
    at: datetime
    failed_because: str | None = None
    paid: Paid | None = None

    @property
    def told(self) -> Told:
        """What stays of it with the delivery: the same sent again says the same."""
        return Told(self.key, self.failed_because, self.paid)


def that_counts(deliveries: Iterable[Delivery]) -> Delivery:
    """The one of several deliveries of one thing that says what became of it.

    It was brought if one of them says so, in whichever application; else Roundsman's own counts.
    """
    return min(
        deliveries,
        key=lambda one: (one.status is not DeliveryStatus.COMPLETED, one.origin is OrderOrigin.SOURCE, str(one.id)),
    )


def stop_of_order(order: Order, delivery: Delivery | None, day: date) -> Stop:
    """The stop of an order with what is known of its delivery; an order for any day is for this one."""
    return Stop(delivery or _delivery_of_order(order, day), order)


def stop_of_day(customer_id: CustomerId, user_id: UserId, day: date, known: Iterable[Delivery]) -> Stop:
    """The stop of what subscriptions bring to a customer on a day, with what is known of it.

    Of the deliveries that are known, those to him on that day without an order are this stop, whatever a source calls them.
    """
    told = [one for one in known if (one.customer_id, one.for_date) == (customer_id, day) and not one.is_of_order]
    return Stop(that_counts(told) if told else _delivery_of_day(customer_id, user_id, day))


def day_stop_id(customer_id: CustomerId, day: date) -> str:
    """How the stop of a customer and a day is called."""
    return f"{customer_id}:{day.isoformat()}:-"


def _delivery_of_day(customer_id: CustomerId, user_id: UserId, day: date) -> Delivery:
    return Delivery(
        id=day_stop_id(customer_id, day),
        customer_id=customer_id,
        user_id=user_id,
        for_date=day,
        status=DeliveryStatus.PENDING,
        origin=OrderOrigin.ROUNDSMAN,
    )


def _delivery_of_order(order: Order, day: date) -> Delivery:
    is_done = order.status is OrderStatus.DELIVERED
    return Delivery(
        id=delivery_id_of(order.id),
        customer_id=order.customer_id,
        user_id=order.user_id,
        for_date=order.for_date or day,
        status=DeliveryStatus.COMPLETED if is_done else DeliveryStatus.PENDING,
        # Who brought it there was paid for it there.
        origin=order.origin if is_done else OrderOrigin.ROUNDSMAN,
        order_id=order.id,
        order_name=order.name,
        # Who was to bring an open order says its customer: a source may name somebody who does so no more.
        delivery_boy_id=order.delivery_boy_id if is_done else None,
        at=order.delivered_at,
    )


def marked(stop: Stop, mark: Mark, boy: DeliveryBoyId | None, *, now: datetime) -> Stop:
    """The stop after something was told of it; as it is if that was told before, or it succeeded before and nothing was paid now.

    Raises StopDoneAlready, NotTheDay, OrderNotOpen.
    """
    before = stop.delivery
    if before.told_under(mark.key) is not None:
        return stop
    is_done = before.status is DeliveryStatus.COMPLETED
    if is_done and mark.failed_because is None and mark.paid is None:
        return stop
    if (is_done and mark.failed_because is not None) or (mark.paid is not None and before.collected is not None):
        raise StopDoneAlready("This was delivered or paid already; only the office can change that")
    at = instant_of(before.for_date, mark.at, now=now)
    known = _with_paid(replace(before, marks=(*before.marks, mark.told)), mark.paid, boy, at)
    if is_done:
        return Stop(known, stop.order)
    told = replace(known, at=at, delivery_boy_id=boy, origin=OrderOrigin.ROUNDSMAN)
    if mark.failed_because is not None:
        failed = before.failed_attempts + 1
        after = replace(told, status=DeliveryStatus.FAILED, failed_attempts=failed, reason=mark.failed_because)
        return Stop(after, stop.order and not_delivered(stop.order))
    after = replace(told, status=DeliveryStatus.COMPLETED, reason=None)
    return Stop(after, stop.order and delivered(stop.order, at=at))


def _with_paid(delivery: Delivery, paid: Paid | None, boy: DeliveryBoyId | None, at: datetime) -> Delivery:
    if paid is None or boy is None:
        return delivery
    return replace(delivery, collected=Collected(paid.paise, paid.method, at, boy))


def taken_back(stop: Stop, *, reason: str) -> Stop:
    """The stop that was not delivered after all; one that was not before as it is."""
    if stop.delivery.status is not DeliveryStatus.COMPLETED:
        return stop
    failed = stop.delivery.failed_attempts + 1
    delivery = replace(stop.delivery, status=DeliveryStatus.FAILED, failed_attempts=failed, reason=reason)
    return Stop(delivery, stop.order and replace(stop.order, status=OrderStatus.NOT_DELIVERED, delivered_at=None))


def with_collected(stop: Stop, paid: Paid, by: DeliveryBoyId | None, *, at: datetime) -> Stop:
    """The stop with what was collected as the office says; when that was stays. Raises NobodyCollected.

    `by` is who has the money; who had it so far, or else who brought it, if not given.
    """
    delivery, before = stop.delivery, stop.delivery.collected
    boy = by or (before.by if before is not None else delivery.delivery_boy_id)
    if boy is None:
        raise NobodyCollected("Nobody is known to have brought this: say who has the money")
    collected = Collected(paid.paise, paid.method, before.at if before is not None else at, boy)
    return replace(stop, delivery=replace(delivery, collected=collected))


def reassigned(stop: Stop, boy: DeliveryBoyId) -> Stop:
    """The stop with another delivery boy, who is the one who brought it if it was brought."""
    return replace(stop, delivery=replace(stop.delivery, delivery_boy_id=boy))


def require_his_day(stop: Stop, *, since: datetime | None, now: datetime) -> None:
    """Go on only where a delivery boy may tell of a stop now. Raises NotTheDay.

    What subscriptions brought before `since`, when an existing application handed over, was told, counted and paid there.
    """
    delivery, today = stop.delivery, day_of(now)
    if stop.order is None and since is not None and delivery.for_date < day_of(since):
        raise NotTheDay(
            f"This was for {delivery.for_date}, when another application managed deliveries. Ask the office"
        )
    if not delivery.for_date <= today <= delivery.for_date + LATE:
        raise NotTheDay(
            f"This is for {delivery.for_date}: it is told on that day, or a week later at most. Ask the office"
        )


def day_of_telling(order: Order, said: datetime, *, now: datetime) -> date:
    """The day of an order that is for any: when it happened, by a clock that may be wrong, but not before it was placed."""
    at = said if now - LATE <= said <= now else now
    return max(day_of(at), min(day_of(order.placed_at), day_of(now)))


def instant_of(day: date, said: datetime, *, now: datetime) -> datetime:
    """When something that was for a day happened, by a clock that may be wrong: not before that day, and not after now."""
    return min(max(said, begin_of(day)), now)
