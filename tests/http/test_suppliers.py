"""Suppliers over HTTP: taken on, asked for milk, and owed for what they brought, each once."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.calendar import begin_of, day_of
from roundsman.catalog.listing import insert_products
from roundsman.catalog.products import Price
from roundsman.clock import utc_now
from roundsman.customers.linkage import insert_customers
from roundsman.database import collections
from roundsman.database.transaction import Tx
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.orders.history import insert_orders
from roundsman.orders.orders import OrderLine
from roundsman.runtime import Runtime
from roundsman.subscriptions.pausing import insert_subscriptions
from roundsman.suppliers.posting import check_dues
from roundsman.suppliers.purchase_orders import PurchaseOrderStatus
from roundsman.suppliers.purchasing import insert_purchase_orders
from tests.builders import NOW, a_customer, a_product, a_purchase_order, a_subscription, a_user, an_order
from tests.codes import code_for
from tests.http.people import bearer_of, log_in, settle
from tests.http.shopping import code_of
from tests.http.supplying import (
    ORDERS,
    OWN,
    SUPPLIERS,
    TOMORROW,
    acknowledged_order,
    did,
    open_dairy,
    sent_order,
    wanting,
)
from tests.http.test_personal_data import data_in

GANESH = {
    "name": "Sri Ganesh Eggs",
    "phone": "98450 12345",
    "gstin": "29abcde1234f1z5",
    "payment_terms": "weekly",
}
DAY = timedelta(days=1)
TODAY = day_of(utc_now())


async def actions(tx: Tx, target: str) -> list[str]:
    found = tx.database[collections.AUDIT_LOG].find({"target": target}).sort("_id")
    return [entry["action"] async for entry in found]


async def test_staff_takes_on_a_supplier_who_signs_in_by_a_code(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    admin = await bearer_of(api, tx, Role.ADMIN)

    supplier = did(await api.post(SUPPLIERS, json=GANESH, headers=admin))

    assert (supplier["phone"], supplier["gstin"], supplier["status"]) == ("+919845012345", "29ABCDE1234F1Z5", "active")
    assert await actions(tx, f"supplier:{supplier['id']}") == ["supplier.onboarded"]
    assert did(await api.get(f"{SUPPLIERS}/{supplier['id']}", headers=admin)) == supplier
    await api.post("/api/v1/auth/otp/request", json={"contact": GANESH["phone"]})
    code = await code_for(runtime, supplier["phone"])
    signed_in = await api.post("/api/v1/auth/otp/verify", json={"contact": GANESH["phone"], "code": code})
    bearer = {"Authorization": f"Bearer {did(signed_in)['access_token']}"}
    assert did(await api.get(OWN, headers=bearer)) == supplier
    assert did(await api.get(f"{OWN}/purchase-orders", headers=bearer)) == []
    again = await api.post(SUPPLIERS, json=GANESH | {"name": "Ganesh"}, headers=admin)
    assert code_of(again) == (409, "identifier_taken")
    assert "phone +919845012345" in again.json()["detail"]
    assert len(did(await api.get(SUPPLIERS, headers=admin))) == 1
    nobody = await api.post(SUPPLIERS, json={"name": "Nobody"}, headers=admin)
    assert code_of(nobody) == (422, "nothing_to_sign_in_with")


async def test_a_business_is_taken_on_once_whatever_phone_it_is_called_from(api: httpx.AsyncClient, tx: Tx) -> None:
    admin = await bearer_of(api, tx, Role.ADMIN)
    asha = await settle(tx, a_user(), phone="+919820000077")
    ganesh = did(await api.post(SUPPLIERS, json=GANESH, headers=admin))
    again = {"name": "Ganesh Poultry", "phone": "98450 99999", "gstin": GANESH["gstin"]}

    twice = [
        await api.post(SUPPLIERS, json=again, headers=admin),
        await api.post(f"/api/v1/users/{asha.id}/supplier", json=again, headers=admin),
    ]

    assert {code_of(one) for one in twice} == {(409, "gstin_taken")}
    assert all(GANESH["name"] in one.json()["detail"] and ganesh["id"] in one.json()["detail"] for one in twice)
    assert len(did(await api.get(SUPPLIERS, headers=admin))) == 1


async def test_who_is_a_customer_becomes_a_supplier_besides(api: httpx.AsyncClient, tx: Tx) -> None:
    admin = await bearer_of(api, tx, Role.ADMIN)
    asha = await settle(tx, a_user(), phone="+919845012345")
    token = did(await log_in(api, "+919845012345"))["access_token"]
    assert code_of(await api.post(SUPPLIERS, json=GANESH, headers=admin)) == (409, "identifier_taken")

    supplier = did(await api.post(f"/api/v1/users/{asha.id}/supplier", json=GANESH, headers=admin))

    bearer = {"Authorization": f"Bearer {token}"}
    assert did(await api.get(OWN, headers=bearer)) == supplier
    assert supplier["user_id"] == str(asha.id)
    assert (await actions(tx, f"user:{asha.id}"))[-1:] == ["role.granted"]
    again = await api.post(f"/api/v1/users/{asha.id}/supplier", json=GANESH, headers=admin)
    nobody = await api.post(f"/api/v1/users/{ObjectId()}/supplier", json=GANESH, headers=admin)
    assert [code_of(one) for one in (again, nobody)] == [(409, "supplier_already"), (404, "unknown_user")]


async def test_a_purchase_order_goes_its_way_and_is_owed_for(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    drafted = did(await api.post(ORDERS, json=wanting(dairy), headers=dairy.admin))
    assert did(await api.post(ORDERS, json=wanting(dairy), headers=dairy.admin)) == drafted
    place, own = f"{ORDERS}/{drafted['id']}", f"{OWN}/purchase-orders"
    assert (drafted["status"], drafted["total_paise"]) == ("draft", 32_000)
    assert did(await api.get(own, headers=dairy.nandi_headers)) == []

    async def receive(key: str, body: dict[str, Any]) -> httpx.Response:
        return await api.post(f"{place}/receipts", json={"key": key} | body, headers=dairy.admin)

    did(await api.post(f"{place}/send", headers=dairy.admin))
    assert [one["status"] for one in did(await api.get(own, headers=dairy.nandi_headers))] == ["sent"]
    assert code_of(await receive("too-early", {})) == (409, "purchase_order_step")
    for _ in range(2):
        did(await api.post(f"{own}/{drafted['id']}/acknowledge", headers=dairy.nandi_headers))
    part = did(await receive("first-truck", {"lines": [{"line": 1, "quantity": 7.5}]}))
    assert (part["status"], part["lines"][0]["received"]) == ("part_received", 7.5)
    too_much = await receive("second-truck", {"lines": [{"line": 1, "quantity": 3}]})
    assert code_of(too_much) == (409, "too_much_received")
    assert "2.5 can be received, not 3" in too_much.json()["detail"]
    assert did(await receive("first-truck", {"lines": [{"line": 1, "quantity": 7.5}]})) == part
    other = await receive("first-truck", {"lines": [{"line": 1, "quantity": 1}]})
    assert code_of(other) == (409, "key_used_otherwise")
    assert code_of(await api.post(f"{place}/close", headers=dairy.admin)) == (409, "purchase_order_step")
    whole = did(await receive("second-truck", {}))
    assert (whole["status"], [one["paise"] for one in whole["receipts"]]) == ("received", [24_000, 8_000])
    assert did(await api.post(f"{place}/close", headers=dairy.admin))["status"] == "closed"

    dues = did(await api.get(f"{OWN}/dues", headers=dairy.nandi_headers))
    assert (dues["balance_paise"], [one["paise"] for one in dues["dues"]]) == (32_000, [8_000, 24_000])
    assert did(await api.get(f"{SUPPLIERS}/{dairy.nandi.id}/dues", headers=dairy.admin)) == dues
    assert await actions(tx, f"purchase_order:{drafted['id']}") == [
        f"purchase_order.{one}" for one in ("drafted", "sent", "acknowledged", "received", "received", "closed")
    ]


async def test_payments_and_credit_notes_are_entered_once(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    order_id = await acknowledged_order(api, dairy)
    did(await api.post(f"{ORDERS}/{order_id}/receipts", json={"key": "everything"}, headers=dairy.admin))
    dues = f"{SUPPLIERS}/{dairy.nandi.id}/dues"
    paid = {"key": "paid-by-bank", "amount_paise": 20_000, "reference": "UTR 4021"}
    sour = {"key": "sour-milk", "amount_paise": 3_200, "reason": "a litre was sour", "purchase_order_id": order_id}

    for _ in range(2):
        did(await api.post(f"{dues}/payments", json=paid, headers=dairy.admin))
        did(await api.post(f"{dues}/credit-notes", json=sour, headers=dairy.admin))

    told = did(await api.get(dues, headers=dairy.admin))
    assert (told["balance_paise"], told["entries"]) == (8_800, 3)
    assert [(one["kind"], one["paise"], one["reference"], one["reason"]) for one in told["dues"]] == [
        ("credit_note", -3_200, None, "a litre was sour"),
        ("payment", -20_000, "UTR 4021", None),
        ("bill", 32_000, None, None),
    ]
    page = did(await api.get(dues, params={"skip": 1, "limit": 1}, headers=dairy.admin))
    assert [one["kind"] for one in page["dues"]] == ["payment"]
    other = await api.post(f"{dues}/payments", json=paid | {"amount_paise": 1}, headers=dairy.admin)
    not_his = f"{SUPPLIERS}/{dairy.other.id}/dues/credit-notes"
    foreign = await api.post(not_his, json=sour | {"key": "another-note"}, headers=dairy.admin)
    assert [code_of(one) for one in (other, foreign)] == [(409, "key_used_otherwise"), (404, "unknown_purchase_order")]
    assert (await check_dues(tx)).wrong == ()


async def test_a_payment_typed_wrongly_is_reversed_once_and_entered_anew(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    dues = f"{SUPPLIERS}/{dairy.nandi.id}/dues"

    async def paid(key: str, paise: int) -> Any:  # noqa: ANN401  whatever JSON there is
        body = {"key": key, "amount_paise": paise, "reference": "UTR 4021"}
        return did(await api.post(f"{dues}/payments", json=body, headers=dairy.admin))

    async def reverse(entry: str, of: str = dues) -> httpx.Response:
        body = {"entry": entry, "reason": "fifty thousand were typed for five"}
        return await api.post(f"{of}/reversals", json=body, headers=dairy.admin)

    wrong = await paid("typed-wrongly", 5_000_000)
    answers = await asyncio.gather(*(reverse(wrong["key"]) for _ in range(4)))
    await paid("typed-rightly", 500_000)

    (reversal,) = {one.text: did(one) for one in answers}.values()
    assert (reversal["kind"], reversal["paise"], reversal["reverses"]) == ("reversal", 5_000_000, wrong["key"])
    told = did(await api.get(f"{OWN}/dues", headers=dairy.nandi_headers))
    assert (told["balance_paise"], told["entries"]) == (-500_000, 3)
    assert (await actions(tx, f"supplier:{dairy.nandi.id}")).count("supplier_due.reversed") == 1
    assert (await check_dues(tx)).wrong == ()
    refusals = [
        await reverse(reversal["key"]),
        await reverse("payment:nobody-made"),
        await reverse(wrong["key"], of=f"{SUPPLIERS}/{dairy.other.id}/dues"),
    ]
    assert [code_of(one) for one in refusals] == [(409, "not_reversible"), (404, "unknown_due"), (404, "unknown_due")]


async def test_a_receipt_typed_wrongly_is_taken_back_with_its_bill(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    order_id = await acknowledged_order(api, dairy, quantity=800)
    order = f"{ORDERS}/{order_id}"

    async def receive(key: str, quantity: float) -> Any:  # noqa: ANN401  whatever JSON there is
        body = {"key": key, "lines": [{"line": 1, "quantity": quantity}]}
        return did(await api.post(f"{order}/receipts", json=body, headers=dairy.admin))

    (wrong,) = (await receive("typed-wrongly", 800))["receipts"]
    why = {"reason": "80 litres came"}
    gone = [
        did(await api.post(f"{order}/receipts/{wrong['id']}/take-back", json=why, headers=dairy.admin))
        for _ in range(2)
    ]
    assert gone[0] == gone[1]
    assert (gone[0]["status"], gone[0]["lines"][0]["received"]) == ("acknowledged", 0)
    right = await receive("typed-rightly", 80)

    assert (right["status"], right["lines"][0]["received"]) == ("part_received", 80)
    assert [(one["paise"], one["reason"]) for one in right["receipts"]] == [(2_560_000, why["reason"]), (256_000, None)]
    told = did(await api.get(f"{OWN}/dues", headers=dairy.nandi_headers))
    assert (told["balance_paise"], [one["kind"] for one in told["dues"]]) == (256_000, ["bill", "reversal", "bill"])
    assert (await check_dues(tx)).wrong == ()
    assert (await actions(tx, f"purchase_order:{order_id}"))[-2:] == [
        "purchase_order.receipt_taken_back",
        "purchase_order.received",
    ]
    unknown = await api.post(f"{order}/receipts/{ObjectId()}/take-back", json=why, headers=dairy.admin)
    reversing = {"entry": told["dues"][0]["key"], "reason": "not this way"}
    bill = await api.post(f"{SUPPLIERS}/{dairy.nandi.id}/dues/reversals", json=reversing, headers=dairy.admin)
    assert [code_of(one) for one in (unknown, bill)] == [(404, "unknown_receipt"), (409, "not_reversible")]


async def test_money_of_suppliers_needs_a_fresh_proof_of_who_one_is(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    dairy = await open_dairy(api, tx)
    long_ago = {"$set": {"fresh_at": runtime.clock() - timedelta(hours=1)}}
    await tx.database[collections.SESSIONS].update_many({}, long_ago)
    ways = {
        "payments": {"key": "paid-by-bank", "amount_paise": 1, "reference": "UTR 1"},
        "credit-notes": {"key": "sour-milk", "amount_paise": 1, "reason": "it was sour"},
        "reversals": {"entry": "payment:nobody-made", "reason": "typed wrongly"},
    }
    for way, body in ways.items():
        refused = await api.post(f"{SUPPLIERS}/{dairy.nandi.id}/dues/{way}", json=body, headers=dairy.admin)
        assert code_of(refused) == (403, "step_up_needed")


async def test_many_at_once_receive_and_pay_and_all_adds_up(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    order_id = await acknowledged_order(api, dairy, quantity=32)
    dues = f"{SUPPLIERS}/{dairy.nandi.id}/dues"

    async def receive(number: int) -> httpx.Response:
        body = {"key": f"truck-number-{number}", "lines": [{"line": 1, "quantity": 1}]}
        return await api.post(f"{ORDERS}/{order_id}/receipts", json=body, headers=dairy.admin)

    async def pay(number: int) -> httpx.Response:
        body = {"key": f"payment-{number}", "amount_paise": 1_000, "reference": f"UTR {number}"}
        return await api.post(f"{dues}/payments", json=body, headers=dairy.admin)

    answers = await asyncio.gather(
        *(receive(number % 16) for number in range(32)), *(pay(number % 16) for number in range(32))
    )

    assert {one.status_code for one in answers} == {201}
    told = did(await api.get(dues, headers=dairy.admin))
    assert (told["balance_paise"], told["entries"]) == (16 * 3_200 - 16 * 1_000, 32)
    check = await check_dues(tx)
    assert (check.wrong, check.entries, check.balance_paise) == ((), 32, told["balance_paise"])
    order = did(await api.get(f"{ORDERS}/{order_id}", headers=dairy.admin))
    assert (order["status"], order["lines"][0]["received"], len(order["receipts"])) == ("part_received", 16, 16)


async def test_a_key_of_a_receipt_is_for_what_was_told_with_it(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    place = f"{ORDERS}/{await acknowledged_order(api, dairy)}/receipts"
    some: dict[str, Any] = {"lines": [{"line": 1, "quantity": 4}]}
    rest = {"lines": [{"line": 1, "quantity": 6}]}

    async def receive(key: str, body: dict[str, Any]) -> httpx.Response:
        return await api.post(place, json={"key": key} | body, headers=dairy.admin)

    did(await receive("first-truck", some))
    everything = await receive("first-truck", {})
    assert code_of(everything) == (409, "key_used_otherwise")
    whole = did(await receive("second-truck", {}))
    assert did(await receive("second-truck", {})) == whole
    assert (whole["status"], len(whole["receipts"])) == ("received", 2)
    assert code_of(await receive("second-truck", rest)) == (409, "key_used_otherwise")


async def test_prices_are_those_of_the_catalogue_on_the_day(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    dearer = TODAY + 3 * DAY
    ghee = a_product(Price(50_000, NOW), Price(60_000, begin_of(dearer)), name="Ghee")
    gone = a_product(name="Butter", active=False)
    await insert_products(tx, [ghee, gone])

    async def wanted(key: str, product: Any, day: Any = dearer) -> httpx.Response:  # noqa: ANN401  whatever is in it
        lines = [{"product_id": str(product), "quantity": 1}]
        body = wanting(dairy, key=key, lines=lines, for_date=day.isoformat())
        return await api.post(ORDERS, json=body, headers=dairy.admin)

    prices = [did(await wanted(f"ghee-for-{day}", ghee.id, day))["total_paise"] for day in (dearer - DAY, dearer)]
    assert prices == [50_000, 60_000]
    refusals = [
        await wanted("not-his-own", dairy.curd.id),
        await wanted("not-sold-any-more", gone.id),
        await wanted("never-heard-of", ObjectId()),
        await wanted("over-already", ghee.id, TODAY - DAY),
        await api.post(
            ORDERS, json=wanting(dairy, key="nobodys-key", supplier_id=str(ObjectId())), headers=dairy.admin
        ),
        await api.post(ORDERS, json=wanting(dairy, key="other-price", total_paise=1), headers=dairy.admin),
        await api.post(ORDERS, json=wanting(dairy, key="a-third-of-it", quantity=0.3), headers=dairy.admin),
    ]
    assert [code_of(one) for one in refusals] == [
        (409, "supplied_by_another"),
        (409, "product_not_sold"),
        (422, "unknown_product"),
        (422, "day_passed"),
        (422, "unknown_supplier"),
        (422, "invalid_request"),
        (422, "invalid_request"),
    ]


async def test_a_draft_is_sent_at_the_prices_and_on_the_terms_of_when_it_is_sent(
    api: httpx.AsyncClient, tx: Tx
) -> None:
    dairy = await open_dairy(api, tx)
    products, suppliers = tx.database[collections.PRODUCTS], tx.database[collections.SUPPLIERS]
    orders = tx.database[collections.PURCHASE_ORDERS]

    async def draft(key: str) -> str:
        return str(did(await api.post(ORDERS, json=wanting(dairy, key=key), headers=dairy.admin))["id"])

    async def send(order_id: str) -> httpx.Response:
        return await api.post(f"{ORDERS}/{order_id}/send", headers=dairy.admin)

    repriced, refused, late = [await draft(f"draft-number-{one}") for one in range(3)]
    pricing = {"key": "a-new-price", "product_id": str(dairy.milk.id), "paise": 3_600, "valid_from": TOMORROW}
    proposal = did(await api.post(f"{OWN}/proposals", json=pricing, headers=dairy.nandi_headers))
    did(await api.post(f"{SUPPLIERS}/proposals/{proposal['id']}/accept", headers=dairy.admin))

    first, again = did(await send(repriced)), did(await send(repriced))
    assert first == again
    assert (first["status"], first["total_paise"], first["lines"][0]["unit_price_paise"]) == ("sent", 36_000, 3_600)
    told = []
    for stored, change, undo in (
        (suppliers, {"status": "inactive"}, {"status": "active"}),
        (products, {"active": False}, {"active": True}),
        (products, {"supplier_id": dairy.other.id}, {"supplier_id": dairy.nandi.id}),
    ):
        whose = {"_id": dairy.nandi.id if stored is suppliers else dairy.milk.id}
        await stored.update_one(whose, {"$set": change})
        told.append(code_of(await send(refused)))
        await stored.update_one(whose, {"$set": undo})
    assert told == [(409, "supplier_inactive"), (409, "product_not_sold"), (409, "supplied_by_another")]
    await orders.update_one({"_id": ObjectId(late)}, {"$set": {"for_date": (TODAY - DAY).isoformat()}})
    passed = await send(late)
    assert code_of(passed) == (422, "day_passed")
    assert {one["status"] async for one in orders.find({"_id": {"$in": [ObjectId(refused), ObjectId(late)]}})} == {
        "draft"
    }


async def test_a_rejected_and_a_cancelled_order_come_to_nothing(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    why = {"reason": "no milk today"}
    rejected, cancelled = [await sent_order(api, dairy, key=f"purchase-{one}") for one in ("one", "two")]
    own = f"{OWN}/purchase-orders"
    answer = did(await api.post(f"{own}/{rejected}/reject", json=why, headers=dairy.nandi_headers))
    assert (answer["status"], answer["reason"]) == ("rejected", "no milk today")
    did(await api.post(f"{ORDERS}/{cancelled}/cancel", json=why, headers=dairy.admin))
    late = [
        await api.post(f"{own}/{rejected}/acknowledge", headers=dairy.nandi_headers),
        await api.post(f"{own}/{cancelled}/acknowledge", headers=dairy.nandi_headers),
        await api.post(f"{ORDERS}/{cancelled}/receipts", json={"key": "too-late"}, headers=dairy.admin),
    ]
    assert {code_of(one) for one in late} == {(409, "purchase_order_step")}
    found = did(await api.get(ORDERS, params={"status": "rejected"}, headers=dairy.admin))
    assert [one["id"] for one in found] == [rejected]
    assert did(await api.get(f"{OWN}/dues", headers=dairy.nandi_headers))["entries"] == 0


async def test_staff_answers_for_a_supplier_who_does_not_use_the_application(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    brought, refused = [await sent_order(api, dairy, key=f"purchase-{one}") for one in ("one", "two")]

    did(await api.post(f"{ORDERS}/{brought}/acknowledge", headers=dairy.admin))
    came = did(await api.post(f"{ORDERS}/{brought}/receipts", json={"key": "at-the-gate"}, headers=dairy.admin))
    no = {"reason": "he said no on the phone"}
    rejected = did(await api.post(f"{ORDERS}/{refused}/reject", json=no, headers=dairy.admin))

    assert (came["status"], rejected["status"], rejected["reason"]) == ("received", "rejected", no["reason"])
    assert [one["status"] for one in did(await api.get(f"{OWN}/purchase-orders", headers=dairy.nandi_headers))] == [
        "rejected",
        "received",
    ]
    target = {"target": f"purchase_order:{brought}"}
    log = [one async for one in tx.database[collections.AUDIT_LOG].find(target).sort("_id")]
    did_it = {one["action"]: one["actor"]["who"] for one in log}
    assert did_it["purchase_order.acknowledged"] == did_it["purchase_order.sent"] != str(dairy.nandi.user_id)


async def test_what_was_wanted_of_nobody_is_received_once_somebody_is_named(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    nobodys = [
        replace(a_purchase_order(status=status), supplier_id=None)
        for status in (PurchaseOrderStatus.SENT, PurchaseOrderStatus.ACKNOWLEDGED)
    ]
    await insert_purchase_orders(tx, nobodys)
    waiting, order = (f"{ORDERS}/{one.id}" for one in nobodys)
    receipt = {"key": "at-the-gate"}

    too_early = [
        await api.post(f"{waiting}/acknowledge", headers=dairy.admin),
        await api.post(f"{order}/receipts", json=receipt, headers=dairy.admin),
    ]
    assert {code_of(one) for one in too_early} == {(409, "supplier_unnamed")}
    assert f"PUT {order}/supplier" in too_early[1].json()["detail"]
    his = {"supplier_id": str(dairy.nandi.id)}
    for _ in range(2):
        assert (
            did(await api.put(f"{order}/supplier", json=his, headers=dairy.admin))["supplier_id"] == his["supplier_id"]
        )

    assert did(await api.post(f"{order}/receipts", json=receipt, headers=dairy.admin))["status"] == "received"
    assert did(await api.get(f"{OWN}/dues", headers=dairy.nandi_headers))["balance_paise"] == 320_000
    assert await actions(tx, f"purchase_order:{nobodys[1].id}") == [
        "purchase_order.supplier_named",
        "purchase_order.received",
    ]
    refusals = [
        await api.put(f"{order}/supplier", json={"supplier_id": str(dairy.other.id)}, headers=dairy.admin),
        await api.put(f"{waiting}/supplier", json={"supplier_id": str(ObjectId())}, headers=dairy.admin),
    ]
    assert [code_of(one) for one in refusals] == [(409, "supplier_named"), (422, "unknown_supplier")]


async def test_an_accepted_price_counts_from_its_day_and_a_rejected_one_never(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    day = TODAY + 3 * DAY
    proposing = {"product_id": str(dairy.milk.id), "paise": 3_600, "valid_from": day.isoformat()}

    async def proposed(key: str, **more: Any) -> httpx.Response:  # noqa: ANN401  whatever JSON there is
        body = {"key": key, **proposing, **more}
        return await api.post(f"{OWN}/proposals", json=body, headers=dairy.nandi_headers)

    first, second, third = [did(await proposed(f"proposal-{one}", paise=one)) for one in (3_600, 9_000, 9_900)]
    assert did(await proposed("proposal-3600")) == first
    staff = f"{SUPPLIERS}/proposals"
    for _ in range(2):
        assert did(await api.post(f"{staff}/{first['id']}/accept", headers=dairy.admin))["status"] == "accepted"
    did(await api.post(f"{staff}/{second['id']}/reject", json={"reason": "too dear"}, headers=dairy.admin))
    did(await api.post(f"{OWN}/proposals/{third['id']}/withdraw", headers=dairy.nandi_headers))

    (milk,) = did(await api.get(f"{OWN}/products", headers=dairy.nandi_headers))
    assert [one["paise"] for one in milk["prices"]] == [3_200, 3_600]
    settled = [
        await api.post(f"{staff}/{second['id']}/accept", headers=dairy.admin),
        await api.post(f"{OWN}/proposals/{first['id']}/withdraw", headers=dairy.nandi_headers),
    ]
    assert {code_of(one) for one in settled} == {(409, "proposal_settled")}
    waiting = did(await api.get(staff, params={"status": "proposed"}, headers=dairy.admin))
    mine = did(await api.get(f"{OWN}/proposals", headers=dairy.nandi_headers))
    assert (waiting, [one["status"] for one in mine]) == ([], ["withdrawn", "rejected", "accepted"])
    late = did(await proposed("accepted-late", paise=3_700))
    yesterday = {"$set": {"valid_from": (TODAY - DAY).isoformat()}}
    await tx.database[collections.PRICE_PROPOSALS].update_one({"_id": ObjectId(late["id"])}, yesterday)
    before = utc_now()
    did(await api.post(f"{staff}/{late['id']}/accept", headers=dairy.admin))
    (milk,) = did(await api.get(f"{OWN}/products", headers=dairy.nandi_headers))
    counting = {one["paise"]: datetime.fromisoformat(one["valid_from"]) for one in milk["prices"]}
    assert before - timedelta(seconds=1) <= counting[3_700] <= utc_now()
    refusals = [
        await proposed("not-my-product", product_id=str(dairy.curd.id)),
        await proposed("day-is-over", valid_from=(TODAY - DAY).isoformat()),
        await proposed("for-nothing", paise=0),
    ]
    assert [code_of(one) for one in refusals] == [
        (404, "product_not_found"),
        (422, "day_passed"),
        (422, "invalid_request"),
    ]
    await api.put(f"{SUPPLIERS}/{dairy.other.id}/products/{dairy.milk.id}", headers=dairy.admin)
    assert did(await api.get(f"{OWN}/products", headers=dairy.nandi_headers)) == []
    assert len(did(await api.get(f"{OWN}/products", headers=dairy.other_headers))) == 2


async def test_nothing_is_bought_while_the_existing_application_does(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    order_id = await acknowledged_order(api, dairy)
    await set_mode(tx, Mode(PeopleMode.SHADOW, OperationsMode.SOURCE))
    paid = {"key": "paid-by-bank", "amount_paise": 1, "reference": "UTR 1"}
    ways = [
        await api.post(ORDERS, json=wanting(dairy, key="another-order"), headers=dairy.admin),
        await api.post(f"{ORDERS}/{order_id}/receipts", json={"key": "everything"}, headers=dairy.admin),
        await api.post(f"{SUPPLIERS}/{dairy.nandi.id}/dues/payments", json=paid, headers=dairy.admin),
        await api.put(f"{SUPPLIERS}/{dairy.other.id}/products/{dairy.milk.id}", headers=dairy.admin),
        await api.post(f"{OWN}/purchase-orders/{order_id}/acknowledge", headers=dairy.nandi_headers),
    ]
    assert {code_of(one) for one in ways} == {(409, "operations_managed_elsewhere")}
    assert code_of(await api.post(SUPPLIERS, json=GANESH, headers=dairy.admin)) == (409, "people_managed_elsewhere")
    assert did(await api.get(f"{OWN}/purchase-orders", headers=dairy.nandi_headers))[0]["id"] == order_id


async def test_a_supplier_without_a_profile_has_nothing(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.SUPPLIER)
    for thing in ("", "/products", "/proposals", "/purchase-orders", "/dues"):
        assert code_of(await api.get(f"{OWN}{thing}", headers=bearer)) == (404, "no_supplier_profile")


async def test_inactive_suppliers_are_asked_for_nothing_until_they_are_active_again(
    api: httpx.AsyncClient, tx: Tx
) -> None:
    dairy = await open_dairy(api, tx)
    nandi = f"{SUPPLIERS}/{dairy.nandi.id}"
    did(await api.patch(nandi, json={"status": "inactive"}, headers=dairy.admin))
    assert code_of(await api.post(ORDERS, json=wanting(dairy), headers=dairy.admin)) == (409, "supplier_inactive")
    did(await api.patch(nandi, json={"status": "active"}, headers=dairy.admin))
    did(await api.post(ORDERS, json=wanting(dairy), headers=dairy.admin))


async def test_what_is_sent_of_a_profile_is_changed_and_the_rest_stays(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    nandi, other = (f"{SUPPLIERS}/{one.id}" for one in (dairy.nandi, dairy.other))
    terms = {"address": "4 Mill Road", "gstin": "29abcde1234f1z5", "payment_terms": "weekly"}

    first = did(await api.patch(nandi, json=terms, headers=dairy.admin))
    for _ in range(2):
        second = did(await api.patch(nandi, json={"name": "Nandi Farm", "address": ""}, headers=dairy.admin))

    assert (first["address"], first["gstin"], first["phone"]) == ("4 Mill Road", "29ABCDE1234F1Z5", dairy.nandi.phone)
    assert second == first | {"name": "Nandi Farm", "address": None}
    assert did(await api.get(OWN, headers=dairy.nandi_headers)) == second
    stored = await tx.database[collections.SUPPLIERS].find_one({"_id": dairy.nandi.id})
    assert stored is not None
    assert sorted(stored["edited_fields"]) == ["address", "gstin", "name", "payment_terms"]
    log = tx.database[collections.AUDIT_LOG].find({"target": f"supplier:{dairy.nandi.id}"}).sort("_id")
    told = [(one["action"], one["before_digest"], one["after_digest"]) async for one in log]
    assert [action for action, _, _ in told] == ["supplier.edited"] * 2
    assert told[0][2] == told[1][1] != told[1][2]
    refusals = [
        await api.patch(other, json={"gstin": terms["gstin"]}, headers=dairy.admin),
        await api.patch(other, json={"name": ""}, headers=dairy.admin),
        await api.patch(f"{SUPPLIERS}/{ObjectId()}", json={"name": "Nobody"}, headers=dairy.admin),
    ]
    assert [code_of(one) for one in refusals] == [
        (409, "gstin_taken"),
        (422, "invalid_request"),
        (404, "supplier_not_found"),
    ]
    await tx.database[collections.USERS].update_one({"_id": dairy.nandi.user_id}, {"$set": {"status": "closed"}})
    assert code_of(await api.patch(nandi, json={"name": "Nandi"}, headers=dairy.admin)) == (409, "user_not_live")


async def test_a_supplier_gets_what_is_stored_about_him(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    order_id = await acknowledged_order(api, dairy)
    did(await api.post(ORDERS, json=wanting(dairy, key="only-a-draft"), headers=dairy.admin))
    did(await api.post(f"{ORDERS}/{order_id}/receipts", json={"key": "everything"}, headers=dairy.admin))

    data = data_in(await api.get("/api/v1/auth/me/export", headers=dairy.nandi_headers))

    assert [one["id"] for one in data["purchase_orders"]] == [order_id]
    assert [one["paise"] for one in data["supplier_dues"]] == [32_000]
    assert data["supplier"][0]["name"] == "Nandi Dairy"


async def test_the_demand_of_tomorrow_is_seen_by_staff_alone(api: httpx.AsyncClient, tx: Tx) -> None:
    dairy = await open_dairy(api, tx)
    asha = await settle(tx, a_user(), phone="+919820055501")
    await insert_customers(tx, [customer := a_customer(asha.id)])
    daily = replace(a_subscription(asha.id, customer_id=customer.id), product_id=dairy.milk.id)
    await insert_subscriptions(tx, [daily])
    lines, tomorrow = (OrderLine(dairy.curd.id, "Curd", 2.5, 3_200),), day_of(utc_now()) + DAY
    await insert_orders(tx, [replace(an_order(asha.id), for_date=tomorrow, lines=lines)])

    told = did(await api.get(f"{SUPPLIERS}/demand", headers=dairy.admin))

    assert told["day"] == tomorrow.isoformat()
    assert [(one["name"], one["ordered"], one["subscribed"], one["total"]) for one in told["products"]] == [
        ("Curd", 2.5, 0, 2.5),
        ("Milk", 0, 1, 1),
    ]
    of_nandi = {"supplier_id": str(dairy.nandi.id)}
    for search, names in ((of_nandi, ["Milk"]), ({"skip": 1}, ["Milk"]), ({"day": "2020-01-01"}, ["Milk"])):
        found = did(await api.get(f"{SUPPLIERS}/demand", params=search, headers=dairy.admin))
        assert [one["name"] for one in found["products"]] == names
    refused = await api.get(f"{SUPPLIERS}/demand", headers=dairy.nandi_headers)
    assert code_of(refused) == (403, "permission_missing")
