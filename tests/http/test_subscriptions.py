"""Subscriptions over HTTP: seen and paused by whose they are, and by staff."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from bson import ObjectId

from roundsman.activation.recorded_facts import facts_of
from roundsman.calendar import day_of
from roundsman.database import collections
from roundsman.database.transaction import Tx
from roundsman.identity.mode import Mode, OperationsMode, set_mode
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from roundsman.subscriptions.pausing import insert_subscriptions
from roundsman.subscriptions.subscriptions import Pause, Rule, RuleKind, Subscription, SubscriptionStatus
from tests.builders import NOW, a_subscription
from tests.http.shopping import SUBSCRIPTIONS, Shop, code_of, open_shop

DAY = timedelta(days=1)
TODAY = day_of(NOW)


@pytest.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock stands still, so that no day ends while a test runs."""
    async with open_runtime(settings, clock=lambda: NOW) as runtime:
        yield runtime


async def subscribed(tx: Tx, shop: Shop, status: SubscriptionStatus = SubscriptionStatus.ACTIVE) -> Subscription:
    """Have Asha get a litre each day, and half a one on a day next week."""
    today = TODAY
    rule = Rule(RuleKind.DAILY, 1, frozenset({1}), {today + 7 * DAY: 0.5})
    one = a_subscription(
        shop.asha.user_id,
        rule,
        customer_id=shop.asha.id,
        status=status,
        pauses=(Pause(today - 9 * DAY, today - 8 * DAY),),
        start=today - 90 * DAY,
        end=today + 90 * DAY,
    )
    await insert_subscriptions(tx, [one])
    return one


async def interactions(tx: Tx, shop: Shop) -> list[str]:
    return [fact.key for fact in await facts_of(tx, shop.asha.user_id) if fact.type == "interaction"]


async def test_a_customer_pauses_and_goes_on(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    one = await subscribed(tx, shop)
    today = TODAY
    path, days = f"{SUBSCRIPTIONS}/{one.id}", {"start": today.isoformat(), "end": (today + 6 * DAY).isoformat()}

    paused = [await api.post(f"{path}/pause", json=days, headers=shop.asha_headers) for _ in range(2)]
    resumed = await api.post(f"{path}/resume", json={"start": (today + 2 * DAY).isoformat()}, headers=shop.asha_headers)

    assert paused[0].json() == paused[1].json()
    assert (paused[0].json()["quantity_today"], paused[0].json()["next_quantity"]) == (0, 0.5)
    assert paused[0].json()["next_day"] == (today + 7 * DAY).isoformat()
    assert resumed.json()["next_day"] == (today + 2 * DAY).isoformat()
    assert len(resumed.json()["pauses"]) == 2
    (listed,) = (await api.get(SUBSCRIPTIONS, headers=shop.asha_headers)).json()
    assert listed == resumed.json()
    assert await interactions(tx, shop) == [f"interaction:subscription:{one.id}:{number}" for number in (1, 2)]
    told = await tx.database[collections.AUDIT_LOG].find({"target": f"subscription:{one.id}"}).sort("_id").to_list()
    assert [entry["action"] for entry in told] == ["subscription.paused", "subscription.resumed"]


async def test_staff_goes_on_with_what_was_paused(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    one = await subscribed(tx, shop, SubscriptionStatus.PAUSED)
    path = f"{shop.of_asha('subscriptions')}/{one.id}"

    resumed = [await api.post(f"{path}/resume", json={}, headers=shop.admin) for _ in range(2)]
    paused = await api.post(f"{path}/pause", json={"start": "2099-01-01"}, headers=shop.admin)

    assert resumed[0].json() == resumed[1].json()
    assert (resumed[0].json()["status"], resumed[0].json()["quantity_today"]) == ("active", 1)
    assert paused.json()["pauses"][-1] == {"start": "2099-01-01", "end": None}
    assert (await api.get(shop.of_asha("subscriptions"), headers=shop.admin)).json() == [paused.json()]
    assert len(await interactions(tx, shop)) == 2


async def test_another_customers_subscription_is_not_there(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    one = await subscribed(tx, shop)
    body = {"start": "2099-01-01"}
    ways = [
        await api.post(f"{SUBSCRIPTIONS}/{one.id}/pause", json=body, headers=shop.usha_headers),
        await api.post(f"{SUBSCRIPTIONS}/{ObjectId()}/pause", json=body, headers=shop.usha_headers),
        await api.post(f"/api/v1/customers/{shop.usha.id}/subscriptions/{one.id}/pause", json=body, headers=shop.admin),
    ]
    assert [code_of(way) for way in ways] == [(404, "unknown_subscription")] * 3
    assert (await api.get(SUBSCRIPTIONS, headers=shop.usha_headers)).json() == []


async def test_what_cannot_be_paused_is_refused(api: httpx.AsyncClient, tx: Tx) -> None:
    shop = await open_shop(api, tx)
    stopped = await subscribed(tx, shop, SubscriptionStatus.STOPPED)
    running = await subscribed(tx, shop)
    wrong = {"start": "2099-01-02", "end": "2099-01-01"}
    refused = [
        await api.post(f"{SUBSCRIPTIONS}/{stopped.id}/pause", json=wrong, headers=shop.asha_headers),
        await api.post(f"{SUBSCRIPTIONS}/{running.id}/pause", json=wrong, headers=shop.asha_headers),
        await api.post(f"{SUBSCRIPTIONS}/{running.id}/resume", json={"start": "2020-01-01"}, headers=shop.asha_headers),
    ]
    assert [code_of(one) for one in refused] == [
        (409, "subscription_not_running"),
        (422, "not_a_pause"),
        (422, "not_a_pause"),
    ]
    await set_mode(tx, Mode(operations=OperationsMode.SOURCE))
    closed = await api.post(f"{SUBSCRIPTIONS}/{running.id}/pause", json=wrong, headers=shop.asha_headers)
    assert code_of(closed) == (409, "operations_managed_elsewhere")
    assert await interactions(tx, shop) == []
