"""The page of activation: numbers of real customers, the way to the people behind each, and no money for who may not see it."""

from dataclasses import replace
from datetime import timedelta
from html import unescape
from re import findall
from urllib.parse import parse_qs, urlsplit

import pytest
from markupsafe import escape

from roundsman.access.roles import Role
from roundsman.activation.facts import FactType
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.rollups import roll_up
from roundsman.activation.tracked import Traits
from roundsman.activation.tracking import record_facts
from roundsman.clock import utc_now
from roundsman.console import activation
from roundsman.customers.linkage import insert_customers
from roundsman.database.transaction import Tx
from roundsman.ids import UserId
from tests.builders import a_customer, a_user
from tests.console.browsing import Visitors, words_of
from tests.histories import a_fact
from tests.http.people import settle

AREA = "St. Mary's $1.50 & <Sons>"


async def settle_customer(tx: Tx, name: str, *, phone: str, area: str = AREA, ordered_days_ago: int) -> UserId:
    """A customer who signed up, ordered a day later, and paid 420 rupees for it."""
    user = await settle(tx, a_user(name=name), phone=phone)
    await insert_customers(tx, [replace(a_customer(user.id, name), phone=phone)])
    now = utc_now()
    ordered = now - timedelta(days=ordered_days_ago)
    facts = [
        a_fact(FactType.SIGNUP, ordered - timedelta(days=1), 0, user.id),
        a_fact(FactType.ORDER_PLACED, ordered, 1, user.id),
        a_fact(FactType.PAYMENT_SUCCEEDED, ordered, 2, user.id, amount_paise=420_00),
    ]
    await record_facts(tx, user.id, facts, policy=ActivationPolicy(), now=now, traits=Traits(area, "self"))
    await roll_up(tx, now=now)
    return user.id


async def settle_three(tx: Tx) -> UserId:
    """One who is about to go, one who has gone, and one of elsewhere; returns the first."""
    asha = await settle_customer(tx, "Asha <b>Patil", phone="+919820000001", ordered_days_ago=25)
    await settle_customer(tx, "Ravi Rao", phone="+919820000002", ordered_days_ago=40)
    await settle_customer(tx, "Meera Iyer", phone="+919820000003", area="HSR", ordered_days_ago=2)
    return asha


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes to count how customers moved, it is waited for."""
    monkeypatch.setattr(activation, "_PATIENCE", timedelta(minutes=1))


async def test_it_shows_how_many_are_how_far_and_who_is_about_to_go(visitors: Visitors, tx: Tx) -> None:
    asha = await settle_three(tx)
    admin, _ = await visitors.somebody(Role.ADMIN)
    page = await admin.open("/activation")
    said = words_of(page)
    assert page.status_code == 200
    assert "Active 2 " in said
    assert "Inactive 1 " in said
    assert "₹840 paid" in said
    assert "All 1 at risk" in said
    assert f'<a href="/customers/{asha}">Asha &lt;b&gt;Patil</a>' in page.text
    assert "+91 ······ 0001" in said
    assert "9820000001" not in page.text
    assert page.headers["content-encoding"] == "gzip"


async def test_marketing_staff_sees_customers_and_no_money(visitors: Visitors, tx: Tx) -> None:
    await settle_three(tx)
    staff, _ = await visitors.somebody(Role.MARKETING_STAFF)
    page = await staff.open("/activation")
    assert "All 1 at risk" in words_of(page)
    assert "₹" not in page.text
    assert "420" not in words_of(page)


async def test_filters_stand_in_the_address_and_in_the_links_to_people(visitors: Visitors, tx: Tx) -> None:
    await settle_three(tx)
    admin, _ = await visitors.somebody(Role.ADMIN)
    page = await admin.client.get("/activation", params={"area": AREA, "channel": "self", "first": "", "last": ""})
    said = words_of(page)
    assert "Active 1 " in said
    assert f"selected>{escape(AREA)}<" in page.text
    assert ">HSR<" in page.text
    links = [urlsplit(unescape(one)) for one in findall(r'href="([^"]*)"', page.text)]
    lists = [parse_qs(link.query) for link in links if link.path == "/customers" and link.query]
    assert len(lists) > len("six statuses")
    assert all(one["area"] == [AREA] and one["channel"] == ["self"] for one in lists)
    wanted = [set(one) - {"area", "channel"} for one in lists]
    assert {"status"} in wanted
    assert {"at_risk"} in wanted
    assert {"step", "without_step", "signed_up_first", "signed_up_last"} in wanted
    assert {"before", "since", "status", "on"} in wanted


async def test_nobody_yet_is_said_with_what_to_do_next(visitors: Visitors) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    said = words_of(await admin.open("/activation"))
    assert "Nobody signed up in these days. Choose a longer range above." in said
    assert "Nobody was a customer yet." in said
    assert "Nobody is about to become inactive." in said


async def test_an_impossible_range_is_refused_and_stays_to_be_corrected(visitors: Visitors) -> None:
    admin, _ = await visitors.somebody(Role.ADMIN)
    for query, why in (
        ("first=2026-02-01&last=2026-01-01", "the first one first"),
        ("last=0001-01-05", "from 2000 to 2999"),
        ("first=9999-12-31&last=9999-12-31", "from 2000 to 2999"),
        ("last=soon&area=HSR", "not a day: type it like 2026-11-24"),
    ):
        page = await admin.open(f"/activation?{query}")
        assert page.status_code == 422
        assert why in words_of(page)
        assert all(f'value="{typed}"' in page.text for typed in query.replace("&", "=").split("=")[1::2])


async def test_who_may_not_see_it_is_told_which_permission_it_needs(visitors: Visitors) -> None:
    boy, _ = await visitors.somebody(Role.DELIVERY_BOY)
    page = await boy.open("/activation")
    assert page.status_code == 403
    assert "activation:read" in page.text
    answer = await visitors.stranger().open("/activation")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/activation")
