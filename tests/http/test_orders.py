"""Orders over HTTP: what is ordered is written once, at the catalogue's price, and the customer comes along."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId

from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.tracking import find_tracked, transitions_of
from roundsman.calendar import begin_of, day_of
from roundsman.catalog.listing import insert_products
from roundsman.catalog.products import Price
from roundsman.clock import utc_now
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import insert_customers
from roundsman.database import collections
from roundsman.database.transaction import Tx
from roundsman.identity.mode import Mode, OperationsMode, set_mode
from roundsman.ids import UserId
from tests.builders import NOW, a_customer, a_product
from tests.http.shopping import MILK, ORDERS, code_of, open_shop, ordered, two_litres

SOURCE = Mode(operations=OperationsMode.SOURCE)


async def told(tx: Tx, customer: Customer, *, besides: str = "signup login") -> list[str]:
    """The types of what was told of a customer, the earliest first, without how he came here."""
    types = [fact.type.value for fact in await facts_of(tx, customer.user_id)]
    return [one for one in types if one not in besides.split()]


async def status_of(tx: Tx, user_id: UserId) -> ActivationStatus | None:
    tracked = await find_tracked(tx, user_id)
    return None if tracked is None else tracked.lifecycle.status


async def test_an_order_costs_what_the_catalogue_says(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)

    order = await ordered(api, shop)

    assert order["lines"] == [{"product_id": str(MILK.id), "name": "Milk", "quantity": 2, "unit_price_paise": 3200}]
    assert (order["total_paise"], order["status"], order["customer_id"]) == (6400, "pending", str(shop.asha.id))
    assert [one["id"] for one in (await api.get(ORDERS, headers=shop.asha_headers)).json()] == [order["id"]]
    assert (await api.get(ORDERS, headers=shop.usha_headers)).json() == []
    (fact,) = [one for one in await facts_of(tx, shop.asha.user_id) if one.type == "order.placed"]
    assert (fact.source_id, fact.amount_paise) == (order["id"], 6400)
    (entry,) = await tx.database[collections.AUDIT_LOG].find({"target": f"order:{order['id']}"}).to_list()
    assert (entry["action"], entry["actor"]["who"]) == ("order.placed", str(shop.asha.user_id))


async def test_an_order_for_a_day_has_the_price_of_that_day(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    today = day_of(utc_now())
    dearer = today + timedelta(days=3)
    ghee = a_product(Price(50_000, begin_of(today) - timedelta(days=9)), Price(60_000, begin_of(dearer)))
    await insert_products(tx, [ghee])
    prices = []
    for day in (today, dearer - timedelta(days=1), dearer):
        line = {"product_id": str(ghee.id), "quantity": 1}
        body = {"key": f"for-{day}", "lines": [line], "for_date": day.isoformat()}
        answer = await api.post(ORDERS, json=body, headers=shop.asha_headers)
        prices.append(answer.json()["total_paise"])
    assert prices == [50_000, 50_000, 60_000]
    body = two_litres(for_date=(today - timedelta(days=1)).isoformat())
    assert code_of(await api.post(ORDERS, json=body, headers=shop.asha_headers)) == (422, "day_passed")


@pytest.mark.parametrize("field", ["unit_price_paise", "price", "total_paise"])
async def test_a_price_from_outside_is_refused(api: httpx.AsyncClient, tx: Tx, field: str) -> None:
    shop = await open_shop(api, tx)
    in_line = two_litres()
    in_line["lines"][0][field] = -500
    for body in (two_litres() | {field: -500}, in_line):
        assert code_of(await api.post(ORDERS, json=body, headers=shop.asha_headers)) == (422, "invalid_request")
    assert await tx.database[collections.ORDERS].count_documents({}) == 0


@pytest.mark.parametrize("quantity", [0, -1, 0.3, 1001, "NaN"])
async def test_a_quantity_nobody_can_bring_is_refused(api: httpx.AsyncClient, tx: Tx, quantity: object) -> None:
    shop = await open_shop(api, tx)
    body = two_litres()
    body["lines"][0]["quantity"] = quantity
    assert code_of(await api.post(ORDERS, json=body, headers=shop.asha_headers)) == (422, "invalid_request")


async def test_what_is_not_in_the_catalogue_is_not_ordered(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    gone = a_product(active=False)
    await insert_products(tx, [gone])
    answers = []
    for product_id in (gone.id, ObjectId()):
        body = {"key": "not-there", "lines": [{"product_id": str(product_id), "quantity": 1}]}
        answers.append(code_of(await api.post(ORDERS, json=body, headers=shop.asha_headers)))
    assert answers == [(409, "product_not_sold"), (422, "unknown_product")]


async def test_the_same_sent_many_times_at_once_is_one_order(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)

    answers = await asyncio.gather(*(api.post(ORDERS, json=two_litres(), headers=shop.asha_headers) for _ in range(6)))
    later = await api.post(ORDERS, json=two_litres(), headers=shop.asha_headers)

    assert {one.status_code for one in (*answers, later)} == {201}
    assert {one.text for one in answers} == {later.text}
    assert await tx.database[collections.ORDERS].count_documents({}) == 1
    assert await told(tx, shop.asha) == ["order.placed"]
    assert await tx.database[collections.FACT_CONFLICTS].count_documents({}) == 0


async def test_a_key_sent_for_something_else_is_a_conflict(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    await ordered(api, shop)
    other: list[dict[str, Any]] = [two_litres(for_date="2099-01-01"), two_litres()]
    other[1]["lines"][0]["quantity"] = 3
    for body in other:
        answer = await api.post(ORDERS, json=body, headers=shop.asha_headers)
        assert code_of(answer) == (409, "key_used_otherwise")
    assert (await api.post(ORDERS, json=two_litres(), headers=shop.usha_headers)).status_code == 201


async def test_three_orders_bring_a_customer_from_new_to_engaged(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    registration = {"name": "Meena Joshi", "phone": "99200 54321"}
    meena = (await api.post("/api/v1/customers", json=registration, headers=shop.admin)).json()
    statuses = []
    for number in range(3):
        path = f"/api/v1/customers/{meena['customer_id']}/orders"
        answer = await api.post(path, json=two_litres(f"meenas-{number}"), headers=shop.admin)
        assert answer.status_code == 201
        statuses.append(await status_of(tx, UserId(ObjectId(meena["user_id"]))))
    assert statuses == ["active", "active", "engaged"]
    came = await transitions_of(tx, UserId(ObjectId(meena["user_id"])))
    assert [one.after.value for one in came] == ["new", "active", "engaged"]


async def test_who_cancels_his_only_order_is_new_or_onboarded_again(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    order = await ordered(api, shop)

    answers = [await api.post(f"{ORDERS}/{order['id']}/cancel", headers=shop.asha_headers) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert (answers[0].json()["status"], answers[0].json()["cancelled_by_customer"]) == ("cancelled", True)
    assert await told(tx, shop.asha) == ["order.placed", "order.cancelled"]
    assert (await facts_of(tx, shop.asha.user_id))[-1].by_customer
    assert await status_of(tx, shop.asha.user_id) in {"new", "onboarded"}


async def test_what_staff_cancels_is_not_the_customers_doing(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    order = await ordered(api, shop)
    path = f"{shop.of_asha('orders')}/{order['id']}/cancel"

    answer = await api.post(path, json={"reason": "the dairy is closed"}, headers=shop.admin)

    assert (answer.json()["status"], answer.json()["cancelled_by_customer"]) == ("cancelled", False)
    assert not (await facts_of(tx, shop.asha.user_id))[-1].by_customer
    (entry,) = await tx.database[collections.AUDIT_LOG].find({"action": "order.cancelled"}).to_list()
    assert entry["reason"] == "the dairy is closed"


async def test_an_order_listed_under_another_profile_of_the_same_person_is_cancelled_there(
    api: httpx.AsyncClient, tx: Tx
) -> None:
    shop = await open_shop(api, tx)
    order = await ordered(api, shop)
    await insert_customers(tx, [second := a_customer(shop.asha.user_id)])
    path = f"/api/v1/customers/{second.id}/orders"

    assert [one["id"] for one in (await api.get(path, headers=shop.admin)).json()] == [order["id"]]
    answer = await api.post(f"{path}/{order['id']}/cancel", json={"reason": "asked at the door"}, headers=shop.admin)

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert await told(tx, shop.asha) == ["order.placed", "order.cancelled"]


async def test_what_belongs_to_others_is_not_there(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    order = await ordered(api, shop)
    body = two_litres(customer_id=str(shop.asha.id))
    ways = [
        await api.post(f"{ORDERS}/{order['id']}/cancel", headers=shop.usha_headers),
        await api.post(f"{ORDERS}/{ObjectId()}/cancel", headers=shop.usha_headers),
        await api.post(
            f"/api/v1/customers/{shop.usha.id}/orders/{order['id']}/cancel", json={"reason": "x"}, headers=shop.admin
        ),
        await api.post(ORDERS, json=body, headers=shop.usha_headers),
        await api.post(f"/api/v1/customers/{ObjectId()}/orders", json=two_litres(), headers=shop.admin),
    ]
    assert [code_of(one) for one in ways] == [(404, "unknown_order")] * 3 + [(404, "unknown_customer")] * 2
    assert await told(tx, shop.usha) == []


async def test_an_order_fails_twice_and_is_delivered_once(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    order = await ordered(api, shop)
    path = f"{ORDERS}/{order['id']}"

    for attempt in (1, 1, 2):
        body = {"reason": "nobody at home", "attempt": attempt}
        failed = await api.post(f"{path}/not-delivered", json=body, headers=shop.admin)
        assert failed.json()["status"] == "not_delivered"
    skipped = await api.post(f"{path}/not-delivered", json={"reason": "x", "attempt": 4}, headers=shop.admin)
    done = [await api.post(f"{path}/delivered", headers=shop.admin) for _ in range(2)]

    assert code_of(skipped) == (409, "attempt_skipped")
    assert [one.json()["status"] for one in done] == ["delivered", "delivered"]
    assert await told(tx, shop.asha) == ["order.placed", "delivery.failed", "delivery.failed", "delivery.completed"]
    assert (await facts_of(tx, shop.asha.user_id))[-1].order_id == order["id"]
    (delivery,) = await tx.database[collections.DELIVERIES].find().to_list()
    assert (delivery["status"], delivery["failed_attempts"]) == ("completed", 2)
    tracked = await find_tracked(tx, shop.asha.user_id)
    assert tracked is not None
    assert tracked.lifecycle.orders_valid == 1
    late = await api.post(f"{path}/cancel", headers=shop.asha_headers)
    assert code_of(late) == (409, "order_not_open")


async def test_while_the_existing_application_manages_operations_nothing_is_ordered(
    api: httpx.AsyncClient, tx: Tx
) -> None:
    shop = await open_shop(api, tx)
    await set_mode(tx, SOURCE)
    for path, headers in ((ORDERS, shop.asha_headers), (shop.of_asha("orders"), shop.admin)):
        answer = await api.post(path, json=two_litres(), headers=headers)
        assert code_of(answer) == (409, "operations_managed_elsewhere")
    assert (await api.get(ORDERS, headers=shop.asha_headers)).status_code == 200
    assert await tx.database[collections.ORDERS].count_documents({}) == 0


async def test_lists_are_read_a_page_at_a_time_the_newest_first(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    placed = [(await ordered(api, shop, f"order-no-{number}"))["id"] for number in range(3)]
    for path, headers in ((ORDERS, shop.asha_headers), (shop.of_asha("orders"), shop.admin)):
        pages = [await api.get(path, params={"skip": skip, "limit": 2}, headers=headers) for skip in (0, 2)]
        assert [[one["id"] for one in page.json()] for page in pages] == [[placed[2], placed[1]], [placed[0]]]


async def test_who_has_two_addresses_says_which_and_comes_and_goes_as_one(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    office = replace(a_customer(shop.asha.user_id), created_at=NOW + timedelta(days=1))
    await insert_customers(tx, [office])

    for_home = await ordered(api, shop)
    body = two_litres("for-the-office", customer_id=str(office.id))
    for_office = (await api.post(ORDERS, json=body, headers=shop.asha_headers)).json()

    assert (for_home["customer_id"], for_office["customer_id"]) == (str(shop.asha.id), str(office.id))
    tracked = await find_tracked(tx, shop.asha.user_id)
    assert tracked is not None
    assert tracked.lifecycle.orders_valid == 2


async def test_nothing_is_ordered_for_nobody_and_for_who_has_stopped(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    await tx.database[collections.CUSTOMERS].update_one({"_id": shop.usha.id}, {"$set": {"status": "stopped"}})
    await tx.database[collections.USERS].update_one({"_id": shop.asha.user_id}, {"$set": {"status": "closed"}})
    answers = [
        await api.post(ORDERS, json=two_litres(), headers=shop.admin),
        await api.post(ORDERS, json=two_litres(), headers=shop.usha_headers),
        await api.post(shop.of_asha("orders"), json=two_litres(), headers=shop.admin),
    ]
    assert [code_of(one) for one in answers] == [
        (409, "no_customer_profile"),
        (409, "customer_stopped"),
        (404, "unknown_customer"),
    ]
    assert await tx.database[collections.ORDERS].count_documents({}) == 0
