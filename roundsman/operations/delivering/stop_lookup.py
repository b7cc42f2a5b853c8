"""A stop by its id, and who has to do with it: who brings it now, and who may tell what became of it.

A day that is over is judged by what was so on it: whoever delivered to the customer on that day may tell of it, and what was
paused or closed only after the delivery was due all the same.
"""

from datetime import date, datetime

from bson import ObjectId
from bson.errors import InvalidId

from roundsman.calendar import begin_of, end_of
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import customers_called, get_customer
from roundsman.database.transaction import Tx
from roundsman.delivery.linkage import delivery_boys_at_work
from roundsman.errors import NotFound
from roundsman.ids import CustomerId, DeliveryBoyId, OrderId
from roundsman.operations.selling.subscribed_orders import is_brought_by_subscription
from roundsman.orders.book import find_order
from roundsman.orders.deliveries import DeliveryStatus
from roundsman.orders.orders import Order, OrderType
from roundsman.orders.rounds import deliveries_of_orders, deliveries_to
from roundsman.orders.stops import Stop, day_of_telling, instant_of, stop_of_day, stop_of_order
from roundsman.subscriptions.pausing import subscriptions_of_customers
from roundsman.subscriptions.quantities import as_of, quantity_on


class UnknownStop(NotFound):
    """There is no such stop, or none of who asks."""

    code = "unknown_stop"

    def __init__(self, said: str = "There is no such stop") -> None:
        super().__init__(said)


class NotInRound(UnknownStop):
    """The same for a delivery boy, who is told no more of what is not his than of what is not there."""

    def __init__(self) -> None:
        super().__init__("There is no such stop in your round")


async def find_stop(tx: Tx, stop_id: str, *, said: datetime | None = None, now: datetime) -> Stop:
    """Find a stop by the id of its order, or by its customer and day. Raises UnknownStop.

    `said` is when something happened to it, by the clock of who tells of it: an order for any day is for that of this
    instant, and what was due is judged by it.
    """
    if ObjectId.is_valid(stop_id):
        return await _stop_of_order(tx, OrderId(ObjectId(stop_id)), said or now, now=now)
    customer_id, day = _parts_of(stop_id)
    return await _stop_of_day(tx, customer_id, day, said or now, now=now)


def _parts_of(stop_id: str) -> tuple[CustomerId, date]:
    customer_id, _, day = stop_id.removesuffix(":-").partition(":")
    try:
        return CustomerId(ObjectId(customer_id)), date.fromisoformat(day)
    except (InvalidId, ValueError) as error:
        raise UnknownStop from error


async def delivery_boy_of(tx: Tx, stop: Stop) -> DeliveryBoyId | None:
    """Who brings it: who was told to bring this, else who usually delivers to the customer; nobody where he is not at work.

    What was brought stays his who brought it.
    """
    delivery = stop.delivery
    boy = delivery.delivery_boy_id
    if boy is None and delivery.customer_id is not None:
        boy = (await get_customer(tx, delivery.customer_id)).delivery_boy_id
    if boy is None or delivery.status is DeliveryStatus.COMPLETED:
        return boy
    return boy if await delivery_boys_at_work(tx, [boy]) else None


async def may_tell(tx: Tx, boy: DeliveryBoyId, stop: Stop, *, now: datetime) -> bool:
    """Whether a delivery boy may tell what became of a stop: one who was told to bring it, or delivered on its day.

    An order may be brought later too: by whoever delivered to the customer since its day.
    """
    delivery = stop.delivery
    if delivery.delivery_boy_id is not None or delivery.customer_id is None:
        return delivery.delivery_boy_id == boy
    if stop.order is not None and not delivery.is_told and await _is_of_subscription(tx, stop.order, delivery.for_date):
        return False
    customer = await get_customer(tx, delivery.customer_id)
    last = end_of(delivery.for_date) if stop.order is None else now
    return boy in customer.delivery_boys_between(begin_of(delivery.for_date), last)


async def _stop_of_order(tx: Tx, order_id: OrderId, said: datetime, *, now: datetime) -> Stop:
    order = await find_order(tx, order_id)
    if order is None or order.customer_id is None or order.user_id is None:
        raise UnknownStop
    delivery = (await deliveries_of_orders(tx, [order_id])).get(order_id)
    return stop_of_order(order, delivery, day_of_telling(order, said, now=now))


async def _stop_of_day(tx: Tx, customer_id: CustomerId, day: date, said: datetime, *, now: datetime) -> Stop:
    customer = (await customers_called(tx, [customer_id])).get(customer_id)
    if customer is None:
        raise UnknownStop
    stop = stop_of_day(customer.id, customer.user_id, day, await deliveries_to(tx, [customer_id], day))
    if not stop.delivery.is_told and not await _is_due(tx, customer, day, instant_of(day, said, now=now)):
        raise UnknownStop
    return stop


async def _is_of_subscription(tx: Tx, order: Order, day: date) -> bool:
    if order.type is not OrderType.SUBSCRIPTION or order.customer_id is None:
        return False
    return is_brought_by_subscription(order, await subscriptions_of_customers(tx, [order.customer_id]), day)


async def _is_due(tx: Tx, customer: Customer, day: date, at: datetime) -> bool:
    subscribed = await subscriptions_of_customers(tx, [customer.id])
    return customer.is_served(at) and any(quantity_on(as_of(one, at), day) > 0 for one in subscribed)
