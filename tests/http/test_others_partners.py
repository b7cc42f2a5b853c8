"""A partner who tries every route with another one's ids: 404 or 403, not one byte of the other's, and nothing changes.

The routes and what they take are read from the OpenAPI document, so a new one is tried as soon as it is there.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.database import collections
from roundsman.database.transaction import Document, Tx
from roundsman.ids import DeliveryBoyId
from roundsman.web.examples import example_of
from tests.http.delivering import Depot, bearer
from tests.http.shopping import Headers
from tests.http.supplying import OWN, SUPPLIERS, acknowledged_order, did, open_dairy, sent_order

pytestmark = pytest.mark.whole

API = "/api/v1/"
NOT_TRIED = ("/api/v1/auth/", "/api/v1/health", "/api/v1/openapi.json", "/.well-known/")
"""What is about the caller's own sign-in, which ends it, or for everybody."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another partner: what stands for him in paths and bodies, what shows him in an answer, where his things are."""

    headers: Headers
    ids: Mapping[str, str]
    marks: tuple[str, ...]
    own_routes: str
    stored: Mapping[str, Document]


@dataclass(frozen=True, slots=True)
class Trial:
    """Somebody of a role who tries everything with the other one's ids."""

    role: Role
    headers: Headers
    other: Other


async def two_suppliers(api: httpx.AsyncClient, tx: Tx) -> Trial:
    """Nandi, who has everything that a supplier can have; and Green Valley, who tries."""
    dairy = await open_dairy(api, tx)
    order_id = await acknowledged_order(api, dairy)
    waiting = await sent_order(api, dairy, key="waiting-order")
    did(
        await api.post(
            f"{SUPPLIERS}/purchase-orders/{order_id}/receipts", json={"key": "a-receipt"}, headers=dairy.admin
        )
    )
    paid = {"key": "paid-by-bank", "amount_paise": 12_345, "reference": "UTR of Nandi"}
    did(await api.post(f"{SUPPLIERS}/{dairy.nandi.id}/dues/payments", json=paid, headers=dairy.admin))
    proposing = {"key": "a-proposal", "product_id": str(dairy.milk.id), "paise": 87_654_321}
    proposal = did(await api.post(f"{OWN}/proposals", json=proposing, headers=dairy.nandi_headers))
    ids = {
        "supplier_id": str(dairy.nandi.id),
        "purchase_order_id": waiting,
        "proposal_id": proposal["id"],
        "product_id": str(dairy.milk.id),
        "user_id": str(dairy.nandi.user_id),
    }
    marks = (
        *(ids[name] for name in ids if name != "product_id"),
        order_id,
        "Nandi",
        "9731100000",
        "UTR of",
        "87654321",
    )
    his: Document = {"supplier_id": dairy.nandi.id}
    stored = {
        collections.SUPPLIERS: {"_id": dairy.nandi.id},
        collections.PRODUCTS: his,
        collections.PURCHASE_ORDERS: his,
        collections.PRICE_PROPOSALS: his,
        collections.SUPPLIER_DUES: his,
        collections.USERS: {"_id": dairy.nandi.user_id},
    }
    return Trial(Role.SUPPLIER, dairy.other_headers, Other(dairy.nandi_headers, ids, marks, OWN, stored))


async def two_delivery_boys(depot: Depot) -> Trial:
    """Ravi, who has brought one order, was paid for it, and has another to bring to Asha; and Sunil, who tries."""
    await depot.brought(depot.ravi, depot.asha)
    order = await depot.order(depot.asha)
    boy = DeliveryBoyId(ObjectId(depot.ravi.id))
    ids = {
        "stop_id": str(order.id),
        "order_id": str(order.id),
        "delivery_boy_id": depot.ravi.id,
        "user_id": str(depot.ravi.user_id),
        "customer_id": str(depot.asha.id),
    }
    marks = (str(order.id), depot.ravi.id, str(depot.ravi.user_id), "Ravi", depot.ravi.phone, "Asha", "12 MG Road")
    stored: dict[str, Document] = {
        collections.DELIVERY_BOYS: {"_id": boy},
        collections.LEDGER_ENTRIES: {"delivery_boy_id": boy},
        collections.DELIVERIES: {"delivery_boy_id": boy},
        collections.ORDERS: {"user_id": depot.asha.user_id},
        collections.CUSTOMERS: {"_id": depot.asha.id},
    }
    his = await bearer(depot.app, depot.tx, depot.ravi.user_id)
    other = Other(his, ids, marks, f"{API}delivery/", stored)
    return Trial(Role.DELIVERY_BOY, await bearer(depot.app, depot.tx, depot.sunil.user_id), other)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every route that asks for a permission: method, path and what the document says."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if not path.startswith(NOT_TRIED) and "x-permission" in operation:
                yield method.upper(), path, operation


def with_ids(value: Any, ids: Mapping[str, str]) -> Any:  # noqa: ANN401  whatever JSON there is
    """An example of a body, with the other one's ids wherever they fit."""
    match value:
        case dict():
            return {name: ids.get(name, with_ids(inner, ids)) for name, inner in value.items()}
        case list():
            return [with_ids(inner, ids) for inner in value]
        case _:
            return value


def body_of(document: Mapping[str, Any], operation: Mapping[str, Any], ids: Mapping[str, str]) -> Any:  # noqa: ANN401  as above
    """What the route takes, about the other one; None where it takes nothing."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    return with_ids(example_of(document, content["application/json"]["schema"]), ids)


async def stored(tx: Tx, other: Other) -> list[Document]:
    """Everything of the other's."""
    return [one for name, his in other.stored.items() async for one in tx.database[name].find(his).sort("_id", 1)]


async def test_nobody_reaches_another_suppliers_things(api: httpx.AsyncClient, tx: Tx) -> None:
    tried = await try_everything(api, tx, await two_suppliers(api, tx))
    assert tried >= 5, "the routes of suppliers take ids"


async def test_nobody_reaches_another_delivery_boys_things(depot: Depot) -> None:
    tried = await try_everything(depot.api, depot.tx, await two_delivery_boys(depot))
    assert tried >= 2, "the routes of delivery boys take stops"


async def test_everything_that_must_not_show_shows_to_its_supplier(api: httpx.AsyncClient, tx: Tx) -> None:
    assert await unseen(api, (await two_suppliers(api, tx)).other) == []


async def test_everything_that_must_not_show_shows_to_its_delivery_boy(depot: Depot) -> None:
    assert await unseen(depot.api, (await two_delivery_boys(depot)).other) == []


async def try_everything(api: httpx.AsyncClient, tx: Tx, trial: Trial) -> int:
    """Ask every route with the other one's ids; counts those that he may ask, which all find nothing."""
    other, document = trial.other, (await api.get(f"{API}openapi.json")).json()
    before, wrong, not_found = await stored(tx, other), [], 0
    for method, path, operation in operations(document):
        filled = path
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                name = parameter["name"]
                filled = filled.replace(f"{{{name}}}", other.ids.get(name, "0" * 24))
        body = body_of(document, operation, other.ids)
        answer = await api.request(method, filled, json=body, headers=trial.headers)
        names_other = any(one in f"{filled} {json.dumps(body)}" for one in other.ids.values())
        may = trial.role in operation["x-roles"]
        if not may and answer.status_code != 403:
            wrong.append(f"{method} {path}: {answer.status_code}, though it is not for him")
        if may and names_other and answer.status_code != 404:
            wrong.append(f"{method} {path}: {answer.status_code}, not 404")
        if answer.status_code >= 500:
            wrong.append(f"{method} {path}: {answer.status_code}")
        told = f"{answer.headers} {answer.text}"
        wrong += [f"{method} {path}: shows {mark!r}" for mark in other.marks if mark in told]
        not_found += may and names_other

    assert wrong == []
    assert await stored(tx, other) == before
    return not_found


async def unseen(api: httpx.AsyncClient, other: Other) -> list[str]:
    """What would show him and does not show to himself on his own pages."""
    document = (await api.get(f"{API}openapi.json")).json()
    told = ""
    for method, path, _ in operations(document):
        if method == "GET" and path.startswith(other.own_routes) and "{" not in path:
            told += (await api.get(path, headers=other.headers)).text
    return [mark for mark in other.marks if mark not in told]
