"""What the existing application wants from suppliers: taken to the paisa, followed, proven, and owed nothing for."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from roundsman.audit_log.entries import SYSTEM
from roundsman.catalog.listing import iterate_products
from roundsman.catalog.prices import price_at
from roundsman.database.collections import PURCHASE_ORDERS, SUPPLIER_DUES
from roundsman.database.transaction import Document
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.ids import PurchaseOrderId
from roundsman.migration.sources.changes import ChangeFeed
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.migration.sync import Round, compare_all, take_changes
from roundsman.migration.undoing import undo_run
from roundsman.migration.verify.verification import Check
from roundsman.operations.buying.purchasing import send_purchase_order
from roundsman.operations.buying.receiving import WantedReceipt, receive_purchase
from roundsman.operations.facts.intake import Intake
from roundsman.suppliers.linkage import iterate_suppliers
from roundsman.suppliers.posting import check_dues, totals_of
from roundsman.suppliers.purchase_orders import PurchaseOrder, PurchaseOrderStatus, total_of
from roundsman.suppliers.purchasing import get_purchase_order, list_orders_of_supplier
from tests.imports import Database, Import, fill
from tests.migration_builders import EARLYBIRD, doc, object_id
from tests.storage.migration.worlds import everything

WANTED = "procurement_orders"
STATUSES = {
    "pending": PurchaseOrderStatus.SENT,
    "CONFIRMED": PurchaseOrderStatus.ACKNOWLEDGED,
    "delivered": PurchaseOrderStatus.RECEIVED,
    "cancelled": PurchaseOrderStatus.CANCELLED,
    "mislaid": PurchaseOrderStatus.DRAFT,
}


def wanted(id: str, status: str, *, supplier: str = "farm", **fields: Any) -> Document:  # noqa: A002, ANN401  as documents are
    """A purchase order as the existing application leaves it."""
    item = {"product_id": "milk", "product_name": "Milk 500 ml", "quantity": 33.3, "unit": "packet", "price": 20.1}
    return {
        "_id": object_id(f"wanted-{id}"),
        "id": id,
        "supplier_id": supplier,
        "date": "2026-10-20",
        "items": [item | {"reason": "shortfall", "total": 669.33}],
        "total_amount": 669.33,
        "status": status,
        "created_at": "2026-10-19T20:15:00+00:00",
        **fields,
    }


@pytest.fixture(autouse=True)
async def shop(source_database: Database) -> Database:
    """A business that wanted something in each status, and once from nobody."""
    orders = [wanted(f"po-{status}", status) for status in STATUSES]
    orders.append(wanted("po-nobody", "pending", supplier="who-is-that"))
    await fill(source_database, everything() | {WANTED: orders})
    return source_database


@pytest.fixture
async def feed(source: MongoSource, importing: Import) -> AsyncIterator[ChangeFeed]:
    """The changes of the business since it was taken."""
    feed = await source.watch([collection.name for collection in EARLYBIRD.collections], after=None)
    await compare_all(importing.runtime.tx, importing.source, importing.profile, importing.means())
    yield feed
    await feed.close()


async def take(importing: Import, feed: ChangeFeed) -> Round:
    moment = timedelta(milliseconds=300)
    changes = await feed.gather(patience=moment * 10, debounce=moment, most=1_000)
    return await take_changes(
        importing.runtime.tx, importing.source, importing.profile, changes.documents, importing.means()
    )


async def taken(importing: Import, id: str) -> PurchaseOrder:  # noqa: A002  the field's name
    return await get_purchase_order(importing.runtime.tx, PurchaseOrderId(object_id(f"wanted-{id}")))


async def test_they_are_taken_with_their_status_and_to_the_paisa_and_nothing_is_owed(importing: Import) -> None:
    applied = await importing.run()

    tx = importing.runtime.tx
    (farm,) = [one async for one in iterate_suppliers(tx)]
    (milk,) = [one async for one in iterate_products(tx)]
    orders = {status: await taken(importing, f"po-{status}") for status in STATUSES}
    assert {status: order.status for status, order in orders.items()} == STATUSES
    assert {order.supplier_id for order in orders.values()} == {farm.id}
    received = orders["delivered"]
    (line,) = received.lines
    assert (line.product_id, line.name, line.unit) == (milk.id, "Milk 500 ml", "packet")
    assert (line.quantity, line.unit_price_paise, line.received, received.total_paise) == (33.3, 2010, 33.3, 66_933)
    assert (str(received.for_date), received.receipts, orders["pending"].lines[0].received) == ("2026-10-20", (), 0)
    assert applied.findings["purchase_order_of_nobody"] == 1
    assert (await taken(importing, "po-nobody")).supplier_id is None
    shown = await list_orders_of_supplier(tx, farm.id)
    assert {order.status for order in shown} == set(STATUSES.values()) - {PurchaseOrderStatus.DRAFT}
    assert await tx.database[SUPPLIER_DUES].count_documents({}) == 0
    verification = await importing.verify()
    assert verification.passed
    (account,) = [one for one in verification.accounts if one.collection == WANTED]
    assert (account.in_source, account.classes) == (6, {"kept": 6})


async def test_they_are_followed_as_long_as_the_source_has_operations(
    importing: Import, feed: ChangeFeed, shop: Database
) -> None:
    await shop[WANTED].update_one({"id": "po-pending"}, {"$set": {"status": "confirmed", "total_amount": 700}})
    await shop[WANTED].insert_one(wanted("po-new", "pending"))
    round_ = await take(importing, feed)
    assert (round_.arrived, round_.changed) == (1, 1)
    order = await taken(importing, "po-pending")
    assert (order.status, order.total_paise) == (PurchaseOrderStatus.ACKNOWLEDGED, 70_000)
    assert (await taken(importing, "po-new")).supplier_id == order.supplier_id

    await shop["suppliers"].insert_one(doc("who-is-that", "Green Valley", phone="9731100777"))
    await take(importing, feed)
    await compare_all(importing.runtime.tx, importing.source, importing.profile, importing.means())
    assert (await taken(importing, "po-nobody")).supplier_id is not None
    assert (await importing.verify()).passed


async def test_what_was_on_its_way_at_the_switch_is_received_and_owed_for_here(
    importing: Import, shop: Database
) -> None:
    await importing.run()
    tx, now = importing.runtime.tx, importing.runtime.clock()
    live = Mode(PeopleMode.LIVE, OperationsMode.ROUNDSMAN, people_since=now, operations_since=now)
    await set_mode(tx, live)
    intake = Intake(SYSTEM, importing.runtime.activation)
    order = await taken(importing, "po-CONFIRMED")

    order = await receive_purchase(tx, order.id, WantedReceipt("all-of-it"), intake=intake, now=now)

    assert order.status is PurchaseOrderStatus.RECEIVED
    assert order.supplier_id is not None
    assert (await totals_of(tx, order.supplier_id)).balance_paise == 66_933
    assert (await check_dues(tx)).wrong == ()
    await shop[WANTED].update_many({}, {"$set": {"status": "cancelled"}})
    await compare_all(tx, importing.source, importing.profile, importing.means())
    assert await taken(importing, "po-CONFIRMED") == order


async def test_a_draft_of_the_source_is_sent_here_at_the_prices_of_here(importing: Import, shop: Database) -> None:
    await shop[WANTED].insert_one(wanted("po-ahead", "mislaid", date="2099-12-01", total_amount=700))
    await importing.run()
    tx, now = importing.runtime.tx, importing.runtime.clock()
    await set_mode(tx, Mode(PeopleMode.LIVE, OperationsMode.ROUNDSMAN, people_since=now, operations_since=now))
    draft = await taken(importing, "po-ahead")
    (milk,) = [one async for one in iterate_products(tx)]

    order = await send_purchase_order(tx, draft.id, intake=Intake(SYSTEM, importing.runtime.activation), now=now)

    assert (draft.total_paise, order.status) == (70_000, PurchaseOrderStatus.SENT)
    assert order.lines[0].unit_price_paise == price_at(milk, now)
    assert order.total_paise == total_of(order.lines) != draft.total_paise
    assert (await importing.verify()).passed


async def test_a_damaged_one_is_found_and_undoing_takes_all(importing: Import) -> None:
    applied = await importing.run()
    tx = importing.runtime.tx
    order = await taken(importing, "po-pending")
    changed = {"$set": {"total_paise": order.total_paise + 1}}
    await tx.database[PURCHASE_ORDERS].update_one({"_id": order.id}, changed)
    verification = await importing.verify()
    assert not verification.passed
    (money,) = [one for one in verification.checks if one.check is Check.MONEY]
    assert any("669.33 in the source, 669.34 here" in one for one in money.examples)

    means = importing.means()
    await undo_run(tx, applied.run_id, EARLYBIRD, seal=means.seal, actor=SYSTEM, clock=means.clock, forget=False)
    assert await tx.database[PURCHASE_ORDERS].count_documents({}) == 0
