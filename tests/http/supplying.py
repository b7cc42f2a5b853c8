"""A business that buys milk and curd from suppliers who can sign in."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx

from roundsman.access.roles import Role
from roundsman.calendar import day_of
from roundsman.catalog.listing import insert_products
from roundsman.catalog.products import Product
from roundsman.clock import utc_now
from roundsman.database.transaction import Tx
from roundsman.suppliers.linkage import insert_suppliers
from roundsman.suppliers.suppliers import Supplier
from tests.builders import a_product, a_supplier, a_user
from tests.http.people import log_in, settle
from tests.http.shopping import Headers

SUPPLIERS = "/api/v1/suppliers"
ORDERS = f"{SUPPLIERS}/purchase-orders"
OWN = f"{SUPPLIERS}/me"
_PHONES = ("+919731100000", "+919731100001", "+919731100002")
TOMORROW = (day_of(utc_now()) + timedelta(days=1)).isoformat()


@dataclass(frozen=True, slots=True)
class Dairy:
    """Two signed-in suppliers with a product each, and an admin."""

    nandi: Supplier
    other: Supplier
    nandi_headers: Headers
    other_headers: Headers
    admin: Headers
    milk: Product
    curd: Product


async def open_dairy(api: httpx.AsyncClient, tx: Tx) -> Dairy:
    """Have Nandi bring milk, and another supplier curd."""
    suppliers = []
    for number, name in enumerate(("Nandi Dairy", "Green Valley")):
        user = await settle(tx, a_user(roles=(Role.SUPPLIER,)), phone=_PHONES[number])
        suppliers.append(replace(a_supplier(user.id, name), phone=_PHONES[number]))
    nandi, other = suppliers
    await settle(tx, a_user(roles=(Role.ADMIN,)), phone=_PHONES[2])
    await insert_suppliers(tx, suppliers)
    milk, curd = (replace(a_product(name=name), supplier_id=one.id) for name, one in (("Milk", nandi), ("Curd", other)))
    await insert_products(tx, [milk, curd])
    signed_in = [(await log_in(api, phone)).json()["access_token"] for phone in _PHONES]
    headers = [{"Authorization": f"Bearer {token}"} for token in signed_in]
    return Dairy(nandi, other, headers[0], headers[1], headers[2], milk, curd)


def wanting(
    dairy: Dairy,
    quantity: float = 10,
    key: str = "first-purchase",
    **more: Any,  # noqa: ANN401  whatever JSON there is
) -> dict[str, Any]:
    """The request for litres of Nandi's milk for tomorrow."""
    line = {"product_id": str(dairy.milk.id), "quantity": quantity}
    return {"key": key, "supplier_id": str(dairy.nandi.id), "lines": [line], "for_date": TOMORROW, **more}


def did(answer: httpx.Response) -> Any:  # noqa: ANN401  whatever JSON there is
    """What an answer says, which must be no refusal."""
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def sent_order(api: httpx.AsyncClient, dairy: Dairy, quantity: float = 10, key: str = "first-purchase") -> str:
    """Draft and send a purchase order for Nandi's milk; gives its id."""
    drafted = did(await api.post(ORDERS, json=wanting(dairy, quantity, key), headers=dairy.admin))
    did(await api.post(f"{ORDERS}/{drafted['id']}/send", headers=dairy.admin))
    return str(drafted["id"])


async def acknowledged_order(
    api: httpx.AsyncClient, dairy: Dairy, quantity: float = 10, key: str = "first-purchase"
) -> str:
    """Have Nandi acknowledge one besides."""
    order_id = await sent_order(api, dairy, quantity, key)
    did(await api.post(f"{OWN}/purchase-orders/{order_id}/acknowledge", headers=dairy.nandi_headers))
    return order_id
