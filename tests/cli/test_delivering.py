"""A delivery boy's phone on a bad line: it tells a delivery again and again while the server is killed, and it counts once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx

from roundsman.access.roles import Role
from roundsman.clock import utc_now
from roundsman.customers.linkage import insert_customers
from roundsman.database import collections
from roundsman.database.transaction import Tx
from roundsman.delivery.linkage import insert_delivery_boys
from roundsman.delivery.verifying import find_wrong
from roundsman.ids import DeliveryBoyId
from roundsman.orders.history import insert_orders
from roundsman.orders.orders import Order
from tests.builders import a_customer, a_delivery_boy, a_user, an_order
from tests.commands import RoundsmanCommand
from tests.depth import depth
from tests.http.people import PASSWORD, PHONE, settle
from tests.servers import free_port

PHONES = 64
REPORTS = depth(test=4, proof=16)
"""How often each of them tells it."""


@contextmanager
def serving(roundsman: RoundsmanCommand, port: int) -> Iterator[None]:
    """A server, killed as `kill -9` does on leaving."""
    # Of the many who tell one delivery at once each waits for all others, on a busy machine for long.
    patient = roundsman.with_settings(ROUNDSMAN_DATABASE_PATIENCE_SECONDS="300")
    with patient.start("serve", "--port", str(port)) as server:
        try:
            yield
        finally:
            server.kill()
            server.communicate()


async def an_order_to_bring(tx: Tx) -> Order:
    """A delivery boy with a password, and an order in his round."""
    user = await settle(tx, a_user(roles=(Role.DELIVERY_BOY,)))
    boy = a_delivery_boy(user.id)
    await insert_delivery_boys(tx, [boy])
    customer_user = await settle(tx, a_user(), phone="+919820067890")
    customer = replace(a_customer(customer_user.id), delivery_boy_id=DeliveryBoyId(boy.id))
    await insert_customers(tx, [customer])
    order = replace(an_order(customer_user.id, placed_at=utc_now()), customer_id=customer.id)
    await insert_orders(tx, [order])
    return order


async def signed_in(api: httpx.AsyncClient) -> dict[str, str]:
    """Sign in as soon as somebody answers."""
    body = {"identifier": PHONE, "password": PASSWORD}
    while True:
        try:
            answer = await api.post("/api/v1/auth/login", json=body)
        except httpx.TransportError:
            await asyncio.sleep(0.1)
        else:
            return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def test_the_same_delivery_told_by_many_across_a_kill_and_lost_answers_counts_once(
    roundsman: RoundsmanCommand, tx: Tx
) -> None:
    order, port = await an_order_to_bring(tx), free_port()
    body = {"key": "one-key-only", "paid": {"paise": 6_400, "method": "cash"}}
    arrived: list[int] = []
    lost: list[httpx.TransportError] = []
    is_under_way = asyncio.Event()

    async def telling(api: httpx.AsyncClient, headers: dict[str, str]) -> None:
        for _ in range(REPORTS):
            is_told = False
            while not is_told:
                try:
                    answer = await api.post(f"/api/v1/delivery/round/{order.id}/delivered", json=body, headers=headers)
                except httpx.TransportError as error:
                    lost.append(error)
                    await asyncio.sleep(0.1)
                else:
                    arrived.append(answer.status_code)
                    is_told = True
                if len(arrived) >= PHONES // 2:
                    is_under_way.set()

    limits = httpx.Limits(max_connections=PHONES)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=300, limits=limits) as api:
        with serving(roundsman, port):
            headers = await signed_in(api)
            phones = [asyncio.create_task(telling(api, headers)) for _ in range(PHONES)]
            await is_under_way.wait()
        with serving(roundsman, port):
            await asyncio.gather(*phones)
            stand = (await api.get("/api/v1/delivery/earnings", headers=headers)).json()

    assert lost, "the server was to be killed while it was told"
    assert (set(arrived), len(arrived)) == ({204}, PHONES * REPORTS)
    keys = {entry["_id"].rpartition(":")[2] async for entry in tx.database[collections.LEDGER_ENTRIES].find()}
    assert await tx.database[collections.LEDGER_ENTRIES].count_documents({}) == len(keys) == 2  # his pay and the cash
    assert await tx.database[collections.PAYMENTS].count_documents({}) == 1
    assert await tx.database[collections.AUDIT_LOG].count_documents({"action": "order.delivered"}) == 1
    assert stand["cash_in_hand_paise"] == 6_400
    assert [wrong async for wrong in find_wrong(tx)] == []
