"""Signing in with a browser: what the cookie is worth, and that no other site and no other door can use it."""

import base64
import re
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.auth.totp import code_at, step_of
from roundsman.database.collections import SESSIONS
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from tests.builders import a_user
from tests.codes import code_for
from tests.console.browsing import Visitor, Visitors, hidden_fields, words_of
from tests.http.delivering import Watch
from tests.http.people import PASSWORD, PHONE, settle

ACCOUNT = "/authenticator"
"""A page that everybody has who is signed in."""


@pytest.fixture
async def strict(runtime: Runtime, tx: Tx, watch: Watch) -> AsyncIterator[Visitors]:
    """Where staff needs an authenticator, and it is as late as the watch says."""
    settings = runtime.settings.model_copy(update={"staff_totp": "required"})
    app = create_app(lambda: nullcontext(replace(runtime, settings=settings, clock=watch)))
    async with app.router.lifespan_context(app):
        yield Visitors(app, tx)


def cookie_of(visitor: Visitor) -> str:
    return visitor.client.cookies["sid"]


async def test_a_phone_and_its_code_sign_in_and_lead_to_the_page_that_was_wanted(
    visitors: Visitors, runtime: Runtime, tx: Tx
) -> None:
    await settle(tx, a_user(roles=(Role.CUSTOMER,)), password_hash=None)
    visitor = visitors.stranger()
    wanted = await visitor.open(ACCOUNT)
    assert (wanted.status_code, wanted.headers["location"]) == (303, f"/sign-in?next={ACCOUNT}")

    asked = await visitor.open(wanted.headers["location"])
    sent = await visitor.send(asked, "/sign-in/code", contact="98200 12345")
    entered = await visitor.send(sent, "/sign-in/code/confirm", code=await code_for(runtime, PHONE))

    assert (entered.status_code, entered.headers["location"]) == (303, ACCOUNT)
    assert (await visitor.open(ACCOUNT)).status_code == 200


async def test_the_cookie_is_kept_from_scripts_other_sites_and_the_network(visitors: Visitors, tx: Tx) -> None:
    await settle(tx)
    near, far = visitors.stranger(), visitors.stranger()
    far.client.base_url = httpx.URL("https://roundsman.test")

    here, there = await near.sign_in(PHONE), await far.sign_in(PHONE)

    assert re.fullmatch(r"sid=[\w-]+; HttpOnly; Path=/; SameSite=lax", here.headers["set-cookie"])
    assert re.fullmatch(r"__Host-sid=[\w-]+; HttpOnly; Path=/; SameSite=lax; Secure", there.headers["set-cookie"])
    stored = str(await tx.database[SESSIONS].find().to_list())
    assert cookie_of(near) not in stored


async def test_cookies_open_no_api_and_tokens_no_page(visitors: Visitors) -> None:
    visitor, _ = await visitors.somebody(Role.ADMIN)
    api = await visitor.client.get("/api/v1/auth/me")
    assert (api.status_code, api.json()["code"]) == (401, "token_missing")

    tokens = await visitors.stranger().client.post(
        "/api/v1/auth/login", json={"identifier": "+919800000001", "password": PASSWORD}
    )
    bearer = {"Authorization": f"Bearer {tokens.json()['access_token']}"}
    page = await visitors.stranger().client.get(ACCOUNT, headers=bearer)
    assert page.headers["location"].startswith("/sign-in")


async def test_a_wrong_password_keeps_the_name_and_forgets_the_password(visitors: Visitors, tx: Tx) -> None:
    await settle(tx)
    answer = await visitors.stranger().sign_in(PHONE, "not this one")
    assert answer.status_code == 401
    assert "The identifier or the password is wrong." in words_of(answer)
    assert f'value="{PHONE}"' in answer.text
    assert "not this one" not in answer.text


@pytest.mark.parametrize("link", ["//evil.test/", "https://evil.test/", "/\\evil.test", "javascript:alert(1)", "x"])
async def test_no_link_leads_on_to_another_site(visitors: Visitors, tx: Tx, link: str) -> None:
    await settle(tx, a_user(roles=(Role.CUSTOMER,)))
    visitor = visitors.stranger()
    page = await visitor.client.get("/sign-in", params={"next": link})
    answer = await visitor.send(page, "/sign-in", identifier=PHONE, password=PASSWORD)
    assert answer.headers["location"] == "/my"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.test"},
        {"Origin": "null"},
    ],
)
async def test_what_another_site_makes_a_browser_send_is_refused(visitors: Visitors, headers: dict[str, str]) -> None:
    visitor, _ = await visitors.somebody(Role.CUSTOMER)
    page = await visitor.open(ACCOUNT)
    sent = hidden_fields(page, "/sign-out")
    if "Sec-Fetch-Site" not in headers:
        del visitor.client.headers["Sec-Fetch-Site"]

    for path in ("/sign-out", "/preferences", "/sign-in"):
        answer = await visitor.client.post(path, data=sent, headers=headers)
        assert answer.status_code == 403, path
    assert (await visitor.open(ACCOUNT)).status_code == 200


async def test_a_form_needs_the_token_of_its_own_session(visitors: Visitors) -> None:
    mine, _ = await visitors.somebody(Role.CUSTOMER)
    theirs, _ = await visitors.somebody(Role.CUSTOMER)
    of_another = hidden_fields(await theirs.open(ACCOUNT), "/sign-out")

    for fields in ({"other": "x"}, {"form_token": ""}, {"form_token": "A" * 86 + "=="}, of_another):
        answer = await mine.client.post("/sign-out", data=fields)
        assert answer.status_code == 403
        assert "Open the page again" in words_of(answer)
    left = await mine.send(await mine.open(ACCOUNT), "/sign-out")
    assert left.headers["location"] == "/sign-in"
    assert (await mine.open(ACCOUNT)).status_code == 303


async def test_using_the_pages_keeps_a_session_alive_as_long_as_its_roles_allow(strict: Visitors, watch: Watch) -> None:
    visitor, _ = await strict.somebody(Role.DELIVERY_BOY)
    for _ in range(5):
        watch.now += timedelta(hours=20)
        assert (await visitor.open(ACCOUNT)).status_code == 200
    watch.now += timedelta(hours=25)
    assert (await visitor.open(ACCOUNT)).status_code == 303


async def test_staff_takes_its_second_step_and_the_cookie_of_before_counts_no_more(
    strict: Visitors, watch: Watch
) -> None:
    visitor, _ = await strict.somebody(Role.ADMIN)
    half = cookie_of(visitor)
    for path in ("/activation", "/users", "/migration"):
        assert (await visitor.open(path)).headers.get("location", "").startswith("/second-step"), path
    assert (await visitor.open("/second-step")).headers["location"] == "/authenticator"

    begun = await visitor.send(await visitor.open("/authenticator"), "/authenticator")
    secret = base64.b32decode(hidden_fields(begun, "/authenticator/confirm")["secret"])
    wrong = await visitor.send(begun, "/authenticator/confirm", code="000000")
    assert (wrong.status_code, "<svg" in wrong.text) == (403, True)
    done = await visitor.send(wrong, "/authenticator/confirm", code=code_at(secret, step_of(watch())))
    assert len(re.findall(r"<li><code>[a-z0-9-]+</code></li>", done.text)) >= 8
    assert cookie_of(visitor) != half
    assert (await visitor.open("/activation")).status_code == 200

    thief = strict.stranger()
    thief.client.cookies.set("sid", half, domain="127.0.0.1")
    assert (await thief.open("/activation")).headers["location"].startswith("/sign-in")


async def test_colours_and_language_are_kept_in_the_browser(visitors: Visitors) -> None:
    visitor = visitors.stranger()
    page = await visitor.open("/sign-in")
    assert 'lang="en"' in page.text
    assert "data-theme" not in page.text

    await visitor.send(page, "/preferences", theme="dark", language="hi")

    page = await visitor.open("/sign-in")
    assert 'lang="hi" data-theme="dark"' in page.text
    assert "मोबाइल नंबर" in words_of(page)


async def test_whoever_may_not_is_told_which_permission_it_takes(visitors: Visitors) -> None:
    visitor, _ = await visitors.somebody(Role.CUSTOMER)
    answer = await visitor.open("/health")
    assert answer.status_code == 403
    assert "system:read" in words_of(answer)
