"""Rounds where an existing application managed deliveries before: nothing is brought, counted or paid twice."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from bson import ObjectId

from roundsman.calendar import day_of
from roundsman.customers.customers import Customer
from roundsman.database import collections
from roundsman.identity.mode import Mode, set_mode
from roundsman.ids import DeliveryBoyId, DeliveryId, SourceRef
from roundsman.orders.dealings import insert_deliveries
from roundsman.orders.deliveries import AnyDeliveryId, Delivery, DeliveryStatus
from roundsman.orders.orders import OrderLine, OrderOrigin, OrderStatus, OrderType
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from tests.http.delivering import BEGIN, MILK, RATE, Depot, Watch
from tests.http.shopping import code_of

TODAY = day_of(BEGIN)
DAY = timedelta(days=1)
NO_STOP = (404, "unknown_stop")
NOT_THE_DAY = (409, "not_the_day")


@pytest.fixture
async def runtime(settings: Settings, watch: Watch) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock the test sets."""
    async with open_runtime(settings, clock=watch) as runtime:
        yield runtime


async def brought_there(depot: Depot, identity: AnyDeliveryId, day: date = TODAY, **more: Any) -> Delivery:  # noqa: ANN401  fields
    """What the existing application knows of a delivery to Asha by Ravi."""
    known = Delivery(
        id=identity,
        customer_id=depot.asha.id,
        user_id=depot.asha.user_id,
        for_date=day,
        status=DeliveryStatus.COMPLETED,
        origin=OrderOrigin.SOURCE,
        delivery_boy_id=DeliveryBoyId(ObjectId(depot.ravi.id)),
        at=depot.watch.now,
        source=SourceRef("deliveries", str(identity), b"0" * 32),
    )
    delivery = replace(known, **more)
    await insert_deliveries(depot.tx, [delivery])
    return delivery


async def subscription_order(depot: Depot, customer: Customer, day: date, *, is_milk: bool = True) -> str:
    """What the existing application wrote for a day of a subscription."""
    line = OrderLine(MILK.id if is_milk else None, "Milk" if is_milk else "Curd", 1, 6_400)
    order = await depot.order(customer, day, type=OrderType.SUBSCRIPTION, lines=(line,), origin=OrderOrigin.SOURCE)
    return str(order.id)


@pytest.mark.parametrize("identity", [DeliveryId(ObjectId()), "cust-17:2026-03-04:morning"])
async def test_what_was_brought_there_today_is_brought(depot: Depot, identity: AnyDeliveryId) -> None:
    stop = await depot.subscribe(depot.asha)
    await brought_there(depot, "cust-17:2026-03-04:evening", status=DeliveryStatus.PENDING)
    await brought_there(depot, identity)

    (seen,) = await depot.round(depot.ravi)
    again = await depot.delivered(depot.ravi, stop, "first-key")
    await depot.do(depot.owner, "POST", f"/stops/{stop}/delivery-boy", {"delivery_boy_id": depot.sunil.id})

    assert (seen["id"], seen["status"], again.status_code) == (stop, "completed", 204)
    assert (await depot.earned(depot.ravi), await depot.earned(depot.sunil)) == (0, 0)
    assert await depot.tx.database[collections.DELIVERIES].count_documents({}) == 2


async def test_an_order_that_was_brought_there_is_brought(depot: Depot) -> None:
    order = await depot.order(depot.asha, TODAY, origin=OrderOrigin.SOURCE)
    await brought_there(depot, DeliveryId(ObjectId()), order_id=order.id, order_name="o-17")
    gone = await depot.order(
        depot.asha, TODAY, origin=OrderOrigin.SOURCE, status=OrderStatus.DELIVERED, delivered_at=BEGIN
    )
    (seen,) = await depot.round(depot.ravi)
    assert (seen["id"], seen["status"]) == (str(order.id), "completed")
    assert (await depot.delivered(depot.ravi, str(order.id), "first-key")).status_code == 204
    await depot.do(depot.owner, "POST", f"/stops/{gone.id}/delivery-boy", {"delivery_boy_id": depot.sunil.id})
    assert (await depot.earned(depot.ravi), await depot.earned(depot.sunil)) == (0, 0)


async def test_what_was_still_to_be_brought_there_is_brought_and_paid_here_once(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    await brought_there(depot, DeliveryId(ObjectId()), status=DeliveryStatus.PENDING, at=None)
    assert [(one["id"], one["status"]) for one in await depot.round(depot.ravi)] == [(stop, "pending")]
    for key in ("first-key", "other-key"):
        assert (await depot.delivered(depot.ravi, stop, key)).status_code == 204
    assert await depot.earned(depot.ravi) == RATE
    assert await depot.tx.database[collections.DELIVERIES].count_documents({}) == 1


async def test_days_before_the_switch_are_not_told_here(depot: Depot) -> None:
    await set_mode(depot.tx, Mode(people_since=BEGIN - 3 * DAY, operations_since=BEGIN))
    today = await depot.subscribe(depot.asha)
    order = await depot.order(depot.asha, TODAY - DAY)
    before = f"{depot.asha.id}:{TODAY - DAY}:-"

    refused = await depot.delivered(depot.ravi, before, "first-key")

    assert code_of(refused) == NOT_THE_DAY
    for stop in (str(order.id), today):
        assert (await depot.delivered(depot.ravi, stop, "first-key")).status_code == 204
    assert await depot.earned(depot.ravi) == 2 * RATE


async def test_an_order_that_stands_for_a_subscription_counts_once(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    doubled = await subscription_order(depot, depot.asha, TODAY)
    other = await subscription_order(depot, depot.asha, TODAY, is_milk=False)
    alone = await subscription_order(depot, depot.usha, TODAY)

    assert sorted(await depot.stops(depot.ravi)) == sorted([stop, other])
    assert await depot.stops(depot.sunil) == [alone]
    assert code_of(await depot.delivered(depot.ravi, doubled, "first-key")) == NO_STOP
    for one in (stop, other):
        assert (await depot.delivered(depot.ravi, one, "first-key")).status_code == 204
    assert await depot.earned(depot.ravi) == 2 * RATE
    demand = (await depot.get(depot.owner, "/suppliers/demand", day=str(TODAY)))["products"]
    assert {one["name"]: (one["ordered"], one["subscribed"]) for one in demand} == {"Milk": (1, 1), "Curd": (1, 0)}


async def test_what_is_a_week_late_is_the_offices_and_in_no_round(depot: Depot) -> None:
    orders = [str((await depot.order(depot.asha, TODAY - days * DAY)).id) for days in (7, 8, 400)]
    nobodys = await depot.order(depot.asha, TODAY - 9 * DAY, status=OrderStatus.CANCELLED)

    assert await depot.stops(depot.ravi) == orders[:1]
    assert (await depot.delivered(depot.ravi, orders[0], "first-key")).status_code == 204
    late = await depot.get(depot.owner, "/stops/overdue")
    assert [(one["id"], one["for_date"]) for one in late] == [
        (orders[2], str(TODAY - 400 * DAY)),
        (orders[1], str(TODAY - 8 * DAY)),
    ]
    assert str(nobodys.id) not in str(late)
    assert [one["id"] for one in await depot.get(depot.owner, "/stops/overdue", skip="1")] == [orders[1]]
    assert await depot.get(depot.owner, "/stops/unassigned") == []
    await depot.do(depot.owner, "POST", f"/orders/{orders[1]}/delivered", {})
    assert [one["id"] for one in await depot.get(depot.owner, "/stops/overdue")] == [orders[2]]


async def test_a_stop_given_to_another_is_no_stop_when_nothing_is_due_any_more(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    await depot.do(depot.owner, "POST", f"/stops/{stop}/delivery-boy", {"delivery_boy_id": depot.sunil.id})
    assert await depot.stops(depot.sunil) == [stop]
    (one,) = await depot.get(depot.asha.user_id, "/subscriptions")
    await depot.do(depot.asha.user_id, "POST", f"/subscriptions/{one['id']}/pause", {"start": str(TODAY)})
    assert await depot.stops(depot.sunil) == []
    assert code_of(await depot.delivered(depot.sunil, stop, "first-key")) == NO_STOP
    assert await depot.earned(depot.sunil) == 0


@pytest.mark.parametrize("identity", [DeliveryId(ObjectId()), "cust-17:2026-03-04:morning"])
async def test_a_customer_rates_what_was_brought_there_as_it_is_listed(depot: Depot, identity: AnyDeliveryId) -> None:
    await brought_there(depot, identity)
    (listed,) = await depot.get(depot.asha.user_id, "/deliveries")

    rated = await depot.do(depot.asha.user_id, "PUT", f"/deliveries/{listed['id']}/rating", {"stars": 4})
    others = await depot.ask(depot.usha.user_id, "PUT", f"/deliveries/{listed['id']}/rating", {"stars": 1})
    strange = await depot.ask(depot.asha.user_id, "PUT", "/deliveries/x:y:z/rating", {"stars": 1})

    assert (rated["id"], rated["stars"]) == (str(identity), 4)
    assert await depot.get(depot.asha.user_id, "/deliveries") == [rated]
    assert code_of(others) == code_of(strange) == NO_STOP
    assert "your round" not in others.text + strange.text
