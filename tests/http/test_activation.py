"""The dashboard over HTTP: marketing staff sees numbers, their people, files of them and the reasons."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import httpx

from roundsman.access.roles import Role
from roundsman.activation.facts import FactType
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.rollups import roll_up
from roundsman.activation.tracked import Traits
from roundsman.activation.tracking import record_facts
from roundsman.clock import utc_now
from roundsman.customers.linkage import customers_of_user, insert_customers
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from tests.builders import a_customer, a_user
from tests.commands import RoundsmanCommand
from tests.histories import a_fact
from tests.http.people import bearer_of, settle

PATH = "/api/v1/activation"
AREA = "St. Mary's $1.50 & Sons"


async def settle_customer(tx: Tx, name: str, *, phone: str, ordered_days_ago: int) -> UserId:
    """A customer of AREA who ordered once."""
    user = await settle(tx, a_user(name=name), phone=phone)
    await insert_customers(tx, [replace(a_customer(user.id, name), phone=phone)])
    now = utc_now()
    ordered = now - timedelta(days=ordered_days_ago)
    facts = [a_fact(FactType.SIGNUP, ordered - timedelta(days=1), 0, user.id)]
    facts += [a_fact(FactType.ORDER_PLACED, ordered, 1, user.id)]
    await record_facts(tx, user.id, facts, policy=ActivationPolicy(), now=now, traits=Traits(AREA, "self"))
    await roll_up(tx, now=now)
    return user.id


async def test_numbers_lead_to_people_and_people_to_reasons(api: httpx.AsyncClient, tx: Tx) -> None:
    asha = await settle_customer(tx, "Asha Patil", phone="+919820000001", ordered_days_ago=25)
    await settle_customer(tx, "Ravi Rao", phone="+919820000002", ordered_days_ago=40)
    staff = await bearer_of(api, tx, Role.MARKETING_STAFF)

    async def asked(path: str, **query: str) -> httpx.Response:
        answer = await api.get(f"{PATH}/{path}", params=query, headers=staff)
        assert answer.status_code == 200, answer.text
        return answer

    dashboard = (await asked("dashboard", area=AREA, channel="self")).json()
    assert {one["status"]: one["count"] for one in dashboard["statuses"] if one["count"]} == {
        "active": 1,
        "inactive": 1,
    }
    assert dashboard["at_risk"] == {"count": 1, "is_more": False}
    assert (await asked("dashboard", area="$area")).json()["plan_keys"]["customers"] == 0
    soon = (await asked("people", at_risk="true", area=AREA)).json()["people"]
    assert [(one["name"], one["phone"], one["next_status"]) for one in soon] == [
        ("Asha Patil", "+919820000001", "inactive")
    ]
    told = (await asked(f"customers/{asha}")).json()
    assert told["person"]["activation_status"] == told["explanation"]["status"] == "active"
    assert [one["after"] for one in told["history"]] == ["new", "active"]
    assert (await asked("movement")).json()["bands"]
    assert sum(one["signed_up"] for one in (await asked("cohorts")).json()["cohorts"]) == 1
    compared = (await asked("what-if", inactive_days="7")).json()
    assert compared["movers"] == [{"now": "active", "then": "inactive", "count": 1}]


async def test_a_file_holds_no_formulas_and_says_where_it_goes_on(api: httpx.AsyncClient, tx: Tx) -> None:
    for number, name in enumerate(["=HYPERLINK(1)", "@Ravi", "Asha"]):
        await settle_customer(tx, name, phone=f"+91982000000{number}", ordered_days_ago=2)
    staff = await bearer_of(api, tx, Role.MARKETING_STAFF)
    query = {"status": "active", "limit": "2"}
    first = await api.get(f"{PATH}/people.csv", params=query, headers=staff)
    last = await api.get(f"{PATH}/people.csv", params=query | {"after": first.headers["X-Next"]}, headers=staff)
    assert "X-Next" not in last.headers
    rows = [row for answer in (first, last) for row in csv.DictReader(io.StringIO(answer.text))]
    assert [row["name"] for row in rows] == ["'=HYPERLINK(1)", "'@Ravi", "Asha"]
    assert [row["phone"] for row in rows][2] == "+919820000002"


async def test_the_next_page_is_where_its_key_leads_as_it_stands(api: httpx.AsyncClient, tx: Tx) -> None:
    for number in range(3):
        await settle_customer(tx, f"Asha {number}", phone=f"+91982000000{number}", ordered_days_ago=25)
    staff = await bearer_of(api, tx, Role.MARKETING_STAFF)
    for wanted in ("at_risk=true", "status=active", "step=ordered"):
        names, after = [], ""
        while True:
            page = await api.get(f"{PATH}/people?{wanted}&limit=2{after}", headers=staff)
            assert page.status_code == 200, page.text
            names += [one["name"] for one in page.json()["people"]]
            if (key := page.json()["next"]) is None:
                break
            after = f"&after={key}"
        assert sorted(names) == ["Asha 0", "Asha 1", "Asha 2"]


async def test_marketing_staff_sees_customers_and_no_money(api: httpx.AsyncClient, tx: Tx) -> None:
    asha = await settle_customer(tx, "Asha Patil", phone="+919820000001", ordered_days_ago=25)
    paid = replace(a_fact(FactType.PAYMENT_SUCCEEDED, utc_now(), 2, asha), amount_paise=987_654)
    await record_facts(tx, asha, [paid], policy=ActivationPolicy(), now=utc_now())
    await roll_up(tx, now=utc_now())
    seen = {}
    for role, phone in ((Role.MARKETING_STAFF, "+919820000008"), (Role.ADMIN, "+919820000009")):
        staff = await bearer_of(api, tx, role, phone=phone)
        paths = ("dashboard", "people", "people.csv", f"customers/{asha}")
        seen[role] = ["987654" in (await api.get(f"{PATH}/{path}", headers=staff)).text for path in paths]
    assert seen == {Role.MARKETING_STAFF: [False] * 4, Role.ADMIN: [True] * 4}


async def test_what_cannot_be_is_refused(api: httpx.AsyncClient, tx: Tx) -> None:
    staff = await bearer_of(api, tx, Role.MARKETING_STAFF)
    for path, code in (
        ("dashboard?first=2026-02-01&last=2026-01-01", "impossible_range"),
        ("people?after=x", "malformed_list_key"),
        ("what-if?inactive_days=90", "impossible_policy"),
    ):
        answer = await api.get(f"{PATH}/{path}", headers=staff)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_the_command_line_prints_what_the_api_answers(
    api: httpx.AsyncClient, tx: Tx, roundsman: RoundsmanCommand
) -> None:
    asha = await settle_customer(tx, "Asha Patil", phone="+919820000001", ordered_days_ago=25)
    staff = await bearer_of(api, tx, Role.ADMIN)
    answered = (await api.get(f"{PATH}/customers/{asha}", headers=staff)).text
    printed = roundsman("activation", "explain", "98200 00001", "--json")
    assert "".join(printed.stdout.split()) == "".join(answered.split())
    assert "If nothing happens he is inactive" in roundsman("activation", "explain", str(asha)).stdout
    (profile,) = await customers_of_user(tx, asha)
    assert (await api.get(f"{PATH}/customers/{profile.id}", headers=staff)).text == answered
    assert "If nothing happens he is inactive" in roundsman("activation", "explain", str(profile.id)).stdout
    assert roundsman("activation", "explain", "98200 99999").returncode == 5
    impossible = roundsman("activation", "what-if", "--inactive-days", "60")
    assert (impossible.returncode, "give both --inactive-days and --churn-days" in impossible.stderr) == (2, True)
    assert "and 1 sign-up days." in roundsman("activation", "rebuild").stdout
    shown = roundsman("activation", "dashboard").stdout
    assert "backfill" not in shown
    assert "sign-up to first order  100.0 %" in shown
    whole = roundsman("activation", "dashboard", "--json", "--area", AREA).stdout
    assert '"signup_to_first_order": 100.0' in whole
    compared = roundsman("activation", "what-if", "--inactive-days", "7").stdout
    assert compared.splitlines()[-1].split() == ["active", "inactive", "1"]
