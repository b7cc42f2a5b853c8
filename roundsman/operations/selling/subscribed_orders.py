"""Orders that stand for what a subscription brings anyhow (pure).

An existing application may write an order for each day of a subscription. Where the subscription is known too, both are one
thing to bring: what it brings counts, and the order does not. One with something else in it counts by itself.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from roundsman.ids import CustomerId
from roundsman.orders.orders import Order, OrderType
from roundsman.subscriptions.quantities import quantity_on
from roundsman.subscriptions.subscriptions import Subscription


def by_customer(subscriptions: Iterable[Subscription]) -> dict[CustomerId | None, list[Subscription]]:
    """Subscriptions by the customers they are of; of whom there are none there is an empty list."""
    found: dict[CustomerId | None, list[Subscription]] = defaultdict(list)
    for one in subscriptions:
        found[one.customer_id].append(one)
    return found


def is_brought_by_subscription(order: Order, subscriptions: Iterable[Subscription], day: date) -> bool:
    """Whether all that is in an order is what these subscriptions of its customer bring on its day, else on this one."""
    if order.type is not OrderType.SUBSCRIPTION:
        return False
    on = order.for_date or day
    brought = {one.product_id for one in subscriptions if quantity_on(one, on) > 0}
    return bool(brought) and {line.product_id for line in order.lines} <= brought
