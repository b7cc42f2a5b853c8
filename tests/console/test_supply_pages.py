"""What a supplier sees and says: orders to him, his prices and what he is owed."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from roundsman.access.roles import Role
from roundsman.calendar import day_of
from roundsman.catalog.listing import insert_products
from roundsman.catalog.products import Product
from roundsman.clock import utc_now
from roundsman.database.collections import PRICE_PROPOSALS, PURCHASE_ORDERS
from roundsman.database.transaction import Tx
from roundsman.identity.mode import Mode, OperationsMode, set_mode
from roundsman.suppliers.dues import Due, DueKind
from roundsman.suppliers.linkage import insert_suppliers
from roundsman.suppliers.posting import post
from roundsman.suppliers.purchase_orders import PurchaseOrder, PurchaseOrderStatus
from roundsman.suppliers.purchasing import insert_purchase_orders
from roundsman.suppliers.suppliers import Supplier
from tests.builders import a_product, a_purchase_order, a_supplier
from tests.console.browsing import Visitor, Visitors, hidden_fields, words_of


@dataclass(frozen=True, slots=True)
class Yard:
    """A supplier at his phone, who brings milk and is asked for a hundred litres."""

    nandi: Visitor
    supplier: Supplier
    milk: Product
    order: PurchaseOrder


@pytest.fixture
async def yard(visitors: Visitors, tx: Tx) -> Yard:
    """A supplier."""
    nandi, user = await visitors.somebody(Role.SUPPLIER)
    supplier = a_supplier(user.id)
    milk = replace(a_product(), supplier_id=supplier.id)
    order = a_purchase_order(supplier.id, PurchaseOrderStatus.SENT)
    await insert_suppliers(tx, [supplier])
    await insert_products(tx, [milk])
    await insert_purchase_orders(tx, [order, a_purchase_order(supplier.id), a_purchase_order()])
    return Yard(nandi, supplier, milk, order)


async def status_of(tx: Tx, order: PurchaseOrder) -> tuple[str, str | None]:
    stored = await tx.database[PURCHASE_ORDERS].find_one({"_id": order.id})
    assert stored is not None
    return stored["status"], stored.get("reason")


async def test_an_order_is_accepted_once_and_then_only_looked_at(yard: Yard, tx: Tx) -> None:
    page = await yard.nandi.open("/supplies")
    words = words_of(page)
    assert "Milk 100 litre ₹32" in words
    assert page.text.count('class="card stop"') == 1
    answer = await yard.nandi.send(page, f"/supplies/{yard.order.id}/acknowledge")
    assert answer.headers["location"] == "/supplies"
    assert await status_of(tx, yard.order) == ("acknowledged", None)
    assert "Accepted" in words_of(await yard.nandi.open("/supplies"))
    late = await yard.nandi.send(page, f"/supplies/{yard.order.id}/reject", reason="no milk")
    assert late.status_code == 409
    assert "answered or cancelled already" in words_of(late)


async def test_refusing_takes_a_reason(yard: Yard, tx: Tx) -> None:
    page = await yard.nandi.open("/supplies")
    asked = await yard.nandi.send(page, f"/supplies/{yard.order.id}/reject", reason="  ")
    assert asked.status_code == 422
    assert "Write why, in a few words." in words_of(asked)
    await yard.nandi.send(asked, f"/supplies/{yard.order.id}/reject", reason="the cooling plant is out of order")
    assert await status_of(tx, yard.order) == ("rejected", "the cooling plant is out of order")


async def test_a_price_is_proposed_once_and_taken_back(yard: Yard, tx: Tx) -> None:
    page = await yard.nandi.open("/supplies/prices")
    since = (day_of(utc_now()) + timedelta(days=7)).isoformat()
    fields = {"product": str(yard.milk.id), "price": "36.50", "since": since}
    told = hidden_fields(page, "/supplies/prices") | fields
    for _ in range(2):
        assert (await yard.nandi.client.post("/supplies/prices", data=told)).status_code == 303
    (stored,) = await tx.database[PRICE_PROPOSALS].find().to_list()
    assert (stored["paise"], stored["valid_from"]) == (3_650, since)

    page = await yard.nandi.open("/supplies/prices")
    assert "₹36.50" in words_of(page)
    assert "Waiting" in words_of(page)
    path = f"/supplies/prices/proposals/{stored['_id']}/withdraw"
    assert (await yard.nandi.send(page, path)).status_code == 303
    assert "Taken back" in words_of(await yard.nandi.open("/supplies/prices"))


async def test_a_price_that_cannot_be_is_asked_again_with_what_was_typed(yard: Yard, tx: Tx) -> None:
    page = await yard.nandi.open("/supplies/prices")
    fields = {"product": str(yard.milk.id), "price": "cheap", "since": ""}
    answer = await yard.nandi.send(page, "/supplies/prices", **fields)
    assert answer.status_code == 422
    assert "Write an amount in rupees" in words_of(answer)
    assert 'value="cheap"' in answer.text
    over = await yard.nandi.send(answer, "/supplies/prices", **(fields | {"price": "36", "since": "2020-01-01"}))
    assert over.status_code == 422
    assert "This day is over." in words_of(over)
    assert await tx.database[PRICE_PROPOSALS].count_documents({}) == 0


async def test_the_statement_says_what_is_owed_and_why(yard: Yard, tx: Tx) -> None:
    assert "There are no bills yet." in words_of(await yard.nandi.open("/supplies/statement"))
    await post(tx, Due("receipt:1", yard.supplier.id, DueKind.BILL, 320_000, utc_now()))
    await post(tx, Due("paid:1", yard.supplier.id, DueKind.PAYMENT, -120_000, utc_now(), reference="NEFT 42"))
    words = words_of(await yard.nandi.open("/supplies/statement"))
    assert "We owe you ₹2,000" in words
    assert "NEFT 42" in words


async def test_nothing_is_offered_that_the_other_application_keeps(yard: Yard, tx: Tx) -> None:
    page = await yard.nandi.open("/supplies")
    await set_mode(tx, Mode(operations=OperationsMode.SOURCE))
    for path in ("/supplies", "/supplies/prices"):
        shown = await yard.nandi.open(path)
        assert "Orders are still kept in the other app." in words_of(shown)
        assert 'action="/supplies' not in shown.text
    assert (await yard.nandi.send(page, f"/supplies/{yard.order.id}/acknowledge")).status_code == 409
