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
    ADJUSTMENTS,
    CUSTOMERS,
    DELIVERIES,
    DELIVERY_BOYS,
    FACTS,
    IDENTIFIERS,
    LEDGER_ENTRIES,
    ORDERS,
    PAYMENTS,
    PRICE_PROPOSALS,
    PURCHASE_ORDERS,
    SESSIONS,
    SUBSCRIPTIONS,
    SUPPLIER_DUES,
    SUPPLIERS,
    USERS,
)
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.delivery_boys import DeliveryBoy
from roundsman.delivery.linkage import insert_delivery_boys
from roundsman.identity.identifiers import phone_key
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.users import Identifier, User
from roundsman.orders.history import insert_orders
from roundsman.orders.orders import Order
from roundsman.subscriptions.pausing import insert_subscriptions
from roundsman.subscriptions.subscriptions import Subscription
from roundsman.suppliers.linkage import insert_suppliers
from roundsman.suppliers.proposals import PriceProposal
from roundsman.suppliers.proposing import put_proposal
from roundsman.suppliers.purchase_orders import PurchaseOrder, PurchaseOrderStatus
from roundsman.suppliers.purchasing import insert_purchase_orders
from roundsman.suppliers.suppliers import Supplier
from roundsman.web.services import Services
from tests.builders import (
    a_customer,
    a_delivery_boy,
    a_price_proposal,
    a_product,
    a_purchase_order,
    a_session,
    a_subscription,
    a_supplier,
    a_user,
    an_order,
)

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
    delivery_boy: DeliveryBoy
    supplier: Supplier
    purchase_order: PurchaseOrder
    proposal: PriceProposal

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
    """Make somebody of each of the roles, all different, with a session of this moment.

    Each is a customer, a delivery boy who delivers to himself, and a supplier: what he may see of that says his role.
    """
    services: Services = app.state.services
    now = services.runtime.clock()
    members = []
    for number, role in enumerate(roles):
        user = a_user(f"Person No. {number:05}", roles=(role,))
        session = a_session(user.id, lifetime=_HOUR, now=now)
        claims = AccessClaims(user.id, session.id, session.version)
        token = services.tokens.issue(claims, now=now, lifetime=_HOUR)
        phone = f"+9198{number:08}"
        boy = a_delivery_boy(user.id, user.name)
        customer = replace(a_customer(user.id, user.name), phone=phone, delivery_boy_id=boy.id)
        order = replace(an_order(user.id), customer_id=customer.id)
        subscription = a_subscription(user.id, customer_id=customer.id)
        supplier = a_supplier(user.id, user.name)
        purchase = a_purchase_order(supplier.id, PurchaseOrderStatus.SENT)
        proposal = a_price_proposal(supplier.id, PRODUCT.id)
        profiles = (customer, order, subscription, boy, supplier, purchase, proposal)
        members.append(Member(user, phone, session, token, *profiles))
    await insert_users(tx, [one.user for one in members])
    await insert_identifiers(tx, [Identifier(phone_key(one.phone), (one.user.id,)) for one in members])
    await insert_customers(tx, [one.customer for one in members])
    await insert_delivery_boys(tx, [one.delivery_boy for one in members])
    await insert_orders(tx, [one.order for one in members])
    await insert_subscriptions(tx, [one.subscription for one in members])
    await insert_products(tx, [PRODUCT])
    await insert_suppliers(tx, [one.supplier for one in members])
    await insert_purchase_orders(tx, [one.purchase_order for one in members])
    await asyncio.gather(*(put_proposal(tx, one.proposal) for one in members))
    await asyncio.gather(*(open_session(tx, one.session, refresh_digest=one.user.id.binary) for one in members))
    return members


async def stored_about(tx: Tx, members: Sequence[Member]) -> list[Document]:
    """What the database holds about them, in one order."""
    ids = [one.user.id for one in members]
    suppliers = [one.supplier.id for one in members]
    keys = [phone_key(one.phone) for one in members]
    boys = [one.delivery_boy.id for one in members]
    wanted = {
        USERS: {"_id": {"$in": ids}},
        CUSTOMERS: {"user_id": {"$in": ids}},
        SESSIONS: {"user_id": {"$in": ids}},
        ORDERS: {"user_id": {"$in": ids}},
        DELIVERIES: {"user_id": {"$in": ids}},
        PAYMENTS: {"user_id": {"$in": ids}},
        SUBSCRIPTIONS: {"user_id": {"$in": ids}},
        SUPPLIERS: {"user_id": {"$in": ids}},
        PURCHASE_ORDERS: {"supplier_id": {"$in": suppliers}},
        PRICE_PROPOSALS: {"supplier_id": {"$in": suppliers}},
        SUPPLIER_DUES: {"supplier_id": {"$in": suppliers}},
        DELIVERY_BOYS: {"user_id": {"$in": ids}},
        LEDGER_ENTRIES: {"delivery_boy_id": {"$in": boys}},
        ADJUSTMENTS: {"delivery_boy_id": {"$in": boys}},
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
