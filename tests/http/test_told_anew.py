"""What is done over HTTP is told of its customer as the stored documents tell it: a backfill afterwards has nothing to add."""

from dataclasses import replace
from typing import Any

import httpx

from roundsman.database.collections import FACT_CONFLICTS, FACTS, LIFECYCLES, TRANSITIONS
from roundsman.database.transaction import Document, Tx
from roundsman.migration.backfilling import Backfilled, backfill
from roundsman.orders.history import insert_orders
from roundsman.orders.orders import OrderOrigin
from roundsman.runtime import Runtime
from roundsman.subscriptions.pausing import insert_subscriptions
from tests.builders import NOW, a_subscription, an_order
from tests.http.shopping import ORDERS, PAYMENTS, SUBSCRIPTIONS, Headers, Shop, open_shop, ordered

TOLD = (FACTS, LIFECYCLES, TRANSITIONS)
WHY = {"reason": "a test"}


async def told(runtime: Runtime) -> Backfilled:
    return await backfill(runtime.tx, policy=runtime.activation, clock=runtime.clock)


async def stored(tx: Tx, collection: str) -> dict[str, Document]:
    """What a collection holds, by its ids, but for when it was written."""
    found = await tx.database[collection].find({}, {"recorded_at": 0}).to_list()
    return {str(document["_id"]): document for document in found}


async def everything_done(api: httpx.AsyncClient, tx: Tx, runtime: Runtime) -> Shop:
    """A customer for whom everything happens that can, and whom the existing application brought an order and a subscription."""
    shop = await open_shop(api, tx)
    of_source = replace(an_order(shop.asha.user_id), customer_id=shop.asha.id, origin=OrderOrigin.SOURCE)
    subscription = replace(a_subscription(shop.asha.user_id, customer_id=shop.asha.id), created_at=NOW)
    await insert_orders(tx, [of_source])
    await insert_subscriptions(tx, [subscription])
    await told(runtime)

    async def post(path: str, body: Any, headers: Headers = shop.admin) -> None:  # noqa: ANN401  whatever JSON there is
        answer = await api.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text

    keys = ("cancelled-by-her", "cancelled-by-staff", "brought-at-last", "never-brought", "brought-at-once")
    hers, staffs, late, never, good = [f"{ORDERS}/{(await ordered(api, shop, key))['id']}" for key in keys]
    await post(f"{hers}/cancel", None, shop.asha_headers)
    await post(f"{shop.of_asha('orders')}/{staffs.rpartition('/')[2]}/cancel", WHY)
    for path, attempt in ((late, 1), (late, 2), (never, 1), (never, 2)):
        await post(f"{path}/not-delivered", WHY | {"attempt": attempt})
    for path in (late, good, f"{ORDERS}/{of_source.id}"):
        await post(f"{path}/delivered", None)
    paid = {"customer_id": str(shop.asha.id), "amount_paise": 6400, "method": "upi"}
    await post(PAYMENTS, paid | {"key": "a-good-one", "order_id": good.rpartition("/")[2]})
    await post(PAYMENTS, paid | {"key": "a-failed-one", "succeeded": False})
    await post(f"{good}/refunds", WHY | {"key": "a-refund", "amount_paise": 100, "method": "upi"})
    await post(f"{SUBSCRIPTIONS}/{subscription.id}/pause", {"start": "2099-01-01"}, shop.asha_headers)
    await post(f"{SUBSCRIPTIONS}/{subscription.id}/resume", {}, shop.asha_headers)
    await post(shop.of_asha("contacts"), {"key": "a-contact", "how": "call"})
    return shop


async def test_a_backfill_after_live_work_adds_nothing(api: httpx.AsyncClient, tx: Tx, runtime: Runtime) -> None:
    await everything_done(api, tx, runtime)
    before = {name: await stored(tx, name) for name in TOLD}

    assert await told(runtime) == Backfilled()

    assert {name: await stored(tx, name) for name in TOLD} == before
    assert await tx.database[FACT_CONFLICTS].count_documents({}) == 0


async def test_what_is_stored_tells_the_same_facts_again(api: httpx.AsyncClient, tx: Tx, runtime: Runtime) -> None:
    shop = await everything_done(api, tx, runtime)
    live = await stored(tx, FACTS)
    for name in TOLD:
        await tx.database[name].delete_many({})

    await told(runtime)

    again = await stored(tx, FACTS)
    assert again.items() <= live.items()
    # Of these no document remains: how often she came, what was done with the subscription, a call, and the attempts
    # that another one followed.
    untold = [one["type"] for key, one in live.items() if key not in again and one["user_id"] == shop.asha.user_id]
    assert sorted(untold) == [*["delivery.failed"] * 3, *["interaction"] * 2, "login", "signup", "staff.contact"]
