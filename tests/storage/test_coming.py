"""What comes to a customer next."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from roundsman.calendar import day_of
from roundsman.catalog.listing import insert_products
from roundsman.customers.customers import Customer, CustomerStatus
from roundsman.customers.linkage import insert_customers
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.operations.delivering.coming import Coming, coming_to, subscribed_by
from roundsman.operations.delivering.rounds import Item
from roundsman.orders.book import put_delivery
from roundsman.orders.deliveries import Delivery, DeliveryStatus
from roundsman.orders.history import insert_orders
from roundsman.orders.orders import Order, OrderLine, OrderOrigin, OrderStatus, OrderType
from roundsman.subscriptions.pausing import insert_subscriptions
from roundsman.subscriptions.subscriptions import Pause, Subscription
from tests.builders import NOW, a_customer, a_product, a_subscription, a_user, an_order

MILK = a_product()
TODAY = day_of(NOW)
USER = a_user().id


def on(days: int) -> date:
    return TODAY + timedelta(days=days)


def milk_of(customer: Customer, **more: object) -> Subscription:
    one = a_subscription(USER, customer_id=customer.id)
    return replace(one, product_id=MILK.id, **more)  # type: ignore[arg-type]  # its fields


def order_of(customer: Customer, **more: object) -> Order:
    lines = (OrderLine(MILK.id, "Curd", 2, 4_000),)
    return replace(an_order(USER), customer_id=customer.id, lines=lines, **more)  # type: ignore[arg-type]  # its fields


async def coming(tx: Tx, user_id: UserId = USER) -> Coming | None:
    return await coming_to(tx, user_id, await subscribed_by(tx, user_id, now=NOW), now=NOW)


@pytest.fixture
async def asha(tx: Tx) -> Customer:
    """A customer who is served."""
    customer = a_customer(USER)
    await insert_customers(tx, [customer])
    await insert_products(tx, [MILK])
    return customer


async def test_to_who_gets_nothing_nothing_comes(tx: Tx, asha: Customer) -> None:
    await insert_subscriptions(tx, [milk_of(asha, end=on(-1))])
    await insert_orders(
        tx,
        [
            order_of(asha, status=OrderStatus.CANCELLED),
            order_of(asha, status=OrderStatus.DELIVERED),
            # Nobody brings any more what was not brought within its week.
            order_of(asha, for_date=on(-8)),
        ],
    )
    assert await coming(tx) is None


async def test_the_first_day_counts_and_the_same_of_several_is_one(tx: Tx, asha: Customer) -> None:
    await insert_subscriptions(tx, [milk_of(asha), milk_of(asha), milk_of(asha, start=on(3))])
    await insert_orders(tx, [order_of(asha, for_date=on(2)), order_of(asha, for_date=on(-1))])
    found = await coming(tx)
    assert found == Coming(TODAY, (Item("Curd", 2, ""), Item("Milk", 2, "litre")))


async def test_what_was_brought_today_comes_again_on_its_next_day(tx: Tx, asha: Customer) -> None:
    await insert_subscriptions(tx, [milk_of(asha, pauses=(Pause(on(1), on(2)),))])
    brought = Delivery(
        f"{asha.id}:{TODAY}:-", asha.id, USER, TODAY, DeliveryStatus.COMPLETED, OrderOrigin.ROUNDSMAN, at=NOW
    )
    await put_delivery(tx, brought)
    assert await coming(tx) == Coming(on(3), (Item("Milk", 1, "litre"),))


async def test_an_order_that_stands_for_a_subscription_is_not_brought_besides(tx: Tx, asha: Customer) -> None:
    await insert_subscriptions(tx, [milk_of(asha)])
    await insert_orders(tx, [order_of(asha, type=OrderType.SUBSCRIPTION, for_date=TODAY)])
    assert await coming(tx) == Coming(TODAY, (Item("Milk", 1, "litre"),))


async def test_to_who_is_not_served_no_subscription_comes(tx: Tx) -> None:
    stopped = replace(a_customer(USER), status=CustomerStatus.STOPPED)
    await insert_customers(tx, [stopped])
    await insert_subscriptions(tx, [milk_of(stopped)])
    (one,) = await subscribed_by(tx, USER, now=NOW)
    assert (one.customer, one.product, one.next_day) == (stopped, None, None)
    assert await coming(tx) is None
