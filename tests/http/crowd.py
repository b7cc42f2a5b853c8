"""Many people at once, each signed in and with something of his own; and clients that ask from everywhere."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

import httpx
from fastapi import FastAPI

from roundsman.access.roles import Role
from roundsman.auth.sessions import Session, open_session
from roundsman.auth.tokens import AccessClaims
from roundsman.catalog.listing import insert_products
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import insert_customers
from roundsman.database.collections import (
    CUSTOMERS,
    DELIVERIES,
    FACTS,
    IDENTIFIERS,
    ORDERS,
    PAYMENTS,
    SESSIONS,
    SUBSCRIPTIONS,
    USERS,
)
from roundsman.database.transaction import Document, Tx
from roundsman.identity.identifiers import phone_key
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.users import Identifier, User
from roundsman.orders.history import insert_orders
from roundsman.orders.orders import Order
from roundsman.subscriptions.pausing import insert_subscriptions
from roundsman.subscriptions.subscriptions import Subscription
from roundsman.web.services import Services
from tests.builders import a_customer, a_product, a_session, a_subscription, a_user, an_order

PRODUCT = a_product()
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is signed in."""

    user: User
    phone: str
    session: Session
    token: str
    customer: Customer
    order: Order
    subscription: Subscription

    @property
    def headers(self) -> dict[str, str]:
        """What he sends along with a request."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def marks(self) -> tuple[bytes, ...]:
        """What stands in an answer that shows anything of his."""
        marks = (str(self.user.id), self.user.name, self.phone.removeprefix("+91"), str(self.session.id))
        return tuple(mark.encode() for mark in marks)


async def gather_crowd(app: FastAPI, tx: Tx, roles: Sequence[Role]) -> list[Member]:
    """Make somebody of each of the roles, all different, each with a customer profile and a session of this moment."""
    services: Services = app.state.services
    now = services.runtime.clock()
    members = []
    for number, role in enumerate(roles):
        user = a_user(f"Person No. {number:05}", roles=(role,))
        session = a_session(user.id, lifetime=_HOUR, now=now)
        claims = AccessClaims(user.id, session.id, session.version)
        token = services.tokens.issue(claims, now=now, lifetime=_HOUR)
        phone = f"+9198{number:08}"
        customer = replace(a_customer(user.id, user.name), phone=phone)
        order = replace(an_order(user.id), customer_id=customer.id)
        subscription = a_subscription(user.id, customer_id=customer.id)
        members.append(Member(user, phone, session, token, customer, order, subscription))
    await insert_users(tx, [one.user for one in members])
    await insert_identifiers(tx, [Identifier(phone_key(one.phone), (one.user.id,)) for one in members])
    await insert_customers(tx, [one.customer for one in members])
    await insert_orders(tx, [one.order for one in members])
    await insert_subscriptions(tx, [one.subscription for one in members])
    await insert_products(tx, [PRODUCT])
    await asyncio.gather(*(open_session(tx, one.session, refresh_digest=one.user.id.binary) for one in members))
    return members


async def stored_about(tx: Tx, members: Sequence[Member]) -> list[Document]:
    """What the database holds about them, in one order."""
    ids = [one.user.id for one in members]
    keys = [phone_key(one.phone) for one in members]
    wanted = {
        USERS: {"_id": {"$in": ids}},
        CUSTOMERS: {"user_id": {"$in": ids}},
        SESSIONS: {"user_id": {"$in": ids}},
        ORDERS: {"user_id": {"$in": ids}},
        DELIVERIES: {"user_id": {"$in": ids}},
        PAYMENTS: {"user_id": {"$in": ids}},
        SUBSCRIPTIONS: {"user_id": {"$in": ids}},
        FACTS: {"user_id": {"$in": ids}},
        IDENTIFIERS: {"_id": {"$in": keys}},
    }
    return [
        document for name, filter_ in wanted.items() async for document in tx.database[name].find(filter_).sort("_id")
    ]


class FromEverywhere(httpx.AsyncBaseTransport):
    """Brings each request to the application from another address, so that limits of addresses stop none."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._numbers = count(1)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the application does; what it raises is raised here."""
        number = next(self._numbers)
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        return await httpx.ASGITransport(self._app, client=(address, 1)).handle_async_request(request)


def asking_everywhere(app: FastAPI) -> httpx.AsyncClient:
    """A client of a running application."""
    return httpx.AsyncClient(transport=FromEverywhere(app), base_url="http://roundsman.test")
