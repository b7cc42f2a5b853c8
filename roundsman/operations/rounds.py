"""A delivery boy's day: what he has to bring to whom, from the orders and subscriptions of those he delivers to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from bson import ObjectId

from roundsman.catalog.listing import products_known
from roundsman.catalog.products import Product
from roundsman.customers.customers import Customer, CustomerStatus
from roundsman.customers.linkage import customers_called, customers_of_delivery_boy, get_customer
from roundsman.database.transaction import Tx
from roundsman.errors import NotFound
from roundsman.ids import CustomerId, DeliveryBoyId, OrderId, ProductId
from roundsman.orders.book import find_delivery, find_order, owner_of
from roundsman.orders.deliveries import AnyDeliveryId, Delivery, DeliveryStatus, delivery_id_of
from roundsman.orders.orders import Order, OrderOrigin, OrderStatus
from roundsman.orders.rounds import deliveries_of_delivery_boy, deliveries_to, open_orders, orders_named
from roundsman.orders.stops import Stop, day_of_telling
from roundsman.subscriptions.pausing import subscriptions_of_customers
from roundsman.subscriptions.quantities import quantity_on
from roundsman.subscriptions.subscriptions import Subscription

_BROUGHT_TO: Final = {CustomerStatus.ACTIVE, CustomerStatus.TRIAL}
_LAST: Final = 1_000_000


class UnknownStop(NotFound):
    """There is no such stop, or none of who asks."""

    code = "unknown_stop"

    def __init__(self) -> None:
        super().__init__("There is no such stop in your round")


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


async def round_of(tx: Tx, boy: DeliveryBoyId, day: date) -> list[StopSheet]:
    """What a delivery boy brings on a day, or has brought, in the order of the stops."""
    mine = await customers_of_delivery_boy(tx, boy)
    told = await deliveries_of_delivery_boy(tx, boy, day)
    also = {one.customer_id for one in told if one.customer_id is not None} - mine.keys()
    customers = mine | await customers_called(tx, also)
    known = {one.id: one for one in (*told, *await deliveries_to(tx, list(customers), day))}
    stops = [*await _orders(tx, customers, known, day), *await _subscribed(tx, customers, known, day)]
    his = [sheet for sheet in stops if _brings(sheet, boy, is_usual=sheet.customer.id in mine)]
    return sorted(his, key=_place)


async def find_stop(tx: Tx, stop_id: str, *, said: datetime | None = None, now: datetime) -> Stop:
    """Find a stop by the id of its order, or by its customer and day. Raises UnknownStop.

    An order for any day is for that of `said`, by the clock of who tells of it.
    """
    if ObjectId.is_valid(stop_id):
        return await _stop_of_order(tx, OrderId(ObjectId(stop_id)), said or now, now=now)
    customer_id, _, day = stop_id.removesuffix(":-").partition(":")
    try:
        return await _stop_of_day(tx, CustomerId(ObjectId(customer_id)), date.fromisoformat(day))
    except (ValueError, TypeError) as error:
        raise UnknownStop from error


async def delivery_boy_of(tx: Tx, stop: Stop) -> DeliveryBoyId | None:
    """Who brings it: who was told to bring this, else who usually delivers to the customer."""
    if stop.delivery.delivery_boy_id is not None or stop.delivery.customer_id is None:
        return stop.delivery.delivery_boy_id
    return (await get_customer(tx, stop.delivery.customer_id)).delivery_boy_id


async def _orders(
    tx: Tx, customers: Mapping[CustomerId, Customer], known: Mapping[AnyDeliveryId, Delivery], day: date
) -> list[StopSheet]:
    orders = {order.id: order for order in await open_orders(tx, list(customers), day)}
    done = {one.order_id for one in known.values() if one.order_id is not None} - orders.keys()
    orders |= {order.id: order for order in await orders_named(tx, done) if order.status is not OrderStatus.CANCELLED}
    sheets = []
    for order in orders.values():
        customer_id = order.customer_id
        if customer_id is not None and customer_id in customers:
            delivery = known.get(delivery_id_of(order.id)) or await find_delivery(tx, delivery_id_of(order.id))
            stop = Stop(delivery or _delivery_of_order(order, day), order)
            items = tuple(Item(line.name, line.quantity, "") for line in order.lines)
            sheets.append(StopSheet(stop, customers[customer_id], items))
    return sheets


async def _subscribed(
    tx: Tx, customers: Mapping[CustomerId, Customer], known: Mapping[AnyDeliveryId, Delivery], day: date
) -> list[StopSheet]:
    brought: dict[CustomerId, list[tuple[Subscription, float]]] = defaultdict(list)
    for one in await subscriptions_of_customers(tx, list(customers)):
        if one.customer_id is not None and (quantity := quantity_on(one, day)) > 0:
            brought[one.customer_id].append((one, quantity))
    products = await products_known(tx, _products(one for pairs in brought.values() for one, _ in pairs))
    sheets = []
    for customer in customers.values():
        delivery, pairs = known.get(_id_of_day(customer.id, day)), brought.get(customer.id, [])
        # What was brought stays in the round, whatever the customer has paused since.
        if delivery is not None or (pairs and customer.status in _BROUGHT_TO):
            stop = Stop(delivery or _delivery_of_day(customer, day))
            items = tuple(_item(products, one.product_id, quantity) for one, quantity in pairs)
            sheets.append(StopSheet(stop, customer, items))
    return sheets


async def _stop_of_order(tx: Tx, order_id: OrderId, said: datetime, *, now: datetime) -> Stop:
    order = await find_order(tx, order_id)
    if order is None or order.customer_id is None or order.user_id is None:
        raise UnknownStop
    delivery = await find_delivery(tx, delivery_id_of(order_id))
    return Stop(delivery or _delivery_of_order(order, day_of_telling(order, said, now=now)), order)


async def _stop_of_day(tx: Tx, customer_id: CustomerId, day: date) -> Stop:
    customer = (await customers_called(tx, [customer_id])).get(customer_id)
    if customer is None:
        raise UnknownStop
    if (delivery := await find_delivery(tx, _id_of_day(customer_id, day))) is not None:
        return Stop(delivery)
    subscribed = await subscriptions_of_customers(tx, [customer_id])
    if customer.status not in _BROUGHT_TO or not any(quantity_on(one, day) > 0 for one in subscribed):
        raise UnknownStop
    return Stop(_delivery_of_day(customer, day))


def _delivery_of_order(order: Order, day: date) -> Delivery:
    is_done = order.status is OrderStatus.DELIVERED
    return Delivery(
        id=delivery_id_of(order.id),
        customer_id=order.customer_id,
        user_id=owner_of(order),
        for_date=order.for_date or day,
        status=DeliveryStatus.COMPLETED if is_done else DeliveryStatus.PENDING,
        origin=OrderOrigin.ROUNDSMAN,
        order_id=order.id,
        order_name=order.name,
        # Who was to bring an open order says its customer: a source may name somebody who does so no more.
        delivery_boy_id=order.delivery_boy_id if is_done else None,
        at=order.delivered_at,
    )


def _delivery_of_day(customer: Customer, day: date) -> Delivery:
    return Delivery(
        id=_id_of_day(customer.id, day),
        customer_id=customer.id,
        user_id=customer.user_id,
        for_date=day,
        status=DeliveryStatus.PENDING,
        origin=OrderOrigin.ROUNDSMAN,
    )


def _id_of_day(customer_id: CustomerId, day: date) -> str:
    return f"{customer_id}:{day.isoformat()}:-"


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
