"""`roundsman suppliers …` as an operator types it, on a day with orders, subscriptions and something owed."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from bson import ObjectId

from roundsman.activation.policy import ActivationPolicy
from roundsman.audit_log.entries import SYSTEM
from roundsman.catalog.listing import insert_products
from roundsman.customers.customers import CustomerStatus
from roundsman.customers.linkage import insert_customers
from roundsman.database.collections import SUPPLIER_TOTALS
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.operations.buying.receiving import WantedReceipt, receive_purchase
from roundsman.operations.facts.intake import Intake
from roundsman.orders.history import insert_orders
from roundsman.orders.orders import OrderLine, OrderStatus
from roundsman.subscriptions.pausing import insert_subscriptions
from roundsman.subscriptions.subscriptions import Pause, SubscriptionStatus
from roundsman.suppliers.linkage import insert_suppliers
from roundsman.suppliers.purchase_orders import PurchaseOrder, PurchaseOrderStatus
from roundsman.suppliers.purchasing import insert_purchase_orders
from roundsman.suppliers.suppliers import Supplier
from tests.builders import NOW, a_customer, a_product, a_purchase_order, a_subscription, a_supplier, an_order
from tests.commands import RoundsmanCommand

DAY = date(2026, 3, 2)
INTAKE = Intake(SYSTEM, ActivationPolicy())


async def a_business(tx: Tx) -> tuple[Supplier, PurchaseOrder]:
    """Milk of Nandi's and curd of nobody's, wanted by customers who are served and by some who are not."""
    nandi = a_supplier(UserId(ObjectId()))
    milk, curd = replace(a_product(), supplier_id=nandi.id), a_product(name="Curd")
    served, paused, stopped = (
        replace(a_customer(UserId(ObjectId())), status=status)
        for status in (CustomerStatus.TRIAL, CustomerStatus.PAUSED, CustomerStatus.STOPPED)
    )
    order = replace(
        an_order(served.user_id), for_date=DAY, lines=(OrderLine(milk.id, "Milk", 2.5, 1), OrderLine(None, "Old", 1, 1))
    )
    orders = [
        order,
        replace(an_order(served.user_id), for_date=DAY, lines=(OrderLine(curd.id, "Curd", 4, 1),)),
        replace(an_order(served.user_id), for_date=DAY + timedelta(days=1), lines=order.lines),
        replace(an_order(served.user_id), for_date=DAY, lines=order.lines, status=OrderStatus.CANCELLED),
        replace(an_order(served.user_id), lines=(OrderLine(milk.id, "Milk", 7, 1),)),
    ]
    subscriptions = [
        a_subscription(one.user_id, customer_id=one.id, start=DAY) for one in (served, served, paused, stopped)
    ]
    subscriptions += [
        a_subscription(served.user_id, customer_id=served.id, status=SubscriptionStatus.PAUSED),
        a_subscription(served.user_id, customer_id=served.id, pauses=(Pause(DAY),)),
        a_subscription(served.user_id, customer_id=served.id, start=DAY + timedelta(days=1)),
        a_subscription(served.user_id),
    ]
    purchase = a_purchase_order(nandi.id, PurchaseOrderStatus.ACKNOWLEDGED)
    await insert_suppliers(tx, [nandi])
    await insert_products(tx, [milk, curd])
    await insert_customers(tx, [served, paused, stopped])
    await insert_orders(tx, orders)
    await insert_subscriptions(tx, [replace(one, product_id=milk.id) for one in subscriptions])
    await insert_purchase_orders(tx, [purchase, a_purchase_order()])
    await receive_purchase(tx, purchase.id, WantedReceipt("a-receipt"), intake=INTAKE, now=NOW)
    return nandi, purchase


async def test_an_operator_sees_suppliers_what_is_needed_and_what_is_owed(roundsman: RoundsmanCommand, tx: Tx) -> None:
    nandi, purchase = await a_business(tx)

    told = {
        words: roundsman("suppliers", *words.split())
        for words in (
            "list",
            f"show {nandi.id}",
            f"demand --date {DAY}",
            f"orders --supplier {nandi.id}",
            f"dues {nandi.id}",
            "verify",
        )
    }
    said = {words: done.stdout for words, done in told.items()}

    assert {done.returncode for done in told.values()} == {0}, [done.stderr for done in told.values()]
    assert "Nandi Dairy" in said["list"]
    assert "3,200.00" in said["list"]
    assert "3,200.00" in said[f"show {nandi.id}"]
    rows = [line.split() for line in said[f"demand --date {DAY}"].splitlines()[2:]]
    assert rows == [
        ["Curd", "litre", "4.0", "0.0", "4.0", "0.0"],
        ["Milk", "litre", "2.5", "2.0", "4.5", "7.0"],
        ["Old", "1.0", "0.0", "1.0", "0.0"],
    ]
    assert str(purchase.id) in said[f"orders --supplier {nandi.id}"]
    assert "Rs 3,200.00 are owed, the sum of 1 entries" in said[f"dues {nandi.id}"]
    assert "Rs 3,200.00 are owed, 0 wrong" in said["verify"]


async def test_what_is_said_can_be_read_by_programs(roundsman: RoundsmanCommand, tx: Tx) -> None:
    nandi, purchase = await a_business(tx)

    def read(*words: str) -> Any:  # noqa: ANN401  whatever JSON there is
        done = roundsman("suppliers", *words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    (one,) = read("list")
    assert (one["id"], one["balance_paise"]) == (str(nandi.id), 320_000)
    (milk,) = read("demand", "--date", DAY.isoformat(), "--supplier", str(nandi.id))
    assert (milk["name"], milk["ordered"], milk["subscribed"], milk["total"]) == ("Milk", 2.5, 2, 4.5)
    (order,) = read("orders", "--status", "received")
    assert (order["id"], order["receipts"][0]["paise"]) == (str(purchase.id), 320_000)
    nobody = roundsman("suppliers", "show", str(ObjectId()))
    assert (nobody.returncode, nobody.stdout) == (5, "")


async def test_a_balance_that_drifted_is_found(roundsman: RoundsmanCommand, tx: Tx) -> None:
    nandi, _ = await a_business(tx)
    await tx.database[SUPPLIER_TOTALS].update_one({"_id": nandi.id}, {"$inc": {"balance_paise": 1}})
    done = roundsman("suppliers", "verify")
    assert done.returncode == 1
    assert f"supplier {nandi.id}" in done.stdout
