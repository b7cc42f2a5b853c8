"""The page behind the link of a forgotten password: it works as a form does without any script, and keeps its secret."""

import asyncio
import logging
import re
from html.parser import HTMLParser

import httpx
import pytest
from fastapi import Depends, FastAPI

from roundsman.auth import hashing
from roundsman.auth.hashing import PasswordHashing
from roundsman.auth.reset_links import keep_reset
from roundsman.database.collections import PASSWORD_RESETS, SESSIONS
from roundsman.database.transaction import Tx
from roundsman.identity.mode import Mode, OperationsMode, PeopleMode, set_mode
from roundsman.runtime import Runtime
from roundsman.web import pacing
from roundsman.web.guards import public
from tests.http.people import PASSWORD, PHONE, log_in, settle
from tests.http.serving import answering
from tests.http.test_passwords import NEW, forget, sent

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer at once: when answers come is another test's business."""
    monkeypatch.setattr(pacing, "seconds_to_wait", lambda _: 0)


class Form(HTMLParser):
    """The form of a page, as a browser sees it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.action = ""
        self.inputs: dict[str, dict[str, str | None]] = {}
        self.labels: set[str | None] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a form is made of."""
        given = dict(attrs)
        if tag == "form":
            self.action = given["action"] or ""
        elif tag == "input":
            self.inputs[given["name"] or ""] = given
        elif tag == "label":
            self.labels.add(given["for"])

    def filled(self, password: str, again: str | None = None) -> dict[str, str]:
        """What is sent once somebody has typed his password."""
        return {
            "token": self.inputs["token"]["value"] or "",
            "password": password,
            "again": password if again is None else again,
        }


async def link_of(tx: Tx, runtime: Runtime) -> str:
    """The link that the message says, without where the server is."""
    user = await settle(tx)
    token = await keep_reset(
        tx, user.id, secret_key=runtime.secret_key, lifetime=runtime.proving.policy.lifetime, now=runtime.clock()
    )
    return f"/password/reset?token={token}"


def token_in(link: str) -> str:
    return link.partition("token=")[2]


async def test_the_link_of_the_message_leads_to_a_form_that_sets_the_password_and_says_what_comes_next(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    await settle(tx)
    await log_in(api)
    await forget(api)
    link = (await sent(runtime, "Set a new password"))[-1].split()[-1]
    assert link.startswith(f"{runtime.settings.public_url}/password/reset?token=")

    for _ in range(2):
        shown = await api.get(link.removeprefix(runtime.settings.public_url), headers=BROWSER)
        assert shown.status_code == 200, "whoever looks at it first, a program perhaps, does not use it up"
    form = Form(shown.text)
    done = await api.post(form.action, data=form.filled(NEW), headers=BROWSER, follow_redirects=True)

    assert [answer.status_code for answer in (*done.history, done)] == [303, 200]
    assert "Sign in again" in done.text
    assert await tx.database[SESSIONS].count_documents({}) == 0
    assert (await log_in(api, PHONE, NEW)).status_code == 200
    again = await api.get(link.removeprefix(runtime.settings.public_url), headers=BROWSER)
    assert (again.status_code, "no longer counts" in again.text) == (410, True)


async def test_an_unacceptable_password_is_answered_beside_its_field_and_the_link_stays_good(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    link = await link_of(tx, runtime)
    form = Form((await api.get(link)).text)

    refusals = {
        "password": (form.filled("too short"), "A password has 15 to 128 characters."),
        "again": (form.filled(NEW, NEW.title()), "This is not the same as the password above. Type both again."),
    }
    for name, (fields, sentence) in refusals.items():
        answer = await api.post(form.action, data=fields)
        described = (Form(answer.text).inputs[name]["aria-describedby"] or "").split()
        assert (answer.status_code, answer.headers["cache-control"]) == (422, "no-store")
        assert f"{name}-wrong" in described
        assert re.search(rf'id="{name}-wrong">.*{re.escape(sentence)}', answer.text)
        assert not [typed for typed in (fields["password"], fields["again"]) if typed in answer.text]

    again = Form(answer.text)
    assert (await api.post(again.action, data=again.filled(NEW))).status_code == 303


async def test_fields_have_labels_and_are_for_password_managers(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    form = Form((await api.get(await link_of(tx, runtime))).text)
    assert form.labels == {"password", "again"}
    for name in form.labels:
        field = form.inputs[name or ""]
        assert (field["type"], field["autocomplete"]) == ("password", "new-password")
        assert not [attribute for attribute in field if attribute.startswith("on") or attribute == "maxlength"]


async def test_the_token_is_in_the_hidden_field_only_and_in_no_log_and_the_address_is_told_to_nobody(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    link = await link_of(tx, runtime)
    token = token_in(link)
    form = Form((await api.get(link)).text)
    answers = [await api.get(link), await api.post(form.action, data=form.filled("short"))]
    ends = [await api.post(form.action, data=form.filled(NEW)), await api.get(link)]

    for answer in (*answers, *ends):
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
    for answer in answers:
        assert answer.text.count(token) == 1
        assert f'<input type="hidden" name="token" value="{token}">' in answer.text
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|https?://", answer.text)
    assert not [one for one in ends if token in f"{one.headers} {one.text}"]
    # The client of the test logs what it asks for, as browsers remember it; the server must not.
    ours = [str(record.__dict__) for record in caplog.records if not record.name.startswith(("httpx", "pymongo"))]
    assert not [line for line in ours if token in line]


@pytest.mark.parametrize("token", ["", "made-up", '"><script>alert(1)</script>', "\x00", "é", "x" * 5000])
async def test_what_is_no_link_is_answered_without_a_word_of_it(api: httpx.AsyncClient, token: str) -> None:
    looked = await api.get("/password/reset", params={"token": token})
    tried = await api.post("/password/reset", data={"token": token, "password": NEW, "again": NEW})
    for answer in (looked, tried):
        assert (answer.status_code, answer.text) == (410, looked.text)
    assert "alert(1)" not in looked.text
    assert "x" * 50 not in looked.text


async def test_of_simultaneous_forms_one_sets_the_password(api: httpx.AsyncClient, tx: Tx, runtime: Runtime) -> None:
    form = Form((await api.get(await link_of(tx, runtime))).text)
    answers = await asyncio.gather(*(api.post(form.action, data=form.filled(f"{NEW} {n}")) for n in range(5)))
    assert sorted(answer.status_code for answer in answers) == [303, 410, 410, 410, 410]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"token=a&password=%ff%fe&again=b", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=b" for _ in range(60)), "application/x-www-form-urlencoded"),
        (b'{"token": "a"}', "application/json"),
        (b"token=a", "text/plain"),
    ],
)
async def test_what_is_no_form_of_ours_is_refused(api: httpx.AsyncClient, content: bytes, media_type: str) -> None:
    answer = await api.post("/password/reset", content=content, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_form")


async def test_while_people_are_managed_elsewhere_a_page_says_so(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    link = await link_of(tx, runtime)
    await set_mode(tx, Mode(PeopleMode.SHADOW, OperationsMode.SOURCE))
    form = {"token": token_in(link), "password": NEW, "again": NEW}
    for answer in (
        await api.get(link, headers=BROWSER),
        await api.post("/password/reset", data=form, headers=BROWSER),
    ):
        assert answer.status_code == 409
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "existing application" in answer.text
        assert answer.headers["x-request-id"] in answer.text
    assert (await log_in(api, PHONE, PASSWORD)).json()["code"] == "sign_in_closed"


async def test_a_busy_server_says_so_on_the_form_and_the_link_stays_good(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = Form((await api.get(await link_of(tx, runtime))).text)

    async def busy(self: PasswordHashing, password: str) -> str:
        raise hashing.HashingBusy(f"{self} {len(password)}: too many at this moment")

    with monkeypatch.context() as patch:
        patch.setattr(PasswordHashing, "hash", busy)
        answer = await api.post(form.action, data=form.filled(NEW))
    assert (answer.status_code, "at this moment" in answer.text) == (503, True)
    assert await tx.database[PASSWORD_RESETS].count_documents({}) == 1
    assert (await api.post(form.action, data=form.filled(NEW))).status_code == 303


async def test_who_asks_with_a_browser_for_what_is_not_there_gets_a_page(api: httpx.AsyncClient) -> None:
    missing = await api.get("/nothing-here", headers=BROWSER)
    assert (missing.status_code, missing.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert missing.headers["x-request-id"] in missing.text
    of_the_api = await api.get("/api/v1/nothing-here", headers=BROWSER)
    assert of_the_api.headers["content-type"] == "application/problem+json"


async def test_what_went_wrong_inside_is_a_page_without_a_word_of_it(own_app: FastAPI) -> None:
    @own_app.get("/broken", dependencies=[Depends(public(reason="a route of a test"))])
    async def broken() -> None:
        raise LookupError("secret detail")

    async with answering(own_app) as api:
        answer = await api.get("/broken", headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert answer.headers["x-request-id"] in answer.text
    assert "secret detail" not in answer.text
