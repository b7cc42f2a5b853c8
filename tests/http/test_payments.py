"""Payments, refunds and contacts over HTTP: money is written once, and no more goes back than was asked for."""

import asyncio
from typing import Any

import httpx
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.tracking import find_tracked
from roundsman.database import collections
from roundsman.database.transaction import Tx
from tests.http.people import bearer_of
from tests.http.shopping import ORDERS, PAYMENTS, Shop, code_of, open_shop, ordered


def paying(shop: Shop, key: str = "a-payment", **more: Any) -> dict[str, Any]:  # noqa: ANN401  whatever JSON there is
    return {"key": key, "customer_id": str(shop.asha.id), "amount_paise": 6400, "method": "upi", **more}


async def test_a_payment_sent_many_times_counts_once(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)

    answers = await asyncio.gather(*(api.post(PAYMENTS, json=paying(shop), headers=shop.admin) for _ in range(4)))

    assert {one.status_code for one in answers} == {201}
    assert len({one.text for one in answers}) == 1
    tracked = await find_tracked(tx, shop.asha.user_id)
    assert tracked is not None
    assert tracked.lifecycle.revenue_paise == 6400
    own = (await api.get(PAYMENTS, headers=shop.asha_headers)).json()
    assert [(one["amount_paise"], one["status"]) for one in own] == [(6400, "succeeded")]
    assert (await api.get(shop.of_asha("payments"), headers=shop.admin)).json() == own
    assert (await api.get(PAYMENTS, headers=shop.usha_headers)).json() == []


async def test_the_same_key_with_another_amount_is_a_conflict(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    await api.post(PAYMENTS, json=paying(shop), headers=shop.admin)
    for change in ({"amount_paise": 6401}, {"succeeded": False}, {"customer_id": str(shop.usha.id)}):
        answer = await api.post(PAYMENTS, json=paying(shop, **change), headers=shop.admin)
        assert code_of(answer) == (409, "key_used_otherwise")
    assert await tx.database[collections.PAYMENTS].count_documents({}) == 1


async def test_a_failed_payment_is_a_risk_until_one_succeeds(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    risks = []
    for key, succeeded in (("failed-one", False), ("good-one", True)):
        await api.post(PAYMENTS, json=paying(shop, key, succeeded=succeeded), headers=shop.admin)
        tracked = await find_tracked(tx, shop.asha.user_id)
        risks.append(tracked and (tracked.lifecycle.payment_risk, tracked.lifecycle.revenue_paise))
    assert risks == [(True, 0), (False, 6400)]


async def test_a_payment_is_for_an_order_of_the_same_customer_or_refused(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    order = await ordered(api, shop)
    good = await api.post(PAYMENTS, json=paying(shop, order_id=order["id"]), headers=shop.admin)
    assert good.json()["order_id"] == order["id"]
    for wrong in (
        paying(shop, "of-another", customer_id=str(shop.usha.id), order_id=order["id"]),
        paying(shop, "of-nobody", order_id=str(ObjectId())),
    ):
        assert code_of(await api.post(PAYMENTS, json=wrong, headers=shop.admin)) == (404, "unknown_order")


async def test_refunds_at_once_give_back_no_more_than_the_order_costs(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    order = await ordered(api, shop)
    path = f"{ORDERS}/{order['id']}/refunds"

    def refund(key: str) -> dict[str, Any]:
        return {"key": key, "amount_paise": 4000, "method": "upi", "reason": "sour milk"}

    answers = await asyncio.gather(
        *(api.post(path, json=refund(f"refund-no-{number}"), headers=shop.admin) for number in range(3))
    )
    winner = next(number for number, one in enumerate(answers) if one.status_code == 201)
    again = await api.post(path, json=refund(f"refund-no-{winner}"), headers=shop.admin)

    assert sorted(one.status_code for one in answers) == [201, 409, 409]
    assert {code_of(one) for one in answers if one.is_error} == {(409, "refund_too_large")}
    assert again.json() == answers[winner].json()
    (stored,) = (await api.get(ORDERS, headers=shop.asha_headers)).json()
    assert stored["refunded_paise"] == 4000
    (fact,) = [one for one in await facts_of(tx, shop.asha.user_id) if one.type == "order.refunded"]
    assert (fact.key, fact.amount_paise) == (f"refund:{again.json()['id']}", 4000)


async def test_marketing_staff_tells_of_contacts_once_and_sees_no_money(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    meera = await bearer_of(api, tx, Role.MARKETING_STAFF, phone="+919820077777")
    body = {"key": "morning-call", "how": "call"}

    answers = [await api.post(shop.of_asha("contacts"), json=body, headers=meera) for _ in range(2)]
    elsewhere = await api.post(f"/api/v1/customers/{shop.usha.id}/contacts", json=body, headers=meera)

    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert code_of(elsewhere) == (409, "key_used_otherwise")
    tracked = await find_tracked(tx, shop.asha.user_id)
    assert tracked is not None
    assert tracked.lifecycle.last_contact_at == tracked.lifecycle.first_contact_at is not None
    assert await tx.database[collections.FACT_CONFLICTS].count_documents({}) == 0
    for path in ("orders", "payments"):
        assert code_of(await api.get(shop.of_asha(path), headers=meera)) == (403, "permission_missing")
