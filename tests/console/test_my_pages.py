"""What a customer sees and does: his next delivery, subscriptions, orders and payments."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.calendar import day_of
from roundsman.catalog.listing import insert_products
from roundsman.clock import utc_now
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import insert_customers
from roundsman.database.collections import ORDERS, RATINGS, SUBSCRIPTIONS
from roundsman.database.transaction import Tx
from roundsman.delivery.linkage import insert_delivery_boys
from roundsman.identity.mode import Mode, OperationsMode, set_mode
from roundsman.identity.users import User
from roundsman.ids import PaymentId
from roundsman.orders.book import insert_payment, put_delivery
from roundsman.orders.deliveries import Delivery, DeliveryStatus, delivery_id_of
from roundsman.orders.history import insert_orders
from roundsman.orders.orders import Order, OrderOrigin, OrderStatus
from roundsman.orders.payments import Payment, PaymentStatus
from roundsman.subscriptions.pausing import insert_subscriptions
from roundsman.subscriptions.subscriptions import Subscription
from tests.builders import a_customer, a_delivery_boy, a_product, a_subscription, an_order
from tests.console.browsing import Visitor, Visitors, hidden_fields, words_of

MILK = a_product()


@dataclass(frozen=True, slots=True)
class Home:
    """A customer at her phone who gets a litre of milk each day and had an order delivered."""

    asha: Visitor
    user: User
    customer: Customer
    milk: Subscription
    delivered: Order


@pytest.fixture
async def home(visitors: Visitors, tx: Tx) -> Home:
    """A customer."""
    asha, user = await visitors.somebody(Role.CUSTOMER)
    customer = a_customer(user.id)
    boy = a_delivery_boy(user.id)
    milk = replace(a_subscription(user.id, customer_id=customer.id), product_id=MILK.id)
    order = replace(an_order(user.id, placed_at=utc_now() - timedelta(days=2)), customer_id=customer.id)
    delivered = replace(order, status=OrderStatus.DELIVERED, delivered_at=utc_now() - timedelta(days=1))
    await insert_products(tx, [MILK])
    await insert_customers(tx, [customer])
    await insert_delivery_boys(tx, [boy])
    await insert_subscriptions(tx, [milk])
    await insert_orders(tx, [delivered])
    delivery = Delivery(
        id=delivery_id_of(order.id),
        customer_id=customer.id,
        user_id=user.id,
        for_date=day_of(utc_now()) - timedelta(days=1),
        status=DeliveryStatus.COMPLETED,
        origin=OrderOrigin.ROUNDSMAN,
        order_id=order.id,
        delivery_boy_id=boy.id,
        at=delivered.delivered_at,
    )
    await put_delivery(tx, delivery)
    return Home(asha, user, customer, milk, delivered)


async def test_a_pause_is_seen_at_once_and_ends_when_she_says_so(home: Home, tx: Tx) -> None:
    page = await home.asha.open("/my")
    assert "Next delivery Today" in words_of(page)
    assert "1 litre Milk" in words_of(page)
    today = day_of(utc_now())
    days = {"start": today.isoformat(), "end": (today + timedelta(days=3)).isoformat()}
    answer = await home.asha.send(page, f"/my/subscriptions/{home.milk.id}/pause", **days)
    assert answer.headers["location"] == "/my"

    paused = await home.asha.open("/my")
    assert "Paused" in words_of(paused)
    assert "Next delivery Today" not in words_of(paused)
    stored = await tx.database[SUBSCRIPTIONS].find_one({"_id": home.milk.id})
    assert stored is not None
    assert [(one["start"], one["end"]) for one in stored["pauses"]] == [(days["start"], days["end"])]

    await home.asha.send(paused, f"/my/subscriptions/{home.milk.id}/resume", start=today.isoformat())
    assert "Next delivery Today" in words_of(await home.asha.open("/my"))


@pytest.mark.parametrize(
    ("start", "end", "status"), [("2020-01-01", "", 422), ("", "", 422), ("2999-05-02", "2999-05-01", 422)]
)
async def test_days_that_make_no_pause_are_asked_again(home: Home, start: str, end: str, status: int) -> None:
    page = await home.asha.open("/my")
    answer = await home.asha.send(page, f"/my/subscriptions/{home.milk.id}/pause", start=start, end=end)
    assert answer.status_code == status
    assert f'name="start" type="date" value="{start}"' in answer.text
    assert "Paused" not in words_of(answer)


async def test_the_last_delivery_is_rated_and_rated_otherwise(home: Home, tx: Tx) -> None:
    path = f"/my/deliveries/{home.delivered.id}/rating"
    for stars in ("2", "5"):
        answer = await home.asha.send(await home.asha.open("/my"), path, stars=stars)
        assert answer.headers["location"] == "/my"
    assert [one["stars"] for one in await tx.database[RATINGS].find().to_list()] == [5]
    page = await home.asha.open("/my")
    assert page.text.count('class="given"') == 5
    assert (await home.asha.send(page, path, stars="6")).status_code == 422


async def test_an_order_is_cancelled_while_it_can_be(home: Home, tx: Tx) -> None:
    open_order = replace(an_order(home.user.id, placed_at=utc_now()), customer_id=home.customer.id)
    await insert_orders(tx, [open_order])
    page = await home.asha.open("/my/orders")
    assert f"/my/orders/{home.delivered.id}/cancel" not in page.text

    answer = await home.asha.send(page, f"/my/orders/{open_order.id}/cancel")
    assert answer.headers["location"] == "/my/orders"
    stored = await tx.database[ORDERS].find_one({"_id": open_order.id})
    assert stored is not None
    assert (stored["status"], stored["cancelled_by_customer"]) == ("cancelled", True)

    delivered = {"$set": {"status": "delivered"}, "$unset": {"cancelled_at": ""}}
    await tx.database[ORDERS].update_one({"_id": open_order.id}, delivered)
    late = await home.asha.send(page, f"/my/orders/{open_order.id}/cancel")
    assert late.status_code == 409
    assert "delivered or cancelled already" in words_of(late)


async def test_payments_are_listed_with_what_came_of_them(home: Home, tx: Tx) -> None:
    assert "There are no payments yet." in words_of(await home.asha.open("/my/orders?show=payments"))
    paid = Payment(
        PaymentId(ObjectId()),
        home.customer.id,
        home.user.id,
        6_450,
        "Upi",
        utc_now(),
        PaymentStatus.FAILED,
        OrderOrigin.ROUNDSMAN,
    )
    await insert_payment(tx, paid)
    assert "₹64.50 UPI Failed" in words_of(await home.asha.open("/my/orders?show=payments"))


async def test_nothing_is_offered_that_the_other_application_keeps(home: Home, tx: Tx) -> None:
    page = await home.asha.open("/my")
    await set_mode(tx, Mode(operations=OperationsMode.SOURCE))
    for path in ("/my", "/my/orders"):
        shown = await home.asha.open(path)
        assert "Orders are still kept in the existing application." in words_of(shown)
        assert 'action="/my/' not in shown.text
    days = {"start": day_of(utc_now()).isoformat()}
    answer = await home.asha.send(page, f"/my/subscriptions/{home.milk.id}/pause", **days)
    assert answer.status_code == 409
    assert "Please use that one for now." in words_of(answer)


async def test_what_is_anothers_is_not_there(home: Home, visitors: Visitors, tx: Tx) -> None:
    usha, _ = await visitors.somebody(Role.CUSTOMER, name="Usha Nair")
    fields = hidden_fields(await usha.open("/my"), "/sign-out") | {"start": "2999-01-01", "stars": "1"}
    for path in (
        f"/my/subscriptions/{home.milk.id}/pause",
        f"/my/deliveries/{home.delivered.id}/rating",
        f"/my/orders/{home.delivered.id}/cancel",
    ):
        answer = await usha.client.post(path, data=fields)
        assert answer.status_code == 404, path
        assert 'role="alert"' in answer.text, path
    assert await tx.database[RATINGS].count_documents({}) == 0


async def test_who_has_nothing_yet_is_told_what_to_do(visitors: Visitors) -> None:
    usha, _ = await visitors.somebody(Role.CUSTOMER, name="Usha Nair")
    words = words_of(await usha.open("/my"))
    assert "Nothing is coming at the moment." in words
    assert "Call us to get milk every morning." in words
    nothing = await usha.open("/my/orders")
    assert "You have not ordered anything yet." in words_of(nothing)
    assert 'href="/my/order"' in nothing.text


async def test_what_she_orders_is_hers_once_at_the_price_of_the_day(home: Home, tx: Tx) -> None:
    page = await home.asha.open("/my/order")
    assert "Milk ₹32 per litre" in words_of(page)
    field, tomorrow = f"quantity_{MILK.id}", day_of(utc_now()) + timedelta(days=1)
    hidden = hidden_fields(page, "/my/order")

    for wanted, words in ({field: ""}, "at least one product"), ({field: "0.3"}, "like 2 or 0.5"):
        refused = await home.asha.send(page, "/my/order", day=tomorrow.isoformat(), **wanted)
        assert (refused.status_code, words in words_of(refused)) == (422, True)
        assert hidden_fields(refused, "/my/order")["key"] == hidden["key"]
    past = await home.asha.send(page, "/my/order", day="2026-01-01", **{field: "2"})
    assert (past.status_code, "This day is over" in words_of(past)) == (422, True)
    for _ in range(2):
        answer = await home.asha.send(page, "/my/order", day=tomorrow.isoformat(), **{field: "2.5"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/my/orders")

    (order,) = await tx.database[ORDERS].find({"user_id": home.user.id, "status": "pending"}).to_list()
    (line,) = order["lines"]
    assert (line["product_id"], line["quantity"], order["for_date"]) == (MILK.id, 2.5, tomorrow.isoformat())
    assert order["total_paise"] == round(2.5 * line["unit_price_paise"])
    assert "Ordered." in words_of(await home.asha.open("/my/orders"))
