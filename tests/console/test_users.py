"""Users: finding them in every way, what the page of one shows, and what is decided on it."""

import re
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.audit_log.log import entries_about
from roundsman.auth.reservations import FailedRow
from roundsman.clock import utc_now
from roundsman.customers.linkage import insert_customers
from roundsman.database.transaction import Tx
from roundsman.identity.identifiers import alias_key
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.lookup import get_user
from roundsman.identity.users import Identifier, UserStatus
from roundsman.ids import UserId
from roundsman.operations.signing_in.sign_in_state import sign_in_state_of
from tests.builders import a_customer, a_user
from tests.console.browsing import Visitors, hidden_fields, words_of
from tests.http.people import settle

PHONE = "+919820077001"


async def test_somebody_is_found_by_whatever_is_known_of_him(visitors: Visitors, tx: Tx) -> None:
    meera = await settle(tx, a_user("Meera Nair", roles=(Role.SUPPLIER,)), phone=PHONE)
    await insert_identifiers(tx, [Identifier(alias_key("usr_77"), (meera.id,))])
    await insert_customers(tx, [replace(a_customer(meera.id, "Meera"), phone="+919820077002")])
    await settle(tx, a_user("Zoya Khan"), phone="+919820077003")
    admin, _ = await visitors.somebody(Role.ADMIN)
    for text in ("meer", "98200 77001", "0091-98200-77001", "9820077002", "usr_77", str(meera.id)):
        page = await admin.client.get("/users", params={"q": text, "role": "", "after": ""})
        assert "Meera Nair" in page.text, text
        assert "Zoya Khan" not in page.text, text
        assert PHONE not in page.text
    assert "+91 ······ 7001" in words_of(await admin.open("/users?q=meer&role=supplier"))
    nobody = await admin.open("/users?q=meer&role=admin")
    assert "Nobody is found" in words_of(nobody)
    wrong = await admin.open("/users?q=meer&role=queen")
    assert wrong.status_code == 422
    assert 'value="meer"' in wrong.text


async def test_pages_of_users_keep_what_was_asked_for(visitors: Visitors, tx: Tx) -> None:
    await insert_users(tx, [a_user(f"Many {number:02}") for number in range(60)])
    admin, _ = await visitors.somebody(Role.ADMIN)
    first = await admin.open("/users?q=many&status=active")
    assert "Many 49" in first.text
    assert "Many 50" not in first.text
    onward = first.text.split('" rel="next"')[0].rpartition('href="')[2].replace("&amp;", "&")
    second = await admin.open(onward)
    assert "q=many&status=active" in onward
    assert "Many 50" in second.text
    assert "Many 59" in second.text
    assert "Many 49" not in second.text


async def test_one_user_is_shown_with_his_past_and_without_his_phone(visitors: Visitors, tx: Tx) -> None:
    ravi = replace(a_user("Ravi Kumar", roles=(Role.CUSTOMER, Role.SUPPLIER)), roles_to_confirm=(Role.SUPPLIER,))
    await settle(tx, ravi, phone=PHONE)
    customer = a_customer(ravi.id, "Kumar household")
    await insert_customers(tx, [replace(customer, phone="+919820077009")])
    await insert_identifiers(tx, [Identifier(alias_key("9820077001"), (ravi.id,))])
    at_home = visitors.stranger()
    await at_home.sign_in(PHONE)
    for _ in range(2):
        await visitors.stranger().sign_in(PHONE, "not his password")
    admin, _ = await visitors.somebody(Role.ADMIN)

    page = await admin.open(f"/users/{ravi.id}")
    said = words_of(page)

    assert "Supplier to be confirmed" in said
    assert f'href="/customers/{ravi.id}"' in page.text
    assert "Failed sign-ins in a row 2" in said
    assert "by password" in said
    assert "Session opened" in said
    assert f'href="/audit-log?target=user:{ravi.id}"' in page.text
    assert "9820077001" not in page.text, "nor as a former id"
    shown = await admin.send(page, f"/users/{ravi.id}/reveal")
    assert PHONE in shown.text
    assert "+919820077009" in shown.text
    assert "contact.revealed" in [one.action for one in await entries_about(tx, f"user:{ravi.id}")]


async def test_who_was_merged_leads_to_the_survivor(visitors: Visitors, tx: Tx) -> None:
    survivor = await settle(tx, a_user("Meera Nair"), phone=PHONE)
    merged = replace(a_user("Mira Nair", status=UserStatus.MERGED), roles=(), merged_into=survivor.id)
    await insert_users(tx, [merged])
    admin, _ = await visitors.somebody(Role.ADMIN)
    page = await admin.open(f"/users/{merged.id}")
    assert f'href="/users/{survivor.id}"' in page.text
    assert "grant-role" not in page.text
    assert "Mira Nair" in (await admin.open(f"/users?q={merged.id}")).text


async def test_a_role_is_given_and_taken_with_a_reason(visitors: Visitors, tx: Tx) -> None:
    meera = await settle(tx, a_user("Meera Nair"), phone=PHONE)
    admin, _ = await visitors.somebody(Role.ADMIN)
    path = f"/users/{meera.id}/grant-role"

    without = await admin.send(await admin.open(path), path, role="supplier", reason="")
    assert without.status_code == 422
    assert "This is needed." in without.text
    assert 'value="supplier" selected' in without.text
    given = await admin.send(without, path, role="supplier", reason="brings the curd")
    assert (given.status_code, given.headers["location"]) == (303, f"/users/{meera.id}")
    assert "The role is given" in (await admin.open(f"/users/{meera.id}")).text
    assert (await get_user(tx, meera.id)).effective_roles == {Role.CUSTOMER, Role.SUPPLIER}

    path = f"/users/{meera.id}/revoke-role"
    await admin.send(await admin.open(path), path, role="supplier", reason="sold the cows")
    assert (await get_user(tx, meera.id)).roles == (Role.CUSTOMER,)
    assert [one.reason for one in await entries_about(tx, f"user:{meera.id}")][-2:] == [
        "supplier: brings the curd",
        "supplier: sold the cows",
    ]


async def test_a_decision_on_what_changed_meanwhile_waits_for_a_second_look(visitors: Visitors, tx: Tx) -> None:
    meera = await settle(tx, a_user("Meera Nair"), phone=PHONE)
    admin, _ = await visitors.somebody(Role.ADMIN)
    grant, disable = f"/users/{meera.id}/grant-role", f"/users/{meera.id}/disable"
    opened, to_disable = await admin.open(grant), await admin.open(disable)
    await admin.send(opened, grant, role="delivery_boy", reason="rides from today")

    conflict = await admin.send(opened, grant, role="supplier", reason="brings the curd")
    assert conflict.status_code == 409
    said = words_of(conflict)
    assert "active: customer active: customer, delivery boy to be supplier too" in said
    assert Role.SUPPLIER not in (await get_user(tx, meera.id)).roles
    assert (await admin.send(to_disable, disable, reason="went away")).status_code == 409
    assert (await get_user(tx, meera.id)).status is UserStatus.ACTIVE

    assert hidden_fields(conflict, grant)["reason"] == "brings the curd"
    assert (await admin.send(conflict, grant)).status_code == 303
    assert Role.SUPPLIER in (await get_user(tx, meera.id)).roles


async def test_who_is_disabled_is_out_and_comes_in_again(visitors: Visitors, tx: Tx) -> None:
    meera, phone = a_user("Meera Nair"), PHONE
    await settle(tx, meera, phone=phone)
    her = visitors.stranger()
    await her.sign_in(phone)
    admin, _ = await visitors.somebody(Role.ADMIN)
    for what, status in (("disable", UserStatus.DISABLED), ("enable", UserStatus.ACTIVE)):
        path = f"/users/{meera.id}/{what}"
        await admin.send(await admin.open(path), path, reason="as agreed")
        assert (await get_user(tx, meera.id)).status is status
        assert (await her.open("/sign-out")).status_code != 200
    assert (await her.sign_in(phone)).status_code == 303


async def test_sessions_end_one_by_one_and_all_together(visitors: Visitors, tx: Tx) -> None:
    meera = await settle(tx, a_user("Meera Nair"), phone=PHONE)
    for _ in range(3):
        await visitors.stranger().sign_in(PHONE)
    admin, _ = await visitors.somebody(Role.ADMIN)
    page = await admin.open(f"/users/{meera.id}")
    end = page.text.split('/end">')[0].rpartition('action="')[2] + "/end"

    assert (await admin.send(page, end)).status_code == 303
    assert (await admin.open(f"/users/{meera.id}")).text.count('/end">') == 2
    assert (await admin.send(page, end)).status_code == 404, "it has ended"
    path = f"/users/{meera.id}/sign-out"
    await admin.send(await admin.open(path), path)
    assert "Signed in nowhere" in (await admin.open(f"/users/{meera.id}")).text


async def test_an_account_for_the_office_is_made_with_a_role_of_the_office(visitors: Visitors, tx: Tx) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    assert 'href="/users/new"' in (await admin.open("/users")).text
    page = await admin.open("/users/new")
    offered = page.text.partition('<select id="role"')[2].partition("</select>")[0]
    assert re.findall(r'value="(\w*)"', offered) == ["", "marketing_staff", "admin"]
    meera = {"name": "Meera Nair", "role": "marketing_staff", "phone": "98200 77001"}
    unlike = await admin.send(page, "/users/new", **meera | {"role": "customer"})
    assert (unlike.status_code, "customer is no role of the office." in unlike.text) == (422, True)
    nowhere = await admin.send(page, "/users/new", **meera | {"phone": ""})
    assert (nowhere.status_code, 'value="Meera Nair"' in nowhere.text) == (422, True)
    made = await admin.send(page, "/users/new", **meera)
    user = await get_user(tx, UserId(ObjectId(made.headers["location"].rpartition("/")[2])))
    assert user.roles == (Role.MARKETING_STAFF,)
    again = await admin.send(page, "/users/new", **meera)
    assert (again.status_code, 'href="/users?q=%2B919820077001"' in again.text) == (409, True)
    assert "Meera Nair" in words_of(await admin.open("/users?q=%2B919820077001"))


async def test_everything_about_somebody_is_one_file_and_the_audit_log_says_who_took_it(
    visitors: Visitors, tx: Tx
) -> None:
    ravi = await settle(tx, a_user("Ravi Kumar"), phone=PHONE)
    admin, _ = await visitors.somebody(Role.ADMIN)
    path = f"/users/{ravi.id}/data"
    assert f'href="{path}"' in (await admin.open(f"/users/{ravi.id}")).text
    file = await admin.send(await admin.open(path), path)
    with ZipFile(BytesIO(file.content)) as parts:
        assert any(b"Ravi Kumar" in parts.read(name) for name in parts.namelist())
    assert "exported" in {entry.action.partition(".")[2] for entry in await entries_about(tx, f"user:{ravi.id}")}


async def test_the_last_admin_stays(visitors: Visitors, tx: Tx) -> None:
    admin, he = await visitors.somebody(Role.ADMIN)
    path = f"/users/{he.id}/revoke-role"
    refused = await admin.send(await admin.open(path), path, role="admin", reason="tired of it")
    assert refused.status_code == 409
    assert "last admin" in refused.text
    assert 'value="tired of it"' in refused.text
    assert (await get_user(tx, he.id)).roles == (Role.ADMIN,)


@pytest.mark.parametrize(
    ("page", "permission"),
    [
        ("", "users:read"),
        ("/grant-role", "roles:grant"),
        ("/disable", "users:disable"),
        ("/forget-authenticator", "authenticators:forget"),
        ("/sign-out", "users:sessions"),
        ("/data", "users:export"),
        ("/../new", "roles:grant"),
    ],
)
async def test_marketing_staff_is_told_which_permission_it_lacks(
    visitors: Visitors, tx: Tx, page: str, permission: str
) -> None:
    meera = await settle(tx, a_user("Meera Nair"), phone=PHONE)
    staff, _ = await visitors.somebody(Role.MARKETING_STAFF)
    answer = await staff.open(f"/users/{meera.id}{page}")
    assert answer.status_code == 403
    assert f"<code>{permission}</code>" in answer.text
    assert "Meera" not in answer.text


async def test_who_reveals_contacts_of_customers_reveals_none_of_users(visitors: Visitors, tx: Tx) -> None:
    meera = await settle(tx, a_user("Meera Nair"), phone=PHONE)
    staff, _ = await visitors.somebody(Role.MARKETING_STAFF)
    form = hidden_fields(await staff.open("/account"), "/sign-out")
    refused = await staff.client.post(f"/users/{meera.id}/reveal", data=form)
    assert refused.status_code == 403
    assert PHONE not in refused.text


async def test_failures_are_read_without_counting(visitors: Visitors, tx: Tx) -> None:
    meera = await settle(tx, a_user("Meera Nair"), phone=PHONE)
    now = utc_now()  # Before them: how long they took is no matter of this.
    for _ in range(6):
        await visitors.stranger().sign_in(PHONE, "not hers")
    state = await sign_in_state_of(tx, meera, now=now)
    assert await sign_in_state_of(tx, meera, now=now) == state
    assert (state.has_authenticator, state.password_disabled_at) == (False, None)
    assert state.failed.failures >= 5
    assert state.failed.waits_until is not None
    assert (await sign_in_state_of(tx, replace(meera, id=UserId(ObjectId())), now=now)).failed == FailedRow()
