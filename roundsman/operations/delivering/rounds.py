"""A delivery boy's day: what he has to bring to whom, from the orders and subscriptions of those he delivers to."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from roundsman.calendar import begin_of, day_of, end_of
from roundsman.catalog.listing import products_known
from roundsman.catalog.products import Product
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import (
    customers_called,
    customers_of_delivery_boy,
    customers_of_delivery_boy_between,
)
from roundsman.database.transaction import Tx
from roundsman.delivery.delivery_boys import DeliveryBoy, require_round
from roundsman.delivery.linkage import delivery_boys_at_work
from roundsman.ids import CustomerId, DeliveryBoyId, ProductId
from roundsman.operations.selling.subscribed_orders import by_customer, is_brought_by_subscription
from roundsman.orders.deliveries import Delivery, DeliveryStatus
from roundsman.orders.orders import Order, OrderStatus
from roundsman.orders.rounds import (
    customers_with_open_orders,
    deliveries_of_delivery_boy,
    deliveries_of_orders,
    deliveries_to,
    open_orders,
    orders_named,
    overdue_orders,
)
from roundsman.orders.stops import Stop, stop_of_day, stop_of_order
from roundsman.subscriptions.demand import iterate_active_subscriptions
from roundsman.subscriptions.pausing import subscriptions_of_customers
from roundsman.subscriptions.quantities import as_of, quantity_on
from roundsman.subscriptions.subscriptions import Subscription

_LAST: Final = 1_000_000
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Item:
    """How much of what."""

    name: str
    quantity: float
    unit: str


@dataclass(frozen=True, slots=True)
class StopSheet:
    """A stop with what a delivery boy has to know of it."""

    stop: Stop
    customer: Customer
    items: tuple[Item, ...]

    @property
    def is_done(self) -> bool:
        """Whether it was brought."""
        return self.stop.delivery.status is DeliveryStatus.COMPLETED

    @property
    def delivery_boy_id(self) -> DeliveryBoyId | None:
        """Who was told to bring it or brought it, else who usually delivers to the customer, at work or not."""
        return self.stop.delivery.delivery_boy_id or self.customer.delivery_boy_id


async def own_round(tx: Tx, boy: DeliveryBoy, *, now: datetime) -> list[StopSheet]:
    """What a delivery boy who asks for it brings today, or has brought. Raises NoRound."""
    require_round(boy)
    return await round_of(tx, boy, day_of(now), now=now)


async def round_of(tx: Tx, boy: DeliveryBoy, day: date, *, now: datetime) -> list[StopSheet]:
    """What a delivery boy brings on a day, or has brought, in the order of the stops.

    Of a day that is over it is that of the customers he delivered to on it; of today and later, while he is not at work, no
    more than he has brought.
    """
    is_over = day < day_of(now)
    mine = await _customers_of(tx, boy.id, day, is_over=is_over)
    told = await deliveries_of_delivery_boy(tx, boy.id, day)
    also = {one.customer_id for one in told if one.customer_id is not None} - mine.keys()
    stops = await _stops_to(tx, mine | await customers_called(tx, also), told, day, begin_of(day) if is_over else now)
    his = [sheet for sheet in stops if _brings(sheet, boy.id, is_usual=sheet.customer.id in mine)]
    return sorted([sheet for sheet in his if is_over or boy.is_at_work or sheet.is_done], key=_place)


async def unassigned_on(tx: Tx, day: date, *, now: datetime) -> list[StopSheet]:
    """What nobody brings on a day as things are now, in the order of the stops: whose delivery boy there is none, or not at work."""
    found: list[StopSheet] = []
    due = sorted(await _customers_with_something(tx, day, now=now))
    for portion in (due[begin : begin + _AT_ONCE] for begin in range(0, len(due), _AT_ONCE)):
        stops = await _stops_to(tx, await customers_called(tx, portion), (), day, now)
        boys = {boy for sheet in stops if (boy := sheet.delivery_boy_id) is not None}
        at_work = await delivery_boys_at_work(tx, boys)
        found += [sheet for sheet in stops if not sheet.is_done and sheet.delivery_boy_id not in at_work]
    return sorted(found, key=_place)


async def overdue(tx: Tx, *, skip: int, limit: int, now: datetime) -> list[StopSheet]:
    """List some of the orders that nobody brought within their week, the oldest first: they are in no round any more."""
    orders = await overdue_orders(tx, day_of(now), skip=skip, limit=limit)
    customers = await customers_called(tx, {one.customer_id for one in orders if one.customer_id is not None})
    return [sheet for sheet, _ in await _sheets_of(tx, orders, customers, day_of(now))]


async def _customers_with_something(tx: Tx, day: date, *, now: datetime) -> set[CustomerId]:
    subscribed = {
        one.customer_id
        async for one in iterate_active_subscriptions(tx)
        if one.customer_id is not None and quantity_on(as_of(one, now), day) > 0
    }
    return subscribed | await customers_with_open_orders(tx, day)


async def _customers_of(tx: Tx, boy: DeliveryBoyId, day: date, *, is_over: bool) -> dict[CustomerId, Customer]:
    if not is_over:
        return await customers_of_delivery_boy(tx, boy)
    return await customers_of_delivery_boy_between(tx, boy, begin_of(day), end_of(day))


async def _stops_to(
    tx: Tx, customers: Mapping[CustomerId, Customer], told: Iterable[Delivery], day: date, at: datetime
) -> list[StopSheet]:
    known = list({one.id: one for one in (*told, *await deliveries_to(tx, list(customers), day))}.values())
    subscribed = await subscriptions_of_customers(tx, list(customers))
    subscriptions = by_customer(as_of(one, at) for one in subscribed)
    return [
        *await _orders(tx, customers, known, subscriptions, day),
        *await _subscribed(tx, customers, known, subscriptions, day, at),
    ]


async def _orders(
    tx: Tx,
    customers: Mapping[CustomerId, Customer],
    known: Iterable[Delivery],
    subscriptions: Mapping[CustomerId | None, Collection[Subscription]],
    day: date,
) -> list[StopSheet]:
    orders = {order.id: order for order in await open_orders(tx, list(customers), day)}
    done = {one.order_id for one in known if one.order_id is not None} - orders.keys()
    orders |= {order.id: order for order in await orders_named(tx, done) if order.status is not OrderStatus.CANCELLED}
    sheets = await _sheets_of(tx, orders.values(), customers, day)
    # What was told of an order stays in the round, though it stood for a subscription.
    return [
        sheet
        for sheet, order in sheets
        if sheet.stop.delivery.is_told or not is_brought_by_subscription(order, subscriptions[order.customer_id], day)
    ]


async def _sheets_of(
    tx: Tx, orders: Iterable[Order], customers: Mapping[CustomerId, Customer], day: date
) -> list[tuple[StopSheet, Order]]:
    his = [(order, customer) for order in orders if (customer := _owner(order, customers)) is not None]
    deliveries = await deliveries_of_orders(tx, [order.id for order, _ in his])
    stops = [(stop_of_order(order, deliveries.get(order.id), day), order, customer) for order, customer in his]
    return [(StopSheet(stop, customer, _lines(order)), order) for stop, order, customer in stops]


async def _subscribed(
    tx: Tx,
    customers: Mapping[CustomerId, Customer],
    known: Collection[Delivery],
    subscriptions: Mapping[CustomerId | None, Collection[Subscription]],
    day: date,
    at: datetime,
) -> list[StopSheet]:
    brought = {customer: _brought(his, day) for customer, his in subscriptions.items()}
    products = await products_known(tx, _products(one for pairs in brought.values() for one, _ in pairs))
    known_to = _by_customer(known)
    sheets = []
    for customer in customers.values():
        stop = stop_of_day(customer.id, customer.user_id, day, known_to[customer.id])
        pairs = brought.get(customer.id, [])
        # What was brought stays in the round, whatever the customer has paused since.
        if stop.delivery.is_told or (pairs and customer.is_served(at)):
            items = tuple(_item(products, one.product_id, quantity) for one, quantity in pairs)
            sheets.append(StopSheet(stop, customer, items))
    return sheets


def _brought(subscriptions: Iterable[Subscription], day: date) -> list[tuple[Subscription, float]]:
    return [(one, quantity) for one in subscriptions if (quantity := quantity_on(one, day)) > 0]


def _owner(order: Order, customers: Mapping[CustomerId, Customer]) -> Customer | None:
    return None if order.customer_id is None else customers.get(order.customer_id)


def _by_customer(deliveries: Iterable[Delivery]) -> dict[CustomerId | None, list[Delivery]]:
    found: dict[CustomerId | None, list[Delivery]] = defaultdict(list)
    for one in deliveries:
        found[one.customer_id].append(one)
    return found


def _lines(order: Order) -> tuple[Item, ...]:
    return tuple(Item(line.name, line.quantity, "") for line in order.lines)


def _brings(sheet: StopSheet, boy: DeliveryBoyId, *, is_usual: bool) -> bool:
    told = sheet.stop.delivery.delivery_boy_id
    return told == boy or (told is None and is_usual)


def _place(sheet: StopSheet) -> tuple[int, str, str, str]:
    one = sheet.customer
    return one.stop or _LAST, one.area or "", one.address or "", sheet.stop.id


def _products(subscriptions: Iterable[Subscription]) -> set[ProductId]:
    return {one.product_id for one in subscriptions if one.product_id is not None}


def _item(products: Mapping[ProductId, Product], product_id: ProductId | None, quantity: float) -> Item:
    product = products.get(product_id) if product_id is not None else None
    return Item("" if product is None else product.name, quantity, "" if product is None else product.unit)
