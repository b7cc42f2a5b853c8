"""The customers as the office sees them: found, filtered, taken as a file, and one of them with all that is known."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import httpx
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.activation.facts import FactType
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.tracked import Traits
from roundsman.activation.tracking import record_facts
from roundsman.audit_log.log import entries_about
from roundsman.calendar import day_of
from roundsman.clock import utc_now
from roundsman.customers.customers import Customer
from roundsman.customers.linkage import insert_customers
from roundsman.database.transaction import Tx
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.orders.history import insert_orders
from roundsman.subscriptions.pausing import insert_subscriptions, subscriptions_of_user
from roundsman.subscriptions.subscriptions import Pause
from tests.builders import a_customer, a_subscription, a_user, an_order
from tests.console.browsing import Visitor, Visitors, hidden_fields, words_of
from tests.histories import a_fact
from tests.http.people import settle

PHONE, MASKED = "+919820000001", "+91 ······ 0001"


async def settle_customer(tx: Tx, name: str = "Asha Patil", *, phone: str = PHONE, ordered_days_ago: int) -> Customer:
    """A customer of Baner who ordered once and paid 120 rupees."""
    user = await settle(tx, a_user(name), phone=phone)
    profile = replace(a_customer(user.id, name), phone=phone, email="home@asha.in")
    await insert_customers(tx, [profile])
    now = utc_now()
    ordered = now - timedelta(days=ordered_days_ago)
    facts = [
        a_fact(FactType.SIGNUP, ordered - timedelta(days=1), 0, user.id),
        a_fact(FactType.ORDER_PLACED, ordered, 1, user.id),
        a_fact(FactType.PAYMENT_SUCCEEDED, ordered, 1, user.id, amount_paise=12_000),
    ]
    await record_facts(tx, user.id, facts, policy=ActivationPolicy(), now=now, traits=Traits("Baner", "staff"))
    return profile


def names_in(page: httpx.Response) -> list[str]:
    """The customers that a page lists."""
    return [name for name in ("Asha Patil", "Ravi Rao") if name in page.text]


async def test_the_list_shows_whom_the_address_asks_for_and_masks_their_phones(visitors: Visitors, tx: Tx) -> None:
    await settle_customer(tx, ordered_days_ago=25)
    await settle_customer(tx, "Ravi Rao", phone="+919820000002", ordered_days_ago=40)
    visitor, _ = await visitors.somebody(Role.ADMIN)

    assert names_in(await visitor.open("/customers")) == ["Asha Patil", "Ravi Rao"]
    for asked in (
        "q=asha",
        "q=98200 00001",
        "at_risk=true",
        "status=active&status=engaged&area=&q=",
        "q=a&step=ordered",
    ):
        page = await visitor.open(f"/customers?{asked}")
        assert (asked, names_in(page)) == (asked, ["Asha Patil"])
        assert MASKED in page.text
        assert PHONE not in page.text
        assert "₹120" in page.text
    nobody = await visitor.open("/customers?q=zubin")
    assert "No customer is so." in nobody.text
    assert (await visitor.open("/customers?signed_up_first=yesterday")).status_code == 422


async def test_the_file_holds_all_of_them_and_the_audit_log_says_who_took_it(visitors: Visitors, tx: Tx) -> None:
    await settle_customer(tx, "=1+1", ordered_days_ago=1)
    admin, admins_user = await visitors.somebody(Role.ADMIN)
    staff, _ = await visitors.somebody(Role.MARKETING_STAFF)

    async def taken(visitor: Visitor) -> dict[str, str]:
        answer = await visitor.open("/customers.csv?status=active")
        assert answer.headers["content-type"].startswith("text/csv")
        [row] = csv.DictReader(io.StringIO(answer.text))
        return row

    full, masked = await taken(admin), await taken(staff)
    assert (full["phone"], full["name"], full["revenue_rupees"]) == (PHONE, "'=1+1", "120.00")
    assert masked["phone"].endswith(MASKED)
    assert "revenue_rupees" not in masked
    [exported] = [
        one for one in await entries_about(tx, f"user:{admins_user.id}") if one.action == "customers.exported"
    ]
    assert exported.reason == "1 rows with phones in full"


async def test_a_customer_is_seen_with_the_reasons_and_to_marketing_staff_without_money(
    visitors: Visitors, tx: Tx
) -> None:
    asha = await settle_customer(tx, ordered_days_ago=25)
    await insert_orders(tx, [an_order(asha.user_id)])
    admin, _ = await visitors.somebody(Role.ADMIN)
    staff, _ = await visitors.somebody(Role.MARKETING_STAFF)
    path = f"/customers/{asha.user_id}"

    by_profile = await admin.open(f"/customers/{asha.id}")
    assert (by_profile.status_code, by_profile.headers["location"]) == (303, path)
    seen, sparse = words_of(await admin.open(path)), words_of(await staff.open(path))
    for words in (seen, sparse):
        assert "Why he is active He ordered within 30 days, and fewer than 3 orders count." in words
        assert "If nothing happens he will be inactive on" in words
        assert f"order.placed:{asha.user_id}-1" in words
        assert PHONE not in words
    assert "Paid ₹120" in seen
    assert "₹64" in seen
    assert "₹" not in sparse
    assert (await admin.open(f"/customers/{ObjectId()}")).status_code == 404


async def test_contacts_are_shown_in_full_only_by_a_step_that_the_audit_log_keeps(visitors: Visitors, tx: Tx) -> None:
    asha = await settle_customer(tx, ordered_days_ago=2)
    staff, staff_user = await visitors.somebody(Role.MARKETING_STAFF)
    path = f"/customers/{asha.user_id}"

    shown = await staff.send(await staff.open(path), f"{path}/reveal")

    assert PHONE in shown.text
    assert "home@asha.in" in shown.text
    revealed = [one for one in await entries_about(tx, f"user:{asha.user_id}") if one.action == "contact.revealed"]
    assert [one.actor.who for one in revealed] == [str(staff_user.id)]
    assert (await staff.open(f"{path}/reveal")).headers["location"] == path


async def test_a_contact_sent_twice_is_recorded_once_and_what_is_wrong_stays(visitors: Visitors, tx: Tx) -> None:
    asha = await settle_customer(tx, ordered_days_ago=2)
    staff, staff_user = await visitors.somebody(Role.MARKETING_STAFF, name="Meena Shah")
    path = f"/customers/{asha.user_id}"
    page = await staff.open(path)

    for _ in range(2):
        answer = await staff.send(page, f"{path}/contacts", how="visit")
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    told = [one for one in await facts_of(tx, asha.user_id) if one.type is FactType.STAFF_CONTACT]
    assert len(told) == 1
    words = words_of(await staff.open(path))
    assert "The contact is recorded." in words
    assert f"The office spoke with him by {staff_user.name}" in words
    wrong = await staff.send(page, f"{path}/contacts", how="pigeon")
    assert wrong.status_code == 422
    assert "Something is missing or not right below." in wrong.text


async def test_an_admin_pauses_a_subscription_where_operations_are_managed_here(visitors: Visitors, tx: Tx) -> None:
    asha = await settle_customer(tx, ordered_days_ago=2)
    await insert_subscriptions(tx, [a_subscription(asha.user_id, customer_id=asha.id)])
    [milk] = await subscriptions_of_user(tx, asha.user_id)
    admin, _ = await visitors.somebody(Role.ADMIN)
    path, today = f"/customers/{asha.user_id}", day_of(utc_now())
    pausing = f"{path}/subscriptions/{milk.id}/pause"
    page = await admin.open(path)

    past = await admin.send(page, pausing, start="2020-01-01", end="2020-01-05")
    assert past.status_code == 422
    assert 'value="2020-01-05"' in past.text
    last = today + timedelta(days=3)
    assert (await admin.send(page, pausing, start=str(today), end=str(last))).status_code == 303
    assert (await subscriptions_of_user(tx, asha.user_id))[0].pauses == (Pause(today, last),)
    paused = await admin.open(path)
    assert "Paused from" in paused.text
    assert (await admin.send(paused, f"{path}/subscriptions/{milk.id}/resume")).status_code == 303
    assert (await subscriptions_of_user(tx, asha.user_id))[0].pauses == ()
    await set_mode(tx, Mode(PeopleMode.LIVE, OperationsMode.SOURCE))
    assert pausing not in (await admin.open(path)).text


async def test_the_search_leads_to_whom_it_can_only_mean_or_lists_or_says_what_it_finds(
    visitors: Visitors, tx: Tx
) -> None:
    asha = await settle_customer(tx, ordered_days_ago=2)
    boy = await settle(tx, a_user("Ashok Kumar", roles=(Role.DELIVERY_BOY,)), phone="+919820000003")
    admin, _ = await visitors.somebody(Role.ADMIN, name="Meena")
    staff, _ = await visitors.somebody(Role.MARKETING_STAFF, name="Meena")

    async def leads(visitor: Visitor, text: str) -> str:
        headers = (await visitor.open(f"/search?q={text}")).headers
        return str(headers.get("location", "nowhere"))

    assert await leads(admin, "98200 00001") == await leads(staff, str(asha.id)) == f"/customers/{asha.user_id}"
    assert (await leads(admin, "98200 00003"), await leads(staff, "98200 00003")) == (f"/users/{boy.id}", "nowhere")
    assert await leads(admin, f"../customers/{asha.id}") == "nowhere"
    everybody, customers = await admin.open("/search?q=ash"), await staff.open("/search?q=ash")
    assert f"/customers/{asha.user_id}" in everybody.text
    assert f"/users/{boy.id}" in everybody.text
    assert "Ashok Kumar" not in customers.text
    assert "Nobody is called so." in (await staff.open("/search?q=98200 00003")).text
    assert "Whom do you look for?" in (await admin.open("/search")).text


async def test_who_may_not_see_customers_is_told_which_permission_it_takes(visitors: Visitors, tx: Tx) -> None:
    asha = await settle_customer(tx, ordered_days_ago=2)
    boy, _ = await visitors.somebody(Role.DELIVERY_BOY)

    for path in ("/customers", "/customers.csv", f"/customers/{asha.user_id}", "/search?q=asha"):
        refused = await boy.open(path)
        assert (path, refused.status_code) == (path, 403)
        assert "activation:read" in refused.text


async def test_who_looks_after_customers_sees_the_phone_of_nobody_else(visitors: Visitors) -> None:
    staff, own = await visitors.somebody(Role.MARKETING_STAFF)
    _, admin = await visitors.somebody(Role.ADMIN)
    page = await staff.open("/customers")
    for other in (admin, own):
        fields = {"form_token": hidden_fields(page, "/sign-out")["form_token"]}
        answer = await staff.client.post(f"/customers/{other.id}/reveal", data=fields)
        assert answer.status_code == 404
        assert "98000" not in answer.text.replace(" ", "")
