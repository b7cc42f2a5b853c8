"""What is brought to a customer next, from his subscriptions and his open orders."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from roundsman.calendar import day_of
from roundsman.catalog.listing import products_known
from roundsman.catalog.products import Product
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import customers_of_user
from roundsman.database.transaction import Tx
from roundsman.ids import CustomerId, UserId
from roundsman.operations.delivering.rounds import Item
from roundsman.operations.selling.subscribed_orders import by_customer, is_brought_by_subscription
from roundsman.orders.deliveries import DeliveryStatus
from roundsman.orders.orders import Order
from roundsman.orders.rounds import deliveries_to, orders_to_come
from roundsman.subscriptions.pausing import subscriptions_of_user
from roundsman.subscriptions.quantities import next_delivery, quantity_on
from roundsman.subscriptions.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class Coming:
    """A day, today or later, and what is brought on it."""

    day: date
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription with its product and where it brings it to, which may be unknown.

    `next_day` is the next day, today or later, on which it brings something.
    """

    subscription: Subscription
    product: Product | None
    customer: Customer | None
    next_day: date | None


async def subscribed_by(tx: Tx, user_id: UserId, *, now: datetime) -> list[Subscribed]:
    """List the subscriptions of a user with what they bring when. What was brought today does not come again today."""
    today = day_of(now)
    customers = await customers_of_user(tx, user_id)
    served = {one.id for one in customers if one.is_served(now)}
    done = await _brought(tx, customers, today)
    found = await subscriptions_of_user(tx, user_id)
    products = await products_known(tx, {one.product_id for one in found if one.product_id is not None})
    owners = {one.id: one for one in customers}
    return [
        Subscribed(
            one,
            None if one.product_id is None else products.get(one.product_id),
            None if one.customer_id is None else owners.get(one.customer_id),
            _next_day(one, served=served, done=done, today=today),
        )
        for one in found
    ]


async def coming_to(tx: Tx, user_id: UserId, subscribed: Collection[Subscribed], *, now: datetime) -> Coming | None:
    """What the first day brings on which anything comes to a user; `subscribed` are his subscriptions. None if nothing does."""
    today = day_of(now)
    customers = [one.id for one in await customers_of_user(tx, user_id)]
    theirs = by_customer(one.subscription for one in subscribed)
    open_orders = await orders_to_come(tx, customers, today)
    orders = [one for one in open_orders if not is_brought_by_subscription(one, theirs[one.customer_id], today)]
    brought = [*_from_orders(orders, today), *_from_subscriptions(subscribed)]
    first = min((day for day, _ in brought), default=None)
    return None if first is None else Coming(first, _together(item for day, item in brought if day == first))


async def _brought(tx: Tx, customers: Iterable[Customer], day: date) -> set[CustomerId | None]:
    """To which of the customers the subscriptions of a day were brought."""
    known = await deliveries_to(tx, [one.id for one in customers], day)
    return {one.customer_id for one in known if not one.is_of_order and one.status is DeliveryStatus.COMPLETED}


def _next_day(
    one: Subscription, *, served: Collection[CustomerId], done: Collection[CustomerId | None], today: date
) -> date | None:
    if one.customer_id not in served:
        return None
    is_today = quantity_on(one, today) > 0 and one.customer_id not in done
    return today if is_today else next_delivery(one, today)


def _together(items: Iterable[Item]) -> tuple[Item, ...]:
    """The same of several subscriptions and orders as one."""
    summed: dict[tuple[str, str], float] = {}
    for one in items:
        summed[one.name, one.unit] = summed.get((one.name, one.unit), 0) + one.quantity
    return tuple(Item(name, quantity, unit) for (name, unit), quantity in summed.items())


def _from_orders(orders: Iterable[Order], today: date) -> Iterator[tuple[date, Item]]:
    """An order for any day, or for one that is over, is to be brought today."""
    for order in orders:
        for line in order.lines:
            yield max(order.for_date or today, today), Item(line.name, line.quantity, "")


def _from_subscriptions(subscribed: Iterable[Subscribed]) -> Iterator[tuple[date, Item]]:
    for one in subscribed:
        if one.next_day is not None:
            quantity = quantity_on(one.subscription, one.next_day)
            name, unit = ("", "") if one.product is None else (one.product.name, one.product.unit)
            yield one.next_day, Item(name, quantity, unit)
