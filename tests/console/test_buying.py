"""Buying on the pages: orders drafted, answered and taken back; what suppliers are owed, put right."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.calendar import day_of
from roundsman.catalog.listing import list_products_of
from roundsman.console.wording import money
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from roundsman.orders.book import insert_order
from roundsman.orders.orders import OrderLine
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from roundsman.suppliers.linkage import write_profile
from roundsman.suppliers.posting import totals_of
from roundsman.suppliers.purchase_orders import PurchaseOrderStatus
from roundsman.suppliers.purchasing import get_purchase_order, insert_purchase_order, insert_purchase_orders
from roundsman.suppliers.suppliers import SupplierStatus
from tests.builders import a_purchase_order, an_order
from tests.console.browsing import Visitors, words_of
from tests.console.dairy import settle_dairy
from tests.http.delivering import BEGIN, Watch

TODAY = day_of(BEGIN)


@pytest.fixture
async def runtime(settings: Settings, watch: Watch) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock the test sets."""
    async with open_runtime(settings, clock=watch) as runtime:
        yield runtime


async def test_a_purchase_order_is_drafted_of_what_is_needed_and_does_not_come_yet(visitors: Visitors, tx: Tx) -> None:
    supplier = await settle_dairy(tx)
    (milk,) = await list_products_of(tx, supplier.id, skip=0, limit=9)
    tomorrow = TODAY + timedelta(days=1)
    of_milk = OrderLine(milk.id, milk.name, 10.9, 64_00)
    wanted = replace(an_order(UserId(ObjectId())), lines=(of_milk,), for_date=tomorrow)
    await insert_order(tx, wanted)
    coming = a_purchase_order(supplier.id, PurchaseOrderStatus.SENT)
    line = replace(coming.lines[0], product_id=milk.id, quantity=4)
    await insert_purchase_order(tx, replace(coming, lines=(line,), for_date=tomorrow))
    gone = replace(a_purchase_order(supplier.id, PurchaseOrderStatus.CANCELLED), lines=(line,), for_date=tomorrow)
    await insert_purchase_order(tx, gone)
    admin, _ = await visitors.somebody(Role.ADMIN)
    path, field = "/purchase-orders/new", f"product_{milk.id}"
    of_whom = await admin.open(path)
    assert f'<option value="{supplier.id}">Nandi Dairy</option>' in of_whom.text
    assert f'value="{tomorrow}"' in of_whom.text
    page = await admin.open(f"{path}?supplier={supplier.id}&day={tomorrow}")
    said = words_of(page)
    assert "Buffalo milk ₹64 a litre 10.9 4" in said
    assert f'name="{field}" inputmode="decimal" maxlength="12" autocomplete="off" value="7"' in page.text
    refused = await admin.send(page, path, **{field: "a lot"})
    assert (refused.status_code, 'value="a lot"' in refused.text) == (422, True)
    nothing = await admin.send(page, path, **{field: " "})
    assert (nothing.status_code, "at least one product" in words_of(nothing)) == (422, True)
    first, again = [await admin.send(page, path, **{field: "7.25"}) for _twice in range(2)]
    assert first.headers["location"] == again.headers["location"]
    drafted = words_of(await admin.open(first.headers["location"]))
    assert "draft" in drafted
    assert "Buffalo milk 7.25 litre 0 ₹64 Total ₹464" in drafted
    assert "Comes already" in words_of(await admin.open(f"{path}?supplier={supplier.id}&day={tomorrow}"))


async def test_who_is_no_more_bought_from_is_asked_for_nothing(visitors: Visitors, tx: Tx) -> None:
    supplier = await settle_dairy(tx)
    await write_profile(tx, supplier, replace(supplier, status=SupplierStatus.INACTIVE))
    admin, _ = await visitors.somebody(Role.ADMIN)
    assert "There is no supplier to buy from." in words_of(await admin.open("/purchase-orders/new"))
    page = await admin.open(f"/purchase-orders/new?supplier={supplier.id}")
    assert "The business does not buy from him any more." in words_of(page)
    assert "<table" not in page.text


async def test_a_supplier_on_the_phone_rejects_and_what_did_not_come_is_taken_back(visitors: Visitors, tx: Tx) -> None:
    supplier = await settle_dairy(tx)
    asked = a_purchase_order(supplier.id, PurchaseOrderStatus.SENT)
    bought = a_purchase_order(supplier.id, PurchaseOrderStatus.ACKNOWLEDGED)
    await insert_purchase_orders(tx, [asked, bought])
    admin, _ = await visitors.somebody(Role.ADMIN)
    path = f"/purchase-orders/{asked.id}"
    wrong = await admin.send(await admin.open(path), f"{path}/reject", reason=" ")
    assert (wrong.status_code, wrong.text.count('aria-invalid="true"')) == (422, 1)
    assert (await admin.send(await admin.open(path), f"{path}/reject", reason="no fodder")).status_code == 303
    assert "Why: no fodder" in words_of(await admin.open(path))
    path = f"/purchase-orders/{bought.id}"
    assert (await admin.send(await admin.open(path), f"{path}/receipts", line_1="40")).status_code == 303
    (receipt,) = (await get_purchase_order(tx, bought.id)).receipts
    take_back = f"{path}/receipts/{receipt.id}/take-back"
    assert (await admin.send(await admin.open(path), take_back, reason="it was 30")).status_code == 303
    assert (await totals_of(tx, supplier.id)).balance_paise == 0
    page = await admin.open(path)
    assert "40 litre Milk taken back: it was 30" in words_of(page)
    assert take_back not in page.text
    assert 'name="line_1" type="text" value="100"' in page.text


async def test_an_imported_order_of_nobody_goes_on_once_it_is_somebodys(visitors: Visitors, tx: Tx) -> None:
    supplier = await settle_dairy(tx)
    order = replace(a_purchase_order(status=PurchaseOrderStatus.SENT), supplier_id=None)
    await insert_purchase_order(tx, order)
    admin, _ = await visitors.somebody(Role.ADMIN)
    path = f"/purchase-orders/{order.id}"
    page = await admin.open(path)
    assert (await admin.send(page, f"{path}/supplier", supplier="")).status_code == 422
    assert (await admin.send(page, f"{path}/supplier", supplier=str(supplier.id))).status_code == 303
    assert (await get_purchase_order(tx, order.id)).supplier_id == supplier.id
    assert "Acknowledge for him" in words_of(await admin.open(path))


async def test_a_payment_that_was_typed_wrongly_is_taken_back_and_sour_milk_is_owed_no_more(
    visitors: Visitors, watch: Watch, tx: Tx
) -> None:
    supplier = await settle_dairy(tx)
    order = a_purchase_order(supplier.id, PurchaseOrderStatus.ACKNOWLEDGED)
    await insert_purchase_order(tx, order)
    admin, _ = await visitors.somebody(Role.ADMIN)
    path, credit = f"/suppliers/{supplier.id}", f"/suppliers/{supplier.id}/credit-note"
    pay = f"{path}/payment"
    await admin.send(await admin.open(pay), pay, amount="50,000", reference="UTR 7")
    page = await admin.open(path)
    (take_back,) = {line for line in page.text.split('"') if line.endswith("/reversal")}
    asked = await admin.open(take_back)
    assert "Amount ₹50,000" in words_of(asked)
    take_back = httpx.URL(take_back).path
    assert (await admin.send(asked, take_back, reason=" ")).status_code == 422
    assert (await admin.send(asked, take_back, reason="5,000 it was")).status_code == 303
    assert (await totals_of(tx, supplier.id)).balance_paise == 0
    assert "It was taken back already." in words_of(await admin.open(take_back))
    page = await admin.open(credit)
    wrong = await admin.send(page, credit, amount="much", reason="sour", order=str(order.id))
    assert (wrong.status_code, f'value="{order.id}" selected' in wrong.text) == (422, True)
    for _twice in range(2):
        assert (await admin.send(page, credit, amount="320", reason="ten sour", order=str(order.id))).status_code == 303
    assert (await totals_of(tx, supplier.id)).balance_paise == -320_00
    said = words_of(await admin.open(path))
    assert f"Payment UTR 7 4 Mar 2026, 9:00 am {money(-50_000_00)} taken back" in said
    assert "Reversal 5,000 it was 4 Mar 2026, 9:00 am ₹50,000" in said
    assert f"{money(-320_00)} Take back the credit note of ₹320" in said
    watch.go(minutes=11)
    for late in (credit, take_back):
        assert (await admin.open(late)).headers["location"].startswith("/prove?next=")
