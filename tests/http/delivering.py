"""A business that delivers: its delivery boys and customers, its office, and a clock that a test sets."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from bson import ObjectId
from fastapi import FastAPI

from roundsman.access.roles import Role
from roundsman.auth.sessions import open_session
from roundsman.auth.tokens import AccessClaims
from roundsman.catalog.listing import insert_products
from roundsman.customers.customers import Customer, CustomerStatus
from roundsman.customers.linkage import insert_customers
from roundsman.database.transaction import Tx
from roundsman.delivery.verifying import find_wrong
from roundsman.identity.importing import insert_users
from roundsman.ids import DeliveryBoyId, UserId
from roundsman.orders.history import insert_orders
from roundsman.orders.orders import Order
from roundsman.subscriptions.pausing import insert_subscriptions
from roundsman.web.services import Services
from tests.builders import a_customer, a_product, a_session, a_subscription, a_user, an_order

API = "/api/v1"
MILK = a_product()
RATE = 2_500
BEGIN = datetime(2026, 3, 4, 3, 30, tzinfo=UTC)
"""A Wednesday, nine in the morning in India."""
LONG_AGO = BEGIN - timedelta(days=400)


class Watch:
    """A clock that moves only when it is told to."""

    def __init__(self, now: datetime = BEGIN) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The present of the test."""
        return self.now

    def go(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def set(self, *at: int) -> None:
        """Let it be this instant, in UTC."""
        self.now = datetime(*at, tzinfo=UTC)  # type: ignore[misc, arg-type]  # a time zone only by its name


@dataclass(frozen=True, slots=True)
class Boy:
    """A delivery boy."""

    id: str
    user_id: UserId
    phone: str


@dataclass(slots=True)
class Depot:
    """Two delivery boys, a customer of each, and one admin or two; whoever asks is signed in at that moment."""

    app: FastAPI
    api: httpx.AsyncClient
    tx: Tx
    watch: Watch
    owner: UserId
    ravi: Boy
    sunil: Boy
    asha: Customer
    usha: Customer

    async def ask(
        self, who: UserId, method: str, path: str, body: Mapping[str, Any] | None = None, **query: str
    ) -> httpx.Response:
        """Ask as somebody who has just signed in."""
        headers = await bearer(self.app, self.tx, who)
        return await self.api.request(method, f"{API}{path}", json=body, params=query, headers=headers)

    async def get(self, who: UserId, path: str, **query: str) -> Any:  # noqa: ANN401  whatever JSON there is
        """Read something that he may read."""
        answer = await self.ask(who, "GET", path, None, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def do(self, who: UserId, method: str, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Do something that he may do."""
        answer = await self.ask(who, method, path, body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def delivered(self, boy: Boy, stop: str, key: str, **more: object) -> httpx.Response:
        """Have a delivery boy tell that he brought something."""
        return await self.ask(boy.user_id, "POST", f"/delivery/round/{stop}/delivered", {"key": key, **more})

    async def not_delivered(self, boy: Boy, stop: str, key: str, **more: object) -> httpx.Response:
        """Have a delivery boy tell why he could not."""
        body = {"key": key, "reason": "the gate was locked", **more}
        return await self.ask(boy.user_id, "POST", f"/delivery/round/{stop}/not-delivered", body)

    async def round(self, boy: Boy) -> list[dict[str, Any]]:
        """What a delivery boy sees that he has to bring."""
        stops: list[dict[str, Any]] = await self.get(boy.user_id, "/delivery/round")
        return stops

    async def stops(self, boy: Boy) -> list[str]:
        """The stops of his round, in their order."""
        return [stop["id"] for stop in await self.round(boy)]

    async def earnings(self, boy: Boy) -> dict[str, Any]:
        """How his earnings stand."""
        found: dict[str, Any] = await self.get(boy.user_id, "/delivery/earnings")
        return found

    async def earned(self, boy: Boy) -> int:
        """What he earned in all; the ledger must be sound."""
        assert [wrong async for wrong in find_wrong(self.tx)] == []
        return int((await self.earnings(boy))["earnings_total_paise"])

    async def order(self, customer: Customer, day: date | None = None, **more: object) -> Order:
        """Have a customer order two litres of milk."""
        placed = an_order(customer.user_id, placed_at=self.watch.now)
        order = replace(placed, customer_id=customer.id, for_date=day, **more)  # type: ignore[arg-type]  # its fields
        await insert_orders(self.tx, [order])
        return order

    async def brought(self, boy: Boy, customer: Customer, *, at: datetime | None = None) -> Order:
        """Have a delivery boy bring an order, now or when his clock says."""
        order = await self.order(customer)
        told = {} if at is None else {"at": at.isoformat()}
        answer = await self.delivered(boy, str(order.id), f"brings-{order.id}", **told)
        assert answer.status_code == 204, answer.text
        return order

    async def customer(self, name: str, boy: Boy | None, **more: object) -> Customer:
        """Have somebody new be delivered to."""
        user = replace(a_user(name), created_at=LONG_AGO)
        at = None if boy is None else DeliveryBoyId(ObjectId(boy.id))
        made = replace(a_customer(user.id, name), created_at=LONG_AGO, delivery_boy_id=at, **more)  # type: ignore[arg-type]  # its fields
        await insert_users(self.tx, [user])
        await insert_customers(self.tx, [made])
        return made

    async def subscribe(self, customer: Customer, **more: object) -> str:
        """Have a customer get a litre of milk each day; gives today's stop."""
        one = replace(
            a_subscription(customer.user_id, customer_id=customer.id),
            product_id=MILK.id,
            **more,  # type: ignore[arg-type]  # its fields
        )
        await insert_subscriptions(self.tx, [one])
        return f"{customer.id}:{self.watch.now.date().isoformat()}:-"

    async def admin(self) -> UserId:
        """Somebody more in the office."""
        return await somebody(self.tx, Role.ADMIN)


async def open_depot(app: FastAPI, api: httpx.AsyncClient, tx: Tx, watch: Watch) -> Depot:
    """Register two delivery boys, give each a customer, and pay them Rs 25 a delivery."""
    await insert_products(tx, [MILK])
    owner = await somebody(tx, Role.ADMIN)
    headers = await bearer(app, tx, owner)
    boys: list[Boy] = []
    for number, name in enumerate(("Ravi Kumar", "Sunil Das")):
        body = {"name": name, "phone": f"98200 1234{number}"}
        made = (await api.post(f"{API}/delivery-boys", json=body, headers=headers)).json()
        boys.append(Boy(made["id"], UserId(ObjectId(made["user_id"])), made["phone"]))
    rate = {"key": "first-rate", "per_delivery_paise": RATE}
    assert (await api.post(f"{API}/rates", json=rate, headers=headers)).status_code == 201
    nobody = a_customer(owner)
    depot = Depot(app, api, tx, watch, owner, boys[0], boys[1], nobody, nobody)
    depot.asha = await depot.customer(
        "Asha Rao", depot.ravi, address="12 MG Road", area="HSR", stop=2, note="Ring the bell once"
    )
    depot.usha = await depot.customer("Usha Nair", depot.sunil, address="7 Lake View", status=CustomerStatus.TRIAL)
    return depot


async def somebody(tx: Tx, *roles: Role) -> UserId:
    """A user of these roles."""
    user = a_user(roles=roles)
    await insert_users(tx, [user])
    return user.id


async def bearer(app: FastAPI, tx: Tx, who: UserId) -> dict[str, str]:
    """The headers of somebody who has just signed in."""
    services: Services = app.state.services
    now, lifetime = services.runtime.clock(), timedelta(hours=1)
    session = a_session(who, lifetime=lifetime, now=now)
    await open_session(tx, session, refresh_digest=session.id.binary)
    token = services.tokens.issue(AccessClaims(who, session.id, session.version), now=now, lifetime=lifetime)
    return {"Authorization": f"Bearer {token}"}
