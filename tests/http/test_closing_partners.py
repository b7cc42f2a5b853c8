"""Closing the account of a partner: not while money is open with him, and afterwards nobody is his customer."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from bson import ObjectId

from roundsman.calendar import day_of
from roundsman.database import collections
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from tests.http.delivering import BEGIN, Depot, Watch
from tests.http.shopping import code_of
from tests.http.supplying import OWN, SUPPLIERS, acknowledged_order, did, open_dairy

CLOSE = "/auth/me/close"
OPEN = (409, "money_open")


@pytest.fixture
async def runtime(settings: Settings, watch: Watch) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock the test sets."""
    async with open_runtime(settings, clock=watch) as runtime:
        yield runtime


async def closing(depot: Depot) -> httpx.Response:
    """Ravi closes his account."""
    return await depot.ask(depot.ravi.user_id, "POST", CLOSE)


async def test_a_delivery_boy_closes_his_account_when_all_is_settled(depot: Depot, watch: Watch) -> None:
    order = await depot.order(depot.asha)
    await depot.delivered(depot.ravi, str(order.id), "with-cash", paid={"paise": 6_400, "method": "cash"})
    watch.go(days=1)

    with_both = await closing(depot)
    handed = {"key": "first-one", "paise": 6_400}
    await depot.do(depot.owner, "POST", f"/delivery-boys/{depot.ravi.id}/cash-handovers", handed)
    with_balance = await closing(depot)
    body = {"key": "first-payout", "delivery_boy_id": depot.ravi.id, "through": day_of(BEGIN).isoformat()}
    payout = await depot.do(depot.owner, "POST", "/payouts", body)
    await depot.do(depot.owner, "POST", f"/payouts/{payout['id']}/approve", {})
    under_way = await closing(depot)
    await depot.do(depot.owner, "POST", f"/payouts/{payout['id']}/paid", {"reference": "NEFT 1"})
    before = await _name_of(depot)
    closed = await closing(depot)

    assert [code_of(one) for one in (with_both, with_balance, under_way)] == [OPEN] * 3
    assert "64.00 are in his hands" in with_both.json()["detail"]
    assert "1 payouts are under way" in under_way.json()["detail"]
    assert (before, closed.status_code, await _name_of(depot)) == ("Ravi Kumar", 204, "")
    asha: Any = await depot.tx.database[collections.CUSTOMERS].find_one({"_id": depot.asha.id})
    usha: Any = await depot.tx.database[collections.CUSTOMERS].find_one({"_id": depot.usha.id})
    assert {"delivery_boy_id", "stop"} & asha.keys() == set()
    assert (asha["name"], usha["delivery_boy_id"]) == ("Asha Rao", ObjectId(depot.sunil.id))
    await depot.earned(depot.sunil)


async def _name_of(depot: Depot) -> str:
    boy: Any = await depot.tx.database[collections.DELIVERY_BOYS].find_one({"_id": ObjectId(depot.ravi.id)})
    return str(boy["name"])


async def test_a_supplier_closes_his_account_when_all_is_settled(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    order = await acknowledged_order(api, dairy)
    receipts = f"{SUPPLIERS}/purchase-orders/{order}/receipts"
    did(await api.post(receipts, json={"key": "a-receipt"}, headers=dairy.admin))
    owed = did(await api.get(f"{OWN}/dues", headers=dairy.nandi_headers))["balance_paise"]

    refused = await api.post(f"/api/v1{CLOSE}", headers=dairy.nandi_headers)
    paying = {"key": "paid-by-bank", "amount_paise": owed, "reference": "UTR 1"}
    did(await api.post(f"{SUPPLIERS}/{dairy.nandi.id}/dues/payments", json=paying, headers=dairy.admin))
    closed = await api.post(f"/api/v1{CLOSE}", headers=dairy.nandi_headers)

    assert (code_of(refused), owed > 0, closed.status_code) == (OPEN, True, 204)
