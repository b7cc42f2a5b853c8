"""Customers who can order, and what they and staff send."""

from dataclasses import dataclass
from typing import Any

import httpx

from roundsman.access.roles import Role
from roundsman.catalog.listing import insert_products
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import insert_customers
from roundsman.database.transaction import Tx
from tests.builders import a_customer, a_product, a_user
from tests.http.people import log_in, settle

MILK = a_product()
ORDERS, PAYMENTS, SUBSCRIPTIONS = "/api/v1/orders", "/api/v1/payments", "/api/v1/subscriptions"
Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Shop:
    """A signed-in customer, another one, and an admin."""

    asha: Customer
    usha: Customer
    asha_headers: Headers
    usha_headers: Headers
    admin: Headers

    def of_asha(self, thing: str) -> str:
        """Where staff finds something of Asha's."""
        return f"/api/v1/customers/{self.asha.id}/{thing}"


async def open_shop(api: httpx.AsyncClient, tx: Tx) -> Shop:
    """Sell milk to two customers."""
    await insert_products(tx, [MILK])
    customers, headers = [], []
    for number, roles in enumerate([(Role.CUSTOMER,), (Role.CUSTOMER,), (Role.ADMIN,)]):
        phone = f"+91982001234{number}"
        user = await settle(tx, a_user(roles=roles), phone=phone)
        customers.append(a_customer(user.id))
        answer = await log_in(api, phone)
        headers.append({"Authorization": f"Bearer {answer.json()['access_token']}"})
    await insert_customers(tx, customers[:2])
    return Shop(customers[0], customers[1], *headers)


def two_litres(key: str = "first-order", **more: Any) -> dict[str, Any]:  # noqa: ANN401  whatever JSON there is
    """The request for two litres of milk."""
    return {"key": key, "lines": [{"product_id": str(MILK.id), "quantity": 2}], **more}


async def ordered(api: httpx.AsyncClient, shop: Shop, key: str = "first-order") -> dict[str, Any]:
    """Have Asha order two litres of milk; gives the order."""
    answer = await api.post(ORDERS, json=two_litres(key), headers=shop.asha_headers)
    assert answer.status_code == 201, answer.text
    order: dict[str, Any] = answer.json()
    return order


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """The status of a refusal, and its code."""
    return answer.status_code, answer.json()["code"]
