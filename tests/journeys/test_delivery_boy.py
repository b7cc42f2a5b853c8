"""Somebody is registered as a delivery boy, signs in, brings what was ordered, and sees what he earned."""

from typing import Any

import httpx

from roundsman.runtime import Runtime
from tests.codes import code_for
from tests.commands import RoundsmanCommand
from tests.journeys.shop import OWNER_PHONE, bearer, make_admin

API = "/api/v1"


async def test_who_brings_what_was_ordered_sees_it_in_his_earnings(
    api: httpx.AsyncClient, runtime: Runtime, roundsman: RoundsmanCommand
) -> None:
    admin = await bearer(api, OWNER_PHONE, make_admin(roundsman))

    async def office(method: str, path: str, **body: object) -> Any:  # noqa: ANN401  whatever JSON there is
        answer = await api.request(method, f"{API}{path}", json=body, headers=admin)
        assert answer.is_success, answer.text
        return answer.json()

    await office("POST", "/rates", key="first-rate", per_delivery_paise=2_500)
    boy = await office("POST", "/delivery-boys", name="Ravi Kumar", phone="98200 12345")
    customer = (await office("POST", "/customers", name="Asha Rao", phone="98200 67890"))["customer_id"]
    milk = await office("POST", "/products", key="some-milk", name="Milk", unit="litre", price_paise=3_200)
    order = await office(
        "POST",
        f"/customers/{customer}/orders",
        key="first-order",
        lines=[{"product_id": milk["id"], "quantity": 2}],
    )
    await office("PUT", f"/customers/{customer}/delivery-boy", delivery_boy_id=boy["id"], stop=1)

    contact = {"contact": "98200 12345", "purpose": "sign_in"}
    await api.post(f"{API}/auth/otp/request", json=contact)
    code = await code_for(runtime, "+919820012345")
    signed_in = (await api.post(f"{API}/auth/otp/verify", json=contact | {"code": code})).json()
    himself = {"Authorization": f"Bearer {signed_in['access_token']}"}
    before = (await api.get(f"{API}/delivery/earnings", headers=himself)).json()
    (stop,) = (await api.get(f"{API}/delivery/round", headers=himself)).json()
    told = await api.post(
        f"{API}/delivery/round/{stop['id']}/delivered",
        json={"key": "first-mark", "paid": {"paise": 6_400, "method": "cash"}},
        headers=himself,
    )
    after = (await api.get(f"{API}/delivery/earnings", headers=himself)).json()

    assert (stop["id"], stop["name"], stop["items"][0]["quantity"]) == (order["id"], "Asha Rao", 2)
    assert told.status_code == 204
    figures = ("earnings_total_paise", "earnings_month_paise", "balance_paise", "cash_in_hand_paise")
    assert [[one[name] for name in figures] for one in (before, after)] == [[0] * 4, [2_500, 2_500, 2_500, 6_400]]
    (seen,) = (await api.get(f"{API}/customers/{customer}/orders", headers=admin)).json()
    assert seen["status"] == "delivered"
