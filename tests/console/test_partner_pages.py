"""The pages of delivery boys, payouts, suppliers and purchase orders: the domain's numbers, and what is done on them."""

from collections.abc import AsyncIterator

import httpx
import pytest
from bson import ObjectId
from fastapi import FastAPI

from roundsman.access.roles import Role
from roundsman.calendar import day_of
from roundsman.console.wording import money
from roundsman.database.transaction import Tx
from roundsman.delivery.adjusting import list_adjustments
from roundsman.delivery.adjustments import AdjustmentStatus
from roundsman.delivery.linkage import get_delivery_boy
from roundsman.delivery.paying import get_payout, list_payouts
from roundsman.delivery.payouts import PayoutStatus
from roundsman.ids import DeliveryBoyId
from roundsman.operations.delivering.earnings import earnings_of, ledger_of
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from roundsman.suppliers.posting import totals_of
from roundsman.suppliers.purchase_orders import PurchaseOrderStatus
from roundsman.suppliers.purchasing import get_purchase_order, insert_purchase_order
from tests.builders import a_purchase_order
from tests.console.browsing import Visitors, words_of
from tests.console.dairy import settle_dairy
from tests.http.delivering import BEGIN, Boy, Depot, Watch, open_depot

TODAY = day_of(BEGIN)


@pytest.fixture
async def runtime(settings: Settings, watch: Watch) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock the test sets."""
    async with open_runtime(settings, clock=watch) as runtime:
        yield runtime


@pytest.fixture
async def depot(app: FastAPI, visitors: Visitors, tx: Tx, watch: Watch) -> AsyncIterator[Depot]:
    """A business that delivers, whose pages are looked at."""
    del visitors
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
        yield await open_depot(app, api, tx, watch)


def page_of(boy: Boy) -> str:
    return f"/delivery-boys/{boy.id}"


async def drafted(depot: Depot) -> str:
    """A payout of the one delivery that Ravi made yesterday; its address."""
    await depot.brought(depot.ravi, depot.asha)
    depot.watch.go(days=1)
    body = {"key": "first-payout", "delivery_boy_id": depot.ravi.id, "through": TODAY.isoformat()}
    payout = await depot.do(depot.owner, "POST", "/payouts", body)
    return f"/payouts/{payout['id']}"


async def test_the_numbers_of_a_delivery_boy_are_those_of_the_ledger(depot: Depot, visitors: Visitors, tx: Tx) -> None:
    await drafted(depot)
    await depot.brought(depot.ravi, depot.asha)
    admin, _ = await visitors.somebody(Role.ADMIN)
    boy = await get_delivery_boy(tx, DeliveryBoyId(ObjectId(depot.ravi.id)))
    read = await earnings_of(tx, boy, now=depot.watch.now)
    assert read.earnings_month_paise == 50_00
    row = words_of(await admin.open("/delivery-boys")).partition("Ravi Kumar active")[2]
    assert row.split()[1:5] == [money(read.earnings_month_paise), money(read.balance_paise), "₹0", "1"]
    said = words_of(await admin.open(page_of(depot.ravi)))
    ledger = await ledger_of(tx, boy, "2026-03")
    assert [line.balance_paise for line in ledger.lines] == [25_00, 50_00]
    assert "Owed ₹0 when the month began, ₹50 after its last entry." in said
    assert "Delivery 4 Mar 2026, 9:00 am ₹25 ₹25 Delivery 5 Mar 2026, 9:00 am ₹25 ₹50" in said
    assert "+91 ······ 2340" in said
    depot.watch.go(days=31)
    admin, _ = await visitors.somebody(Role.ADMIN)
    later = words_of(await admin.open(page_of(depot.ravi)))
    assert "Nothing was earned in this month." in later
    assert "₹50 earned with 2 deliveries." in words_of(await admin.open(f"{page_of(depot.ravi)}?month=2026-03"))


async def test_the_list_shows_those_in_one_status(depot: Depot, visitors: Visitors) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    page = await admin.open(page_of(depot.ravi))
    answer = await admin.send(page, f"{page_of(depot.ravi)}/status", status="on_leave")
    assert answer.status_code == 303
    said = words_of(await admin.open("/delivery-boys?status=on_leave"))
    assert "Ravi Kumar" in said
    assert "Sunil Das" not in said
    # Whoever opened the page before is shown both, and overrules nobody unawares.
    answer = await admin.send(page, f"{page_of(depot.ravi)}/status", status="suspended")
    assert answer.status_code == 409
    assert "Status active on leave suspended" in words_of(answer)
    assert "No delivery boy is suspended." in words_of(await admin.open("/delivery-boys?status=suspended"))


async def test_an_adjustment_is_proposed_by_one_and_approved_by_another(
    depot: Depot, visitors: Visitors, tx: Tx
) -> None:
    one, _ = await visitors.somebody(Role.ADMIN, name="Meera Iyer")
    path = page_of(depot.ravi)
    page = await one.open(path)
    wrong = await one.send(page, f"{path}/adjustments", kind="bonus", amount="lots", reason="helped at the depot")
    assert wrong.status_code == 422
    assert 'value="helped at the depot"' in wrong.text
    for _twice in range(2):
        sent = await one.send(page, f"{path}/adjustments", kind="bonus", amount="1,250.50", reason="helped")
        assert sent.status_code == 303
    (waiting,) = await list_adjustments(tx, AdjustmentStatus.PROPOSED, None, skip=0, limit=9)
    assert waiting.paise == 1250_50
    assert "Bonus, helped; by Meera Iyer ₹1,250.50" in words_of(await one.open("/payouts"))
    decision = f"/payouts/adjustments/{waiting.id}"
    own = await one.send(await one.open(decision), decision, decision="approved")
    assert (own.status_code, "Another admin has to approve this" in own.text) == (409, True)
    other, _ = await visitors.somebody(Role.ADMIN)
    assert (await other.send(await other.open(decision), decision, decision="approved")).status_code == 303
    assert await depot.earned(depot.ravi) == 1250_50


async def test_a_payout_is_drafted_by_one_and_approved_by_a_second_admin(
    depot: Depot, visitors: Visitors, tx: Tx
) -> None:
    await depot.brought(depot.ravi, depot.asha)
    depot.watch.go(days=1)
    one, _ = await visitors.somebody(Role.ADMIN)
    sent = await one.send(await one.open("/payouts"), "/payouts", delivery_boy=depot.ravi.id, through=TODAY.isoformat())
    path = sent.headers["location"]
    assert "Payout of ₹25 draft Ravi Kumar" in words_of(await one.open(path))
    approve = f"{path}/approve"
    own = await one.send(await one.open(approve), approve)
    assert (own.status_code, "Another admin has to approve this" in own.text) == (409, True)
    second, user = await visitors.somebody(Role.ADMIN)
    assert (await second.send(await second.open(approve), approve)).status_code == 303
    (payout,) = await list_payouts(tx, status=PayoutStatus.APPROVED)
    assert payout.approved_by == user.id
    paid = f"{path}/paid"
    assert (await second.send(await second.open(paid), paid, reference=" ")).status_code == 422
    assert (await second.send(await second.open(paid), paid, reference="NEFT 4711")).status_code == 303
    assert (await get_payout(tx, payout.id)).reference == "NEFT 4711"
    assert "Ravi Kumar 4 Mar 2026 paid" in words_of(await one.open("/payouts?status=paid"))


async def test_who_proved_himself_long_ago_proves_it_again_before_he_decides(depot: Depot, visitors: Visitors) -> None:
    path = await drafted(depot)
    admin, _ = await visitors.somebody(Role.ADMIN)
    depot.watch.go(minutes=11)
    for page in (f"{path}/approve", f"{path}/paid", f"{path}/failed"):
        answer = await admin.open(page)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/prove?next={page}")
    assert (await admin.open(path)).status_code == 200


async def test_a_price_that_a_supplier_asks_for_counts_once_it_is_accepted(
    visitors: Visitors, watch: Watch, tx: Tx
) -> None:
    supplier = await settle_dairy(tx)
    admin, _ = await visitors.somebody(Role.ADMIN)
    assert "Nandi Dairy Buffalo milk ₹64 ₹70" in words_of(await admin.open("/suppliers"))
    path = f"/suppliers/{supplier.id}"
    page = await admin.open(path)
    assert "Buffalo milk : ₹70 a litre, instead of ₹64 now" in words_of(page)
    (action,) = {line for line in page.text.split('"') if line.endswith("/accept")}
    assert (await admin.send(page, action)).status_code == 303
    watch.go(minutes=1)
    said = words_of(await admin.open(path))
    assert "Buffalo milk litre ₹70" in said
    assert "He asks for no other price now." in said


async def test_what_came_is_billed_and_a_payment_is_owed_no_more(visitors: Visitors, tx: Tx) -> None:
    supplier = await settle_dairy(tx)
    order = a_purchase_order(supplier.id, PurchaseOrderStatus.ACKNOWLEDGED)
    await insert_purchase_order(tx, order)
    admin, _ = await visitors.somebody(Role.ADMIN)
    path, receipts = f"/purchase-orders/{order.id}", f"/purchase-orders/{order.id}/receipts"
    page = await admin.open(path)
    refused = await admin.send(page, receipts, line_1="0.1")
    assert refused.status_code == 422
    assert 'value="0.1"' in refused.text
    for _twice in range(2):
        assert (await admin.send(page, receipts, line_1="1")).status_code == 303
    stored = await get_purchase_order(tx, order.id)
    assert stored.status is PurchaseOrderStatus.PART_RECEIVED
    owed = (await totals_of(tx, supplier.id)).balance_paise
    assert owed == stored.receipts[0].paise > 0
    assert f"Owed to him {money(owed)}" in words_of(await admin.open(f"/suppliers/{supplier.id}"))
    pay = f"/suppliers/{supplier.id}/payment"
    paid = await admin.send(await admin.open(pay), pay, amount=str(owed / 100), reference="UTR 1")
    assert paid.status_code == 303
    assert (await totals_of(tx, supplier.id)).balance_paise == 0
    assert "Payment UTR 1" in words_of(await admin.open(f"/suppliers/{supplier.id}"))


async def test_who_may_not_is_told_which_permission_he_needs(depot: Depot, visitors: Visitors, tx: Tx) -> None:
    payout = await drafted(depot)
    supplier = await settle_dairy(tx)
    needed = {
        "/delivery-boys": "delivery_boys:read",
        page_of(depot.ravi): "delivery_boys:read",
        "/payouts": "delivery_boys:read",
        payout: "delivery_boys:read",
        f"{payout}/approve": "payouts:approve",
        f"{payout}/paid": "payouts:draft",
        "/suppliers": "suppliers:read",
        f"/suppliers/{supplier.id}": "suppliers:read",
        f"/suppliers/{supplier.id}/payment": "suppliers:pay",
        f"/suppliers/{supplier.id}/credit-note": "suppliers:pay",
        f"/suppliers/{supplier.id}/profile": "suppliers:onboard",
        f"/suppliers/{supplier.id}/products": "suppliers:buy",
        "/suppliers/new": "suppliers:onboard",
        "/delivery-boys/new": "delivery_boys:create",
        f"{page_of(depot.ravi)}/profile": "delivery_boys:create",
        "/purchase-orders": "suppliers:read",
        "/purchase-orders/new": "suppliers:buy",
    }
    staff, _ = await visitors.somebody(Role.MARKETING_STAFF, Role.DELIVERY_BOY, Role.SUPPLIER)
    for path, permission in needed.items():
        page = await staff.open(path)
        assert (page.status_code, permission in page.text) == (403, True), path
