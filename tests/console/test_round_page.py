"""A delivery boy's round and earnings on his phone."""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.catalog.listing import insert_products
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import insert_customers
from roundsman.database.collections import DELIVERIES, DELIVERY_BOYS, PAYMENTS
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyStatus
from roundsman.delivery.linkage import insert_delivery_boys
from roundsman.identity.importing import insert_users
from roundsman.identity.mode import Mode, OperationsMode, set_mode
from roundsman.runtime import Runtime
from roundsman.subscriptions.pausing import insert_subscriptions
from tests.builders import a_customer, a_delivery_boy, a_product, a_subscription, a_user
from tests.console.browsing import Visitor, Visitors, hidden_fields, words_of
from tests.http.delivering import LONG_AGO, Watch

MILK = a_product()


@dataclass(frozen=True, slots=True)
class Route:
    """A delivery boy at his phone, and two customers of his who get a litre of milk each day."""

    visitors: Visitors
    ravi: Visitor
    boy: DeliveryBoy
    asha: Customer
    usha: Customer
    watch: Watch

    def stop(self, customer: Customer) -> str:
        """How today's stop of a customer is called."""
        return f"{customer.id}:{self.watch.now.date().isoformat()}:-"

    def at(self, customer: Customer, what: str) -> str:
        """Where it is told what became of it."""
        return f"/round/{self.stop(customer)}/{what}"


@pytest.fixture
async def route(runtime: Runtime, tx: Tx, watch: Watch) -> AsyncIterator[Route]:
    """The round of a delivery boy, on the day of the watch."""
    app = create_app(lambda: nullcontext(replace(runtime, clock=watch)))
    async with app.router.lifespan_context(app):
        visitors = Visitors(app, tx)
        ravi, user = await visitors.somebody(Role.DELIVERY_BOY)
        boy = a_delivery_boy(user.id)
        await insert_delivery_boys(tx, [boy])
        await insert_products(tx, [MILK])
        customers = []
        for number, name in enumerate(("Asha Rao", "Usha Nair")):
            one = a_user(name)
            await insert_users(tx, [one])
            customer = replace(a_customer(one.id, name), created_at=LONG_AGO, delivery_boy_id=boy.id, stop=number + 1)
            customers.append(replace(customer, phone=f"+91982005555{number}", address="12 MG Road"))
        await insert_customers(tx, [replace(customers[0], note="Ring the bell once"), customers[1]])
        brought = [a_subscription(one.user_id, customer_id=one.id) for one in customers]
        await insert_subscriptions(tx, [replace(one, product_id=MILK.id) for one in brought])
        yield Route(visitors, ravi, boy, customers[0], customers[1], watch)


async def delivery_of(tx: Tx, customer: Customer) -> Document:
    found = await tx.database[DELIVERIES].find_one({"customer_id": customer.id})
    assert found is not None
    return found


async def test_the_round_says_where_to_go_what_to_bring_and_whom_to_call(route: Route) -> None:
    page = await route.ravi.open("/round")
    words = words_of(page)
    assert words.index("Asha Rao") < words.index("Usha Nair")
    assert "12 MG Road" in words
    assert "Ring the bell once" in words
    assert "1 litre Milk" in words
    assert 'href="tel:+919820055550"' in page.text
    assert "0 of 2 done" in words


async def test_what_is_told_at_the_door_counts_once_and_folds_away(route: Route, tx: Tx) -> None:
    page = await route.ravi.open("/round")
    told = hidden_fields(page, route.at(route.asha, "delivered")) | {"paid": "1,250.50", "method": "upi"}

    for _ in range(2):
        answer = await route.ravi.client.post(route.at(route.asha, "delivered"), data=told)
        assert (answer.status_code, answer.headers["location"]) == (303, "/round")

    assert (await delivery_of(tx, route.asha))["status"] == "completed"
    payments = await tx.database[PAYMENTS].find().to_list()
    assert [(one["amount_paise"], one["method"]) for one in payments] == [(125_050, "upi")]
    words = words_of(await route.ravi.open("/round"))
    assert "1 of 2 done" in words
    assert "₹1,250.50 UPI" in words
    assert words.index("Usha Nair") < words.index("Delivered: 1") < words.index("Asha Rao")


async def test_why_it_failed_is_kept_for_the_office_in_english_and_shown_in_his_language(route: Route, tx: Tx) -> None:
    route.ravi.client.cookies.set("language", "hi", domain="127.0.0.1")
    page = await route.ravi.open("/round")
    await route.ravi.send(page, route.at(route.usha, "not-delivered"), why="gate_locked")

    assert (await delivery_of(tx, route.usha))["reason"] == "The gate was locked"
    page = await route.ravi.open("/round")
    assert "नहीं दे पाए: गेट बंद था" in words_of(page)
    # It may be tried again.
    assert hidden_fields(page, route.at(route.usha, "delivered"))["key"]


@pytest.mark.parametrize(
    ("what", "fields", "says"),
    [
        ("delivered", {"paid": "sixty"}, "Write an amount in rupees"),
        ("delivered", {"paid": "-5"}, "Write an amount in rupees"),
        ("not-delivered", {"why": "other"}, "Write why, in a few words."),
        ("not-delivered", {"why": "bored"}, "Choose a reason."),
    ],
)
async def test_what_cannot_be_read_is_asked_again_with_what_was_typed(
    route: Route, tx: Tx, what: str, fields: dict[str, str], says: str
) -> None:
    page = await route.ravi.open("/round")
    answer = await route.ravi.send(page, route.at(route.asha, what), **fields)
    assert answer.status_code == 422
    assert says in words_of(answer) or "Something is missing" in words_of(answer)
    assert (
        hidden_fields(answer, route.at(route.asha, what))["key"]
        == hidden_fields(page, route.at(route.asha, what))["key"]
    )
    assert all(f'value="{value}"' in answer.text for value in fields.values() if value != "bored")
    assert await tx.database[DELIVERIES].count_documents({}) == 0


async def test_tomorrow_is_only_to_be_looked_at(route: Route) -> None:
    tomorrow = (route.watch.now + timedelta(days=1)).date().isoformat()
    page = await route.ravi.open(f"/round?day={tomorrow}")
    assert "Asha Rao" in words_of(page)
    assert "tel:" not in page.text
    assert 'action="/round/' not in page.text


async def test_a_long_round_shows_the_next_stops_whole_and_the_others_as_links(route: Route, tx: Tx) -> None:
    more = [a_user(f"Customer {number}") for number in range(20)]
    await insert_users(tx, more)
    customers = [
        replace(a_customer(one.id, one.name), created_at=LONG_AGO, delivery_boy_id=route.boy.id) for one in more
    ]
    await insert_customers(tx, customers)
    await insert_subscriptions(tx, [a_subscription(one.user_id, customer_id=one.id) for one in customers])

    page = await route.ravi.open("/round")
    assert page.text.count('class="card stop"') == 8
    later = await route.ravi.open("/round?from=15")
    assert 'id="stop-15"' in later.text
    assert 'id="stop-1"' not in later.text
    stop = later.text.split('id="stop-15"')[1].split('action="')[1].split('"')[0]
    assert (await route.ravi.send(later, stop)).headers["location"] == "/round?from=15"


async def test_while_the_other_application_keeps_the_orders_nothing_is_offered(route: Route, tx: Tx) -> None:
    page = await route.ravi.open("/round")
    await set_mode(tx, Mode(operations=OperationsMode.SOURCE))

    shown = await route.ravi.open("/round")
    assert "Orders are still kept in the existing application." in words_of(shown)
    assert "Asha Rao" in words_of(shown)
    assert 'action="/round/' not in shown.text
    answer = await route.ravi.send(page, route.at(route.asha, "delivered"))
    assert answer.status_code == 409
    assert "Please use that one for now." in words_of(answer)


async def test_who_is_suspended_is_told_so_and_sees_nobody(route: Route, tx: Tx) -> None:
    suspended = {"$set": {"status": DeliveryBoyStatus.SUSPENDED.value}}
    await tx.database[DELIVERY_BOYS].update_one({"_id": route.boy.id}, suspended)
    answer = await route.ravi.open("/round")
    assert answer.status_code == 409
    assert "Call the office." in words_of(answer)
    assert route.asha.name not in answer.text


async def test_another_boys_stop_is_none_of_his(route: Route, tx: Tx) -> None:
    other, user = await route.visitors.somebody(Role.DELIVERY_BOY, name="Sunil Das")
    await insert_delivery_boys(tx, [a_delivery_boy(user.id)])
    empty = await other.open("/round")
    assert "There is nothing to deliver today." in words_of(empty)
    fields = hidden_fields(empty, "/sign-out") | {"key": "0123456789abcdef"}
    answer = await other.client.post(route.at(route.asha, "delivered"), data=fields)
    assert answer.status_code == 404
    assert "not in your round" in words_of(answer)


async def test_earnings_add_up_by_month_and_day(route: Route) -> None:
    page = await route.ravi.open("/round")
    await route.ravi.send(page, route.at(route.asha, "delivered"), paid="60", method="cash")

    now = words_of(await route.ravi.open("/earnings"))
    assert "Mar 2026" in now
    assert "Cash with you ₹60" in now
    assert "Wed, 4 Mar" in now
    before = words_of(await route.ravi.open("/earnings?month=2026-02"))
    assert "Nothing was earned in this month." in before
    for wrong in ("2026-13", "2099-01", "x"):
        assert "Mar 2026" in words_of(await route.ravi.open(f"/earnings?month={wrong}"))
