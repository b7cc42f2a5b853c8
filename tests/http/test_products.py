"""The catalogue over HTTP: who sees what is sold, and what becomes of prices."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.calendar import begin_of, day_of
from roundsman.catalog.listing import insert_products
from roundsman.catalog.products import Price
from roundsman.clock import utc_now
from roundsman.database import collections
from roundsman.database.transaction import Tx
from roundsman.identity.mode import Mode, OperationsMode, set_mode
from tests.builders import a_product
from tests.http.people import bearer_of
from tests.http.shopping import MILK, ORDERS, code_of, open_shop, two_litres

PRODUCTS = "/api/v1/products"
OF_MILK = f"{PRODUCTS}/{MILK.id}"
GHEE = {"key": "a-jar-of-ghee", "name": " Ghee ", "unit": "jar", "price_paise": 50_000}
DAY = timedelta(days=1)


async def actions(tx: Tx, target: object) -> list[str]:
    found = tx.database[collections.AUDIT_LOG].find({"target": f"product:{target}"}).sort("_id")
    return [entry["action"] async for entry in found]


@pytest.mark.parametrize("role", Role)
async def test_everybody_sees_what_is_sold_today(api: httpx.AsyncClient, tx: Tx, role: Role) -> None:
    later = Price(9000, utc_now() + DAY)
    ahead, gone = a_product(later, name="Curd"), a_product(name="Butter", active=False)
    await insert_products(tx, [MILK, ahead, gone])

    listed = await api.get(PRODUCTS, headers=await bearer_of(api, tx, role))

    assert [(one["name"], one["unit"], one["price_paise"]) for one in listed.json()] == [
        ("Curd", "litre", None),
        ("Milk", "litre", 3200),
    ]


async def test_a_new_product_is_made_once_and_can_be_ordered(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)

    made = await asyncio.gather(*(api.post(PRODUCTS, json=GHEE, headers=shop.admin) for _ in range(4)))

    assert {one.status_code for one in made} == {201}
    assert len({one.text for one in made}) == 1
    ghee = made[0].json()
    assert (ghee["name"], ghee["active"], [one["paise"] for one in ghee["prices"]]) == ("Ghee", True, [50_000])
    assert await actions(tx, ghee["id"]) == ["product.made"]
    order = {"key": "ghee-order", "lines": [{"product_id": ghee["id"], "quantity": 2}]}
    assert (await api.post(ORDERS, json=order, headers=shop.asha_headers)).json()["total_paise"] == 100_000
    other = await api.post(PRODUCTS, json=GHEE | {"price_paise": 1}, headers=shop.admin)
    nobodys = await api.post(
        PRODUCTS, json=GHEE | {"key": "another-jar", "supplier_id": str(ObjectId())}, headers=shop.admin
    )
    assert [code_of(one) for one in (other, nobodys)] == [(409, "key_used_otherwise"), (422, "unknown_supplier")]


async def test_a_price_counts_from_its_day_on_and_never_backwards(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    placed = (await api.post(ORDERS, json=two_litres(), headers=shop.asha_headers)).json()
    today, day = day_of(utc_now()), day_of(utc_now()) + 3 * DAY

    async def priced(paise: int, valid_from: Any = None) -> httpx.Response:  # noqa: ANN401  whatever JSON there is
        return await api.post(f"{OF_MILK}/prices", json={"paise": paise, "valid_from": valid_from}, headers=shop.admin)

    for paise in (3900, 4000, 4000):
        assert (await priced(paise, day.isoformat())).status_code == 200
    now = await priced(3300, today.isoformat())
    again = await priced(3300)

    assert now.text == again.text
    assert [one["paise"] for one in now.json()["prices"]] == [3200, 3300, 4000]
    assert (await api.get(OF_MILK, headers=shop.admin)).json() == now.json()
    assert await actions(tx, MILK.id) == ["product.priced"] * 3
    assert code_of(await priced(1, (today - DAY).isoformat())) == (422, "day_passed")
    totals = [
        (await api.post(ORDERS, json=two_litres(f"for-{one}", for_date=one), headers=shop.asha_headers)).json()
        for one in ((day - DAY).isoformat(), day.isoformat())
    ]
    assert [one["total_paise"] for one in totals] == [6600, 8000]
    assert placed in (await api.get(ORDERS, headers=shop.asha_headers)).json()
    stored = await tx.database[collections.PRODUCTS].find_one({"_id": MILK.id})
    assert stored is not None
    assert stored["prices"][-1]["valid_from"] == begin_of(day)


async def test_what_is_taken_out_is_not_sold_until_it_is_back(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    answers = []
    for number, active in enumerate((False, False, True)):
        assert (await api.patch(OF_MILK, json={"active": active}, headers=shop.admin)).json()["active"] is active
        order = await api.post(ORDERS, json=two_litres(f"order-no-{number}"), headers=shop.asha_headers)
        answers.append((order.status_code, len((await api.get(PRODUCTS, headers=shop.asha_headers)).json())))
    assert answers == [(409, 0), (409, 0), (201, 1)]
    assert await actions(tx, MILK.id) == ["product.withdrawn", "product.sold"]


async def test_nothing_of_the_catalogue_is_changed_while_the_existing_application_has_it(
    api: httpx.AsyncClient, tx: Tx
) -> None:
    shop = await open_shop(api, tx)
    await set_mode(tx, Mode(operations=OperationsMode.SOURCE))
    ways = [
        await api.post(PRODUCTS, json=GHEE, headers=shop.admin),
        await api.post(f"{OF_MILK}/prices", json={"paise": 1}, headers=shop.admin),
        await api.patch(OF_MILK, json={"active": False}, headers=shop.admin),
    ]
    assert {code_of(one) for one in ways} == {(409, "operations_managed_elsewhere")}
    assert (await api.get(OF_MILK, headers=shop.admin)).json()["active"]


@pytest.mark.parametrize("body", [{"paise": 0}, {"paise": -1}, {"paise": 1.5}, {"paise": 1, "valid_from": "soon"}, {}])
async def test_what_is_no_price_is_refused(api: httpx.AsyncClient, tx: Tx, body: dict[str, Any]) -> None:
    shop = await open_shop(api, tx)
    assert code_of(await api.post(f"{OF_MILK}/prices", json=body, headers=shop.admin)) == (422, "invalid_request")
    for unknown in (
        await api.get(f"{PRODUCTS}/{ObjectId()}", headers=shop.admin),
        await api.patch(f"{PRODUCTS}/{ObjectId()}", json={"active": True}, headers=shop.admin),
    ):
        assert code_of(unknown) == (404, "product_not_found")
