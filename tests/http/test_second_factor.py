import base64
import re
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.auth.totp import code_at, step_of
from roundsman.clock import utc_now
from roundsman.database.collections import SESSIONS
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from roundsman.web.guards import Public, Require
from tests.builders import a_user
from tests.codes import code_for
from tests.http.people import PASSWORD, PHONE, bearer_of, log_in, settle
from tests.http.serving import answering, asked_by_bearer

STEP_UP, ENROL, CONFIRM = "/api/v1/auth/step-up", "/api/v1/auth/totp/enrol", "/api/v1/auth/totp/confirm"
STATE, RECOVERY, LOOKUP = "/api/v1/auth/totp", "/api/v1/auth/totp/recovery", "/api/v1/users/lookup?identifier=x"
ME = "/api/v1/auth/me"
HALF_ROUTES = {
    ("POST", STEP_UP),
    ("GET", STATE),
    ("POST", ENROL),
    ("POST", CONFIRM),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/auth/logout-all"),
}


class Watch:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def strict(runtime: Runtime, watch: Watch) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that wants an authenticator of its staff, as it does unless told otherwise."""
    settings = runtime.settings.model_copy(update={"staff_totp": "required"})
    async with answering(create_app(lambda: nullcontext(replace(runtime, settings=settings, clock=watch)))) as client:
        yield client


async def enrol(api: httpx.AsyncClient, headers: dict[str, str], watch: Watch) -> tuple[bytes, list[str]]:
    answer = await api.post(ENROL, headers=headers)
    assert answer.status_code == 200, answer.text
    secret = base64.b32decode(answer.json()["secret"])
    confirmed = await api.post(CONFIRM, json={"code": code_at(secret, step_of(watch()))}, headers=headers)
    assert confirmed.status_code == 200, confirmed.text
    headers["Authorization"] = f"Bearer {confirmed.json()['access_token']}"
    return secret, confirmed.json()["recovery_codes"]


async def prove(api: httpx.AsyncClient, headers: dict[str, str], by: str, value: str) -> httpx.Response:
    """Prove; the headers hold the new token afterwards."""
    answer = await api.post(STEP_UP, json={"by": by, "value": value}, headers=headers)
    if answer.status_code == 200:
        headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer


async def headers_of(api: httpx.AsyncClient, phone: str = PHONE) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await log_in(api, phone)).json()['access_token']}"}


def code_of(answer: httpx.Response) -> tuple[int, str | None]:
    return (answer.status_code, answer.json().get("code"))


def guarded(app: FastAPI) -> list[tuple[str, str]]:
    return [
        (method, entrance.path)
        for entrance in asked_by_bearer(app)
        if isinstance(entrance.guard, Require) or not isinstance(entrance.guard, Public)
        for method in entrance.methods
    ]


@pytest.mark.parametrize("half", ["never enrolled", "enrolled"])
async def test_half_a_sign_in_reaches_no_route_but_its_second_step(
    strict: httpx.AsyncClient, tx: Tx, watch: Watch, half: str
) -> None:
    headers = await bearer_of(strict, tx, Role.ADMIN)
    if half == "enrolled":
        await enrol(strict, headers, watch)
        headers = await headers_of(strict)
    routes = guarded(create_app())
    assert set(routes) >= HALF_ROUTES
    for method, path in routes:
        if (method, path) not in HALF_ROUTES:
            body: dict[str, str] | None = {} if method in {"POST", "PUT", "PATCH"} else None
            answer = await strict.request(method, re.sub(r"{\w+}", "0" * 24, path), json=body, headers=headers)
            assert code_of(answer) == (403, "second_factor_needed"), (method, path)


async def test_refreshing_half_a_sign_in_gives_half_a_sign_in(strict: httpx.AsyncClient, tx: Tx) -> None:
    await settle(tx, a_user(roles=(Role.ADMIN,)))
    signed_in = (await log_in(strict)).json()
    again = await strict.post("/api/v1/auth/refresh", json={"refresh_token": signed_in["refresh_token"]})
    headers = {"Authorization": f"Bearer {again.json()['access_token']}"}
    assert code_of(await strict.get(LOOKUP, headers=headers)) == (403, "second_factor_needed")


async def test_staff_enrols_at_the_first_sign_in_and_proves_at_the_next(
    strict: httpx.AsyncClient, tx: Tx, watch: Watch
) -> None:
    headers = await bearer_of(strict, tx, Role.ADMIN)
    assert (await strict.get(STATE, headers=headers)).json() == {"enrolled": False, "second_step_needed": True}

    assert code_of(await strict.get(ME, headers=headers)) == (403, "second_factor_needed")

    secret, codes = await enrol(strict, headers, watch)

    assert len(set(codes)) == 10
    assert (await strict.get(ME, headers=headers)).status_code == 200
    assert (await strict.get(STATE, headers=headers)).json() == {"enrolled": True, "second_step_needed": False}
    assert code_of(await strict.get(LOOKUP, headers=headers)) == (404, "unknown_identifier")
    next_time = await headers_of(strict)
    watch.ahead = timedelta(seconds=60)
    # A password is the first step already; it is no second one.
    assert (await prove(strict, next_time, "password", PASSWORD)).status_code == 200
    assert code_of(await strict.get(LOOKUP, headers=next_time)) == (403, "second_factor_needed")
    code = code_at(secret, step_of(watch()))
    assert (await prove(strict, next_time, "totp", code)).status_code == 200
    assert code_of(await strict.get(LOOKUP, headers=next_time)) == (404, "unknown_identifier")
    assert code_of(await prove(strict, next_time, "totp", code)) == (403, "wrong_code")
    # A recovery code serves once, in another session too.
    third = await headers_of(strict)
    assert (await prove(strict, third, "recovery_code", codes[0].upper())).status_code == 200
    assert code_of(await strict.get(LOOKUP, headers=third)) == (404, "unknown_identifier")
    assert code_of(await prove(strict, third, "recovery_code", codes[0])) == (403, "wrong_code")


async def test_half_a_sign_in_cannot_replace_the_authenticator(strict: httpx.AsyncClient, tx: Tx, watch: Watch) -> None:
    first = await bearer_of(strict, tx, Role.ADMIN)
    await enrol(strict, first, watch)
    half = await headers_of(strict)
    assert code_of(await strict.post(ENROL, headers=half)) == (409, "authenticator_in_use")
    assert code_of(await strict.post(CONFIRM, json={"code": "123456"}, headers=half)) == (409, "authenticator_in_use")
    # Nor a whole one whose proof is old.
    watch.ahead = timedelta(minutes=4)
    assert (await strict.post(ENROL, headers=first)).status_code == 200


async def test_each_proof_gives_new_tokens_and_ends_the_old(strict: httpx.AsyncClient, tx: Tx, watch: Watch) -> None:
    headers = await bearer_of(strict, tx, Role.ADMIN)
    stolen = [dict(headers)]
    secret, _ = await enrol(strict, headers, watch)
    half = (await log_in(strict)).json()
    headers = {"Authorization": f"Bearer {half['access_token']}"}
    watch.ahead = timedelta(minutes=1)
    stolen.append(dict(headers))
    whole = (await prove(strict, headers, "totp", code_at(secret, step_of(watch())))).json()
    stolen.append(dict(headers))
    await prove(strict, headers, "password", PASSWORD)

    # Whoever got hold of the half sign-in before its second step has nothing of it.
    assert [code_of(await strict.get(STATE, headers=one)) for one in stolen] == [(401, "session_ended")] * 3
    for token in (half["refresh_token"], whole["refresh_token"]):
        assert (await strict.post("/api/v1/auth/refresh", json={"refresh_token": token})).status_code == 401
    assert code_of(await strict.get(LOOKUP, headers=headers)) == (404, "unknown_identifier")
    sessions = await tx.database[SESSIONS].find().to_list()
    assert len(sessions) == 2
    assert max(one["fresh_at"] - one["created_at"] for one in sessions) >= timedelta(seconds=59)


async def test_wrong_codes_pause_and_say_for_how_long(strict: httpx.AsyncClient, tx: Tx, watch: Watch) -> None:
    headers = await bearer_of(strict, tx, Role.MARKETING_STAFF)
    await enrol(strict, headers, watch)
    answers = [code_of(await prove(strict, headers, "totp", "000000")) for _ in range(6)]
    assert answers == [(403, "wrong_code")] * 5 + [(429, "too_many_wrong_codes")]
    paused = await prove(strict, headers, "totp", "000000")
    assert 0 < int(paused.headers["retry-after"]) <= 15 * 60


async def test_wrong_passwords_pause_too(runtime: Runtime, tx: Tx) -> None:
    now = runtime.clock()
    async with answering(create_app(lambda: nullcontext(replace(runtime, clock=lambda: now)))) as api:
        headers = await bearer_of(api, tx, Role.CUSTOMER)
        answers = [code_of(await prove(api, headers, "password", "wrong"))[0] for _ in range(6)]
    assert answers == [403] * 5 + [429]


async def test_a_code_to_ones_own_phone_proves_too_and_one_to_anothers_does_not(
    runtime: Runtime, api: httpx.AsyncClient, tx: Tx
) -> None:
    headers = await bearer_of(api, tx, Role.CUSTOMER)
    await settle(tx, a_user(), phone="+919820000001")
    body = {"by": "otp", "contact": "98200 00001", "value": "123456"}
    assert code_of(await api.post(STEP_UP, json=body, headers=headers)) == (403, "not_yours")
    asked = await api.post("/api/v1/auth/otp/request", json={"contact": PHONE, "purpose": "sign_in"})
    assert asked.status_code in {200, 202, 204}, asked.text
    code = await code_for(runtime, PHONE)
    right = {"by": "otp", "contact": "98200-12345", "value": code}
    proved = await api.post(STEP_UP, json=right, headers=headers)
    assert proved.status_code == 200
    headers = {"Authorization": f"Bearer {proved.json()['access_token']}"}
    assert code_of(await api.post(STEP_UP, json=right, headers=headers)) == (401, "wrong_code")


async def test_a_customer_who_set_up_an_authenticator_needs_it_everywhere(api: httpx.AsyncClient, tx: Tx) -> None:
    headers = await bearer_of(api, tx, Role.CUSTOMER)
    other = await headers_of(api)
    await enrol(api, headers, Watch())
    assert (await api.get(STATE, headers=other)).json()["second_step_needed"]
    assert not (await api.get(STATE, headers=headers)).json()["second_step_needed"]


async def test_what_is_hard_to_repair_needs_a_fresh_proof(strict: httpx.AsyncClient, tx: Tx, watch: Watch) -> None:
    headers = await bearer_of(strict, tx, Role.ADMIN)
    secret, _ = await enrol(strict, headers, watch)
    assert (await strict.post(RECOVERY, headers=headers)).status_code == 200
    signed_in = (await log_in(strict)).json()
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    watch.ahead = timedelta(minutes=1)
    proved = (await prove(strict, headers, "totp", code_at(secret, step_of(watch())))).json()
    watch.ahead = timedelta(minutes=11, seconds=30)
    again = await strict.post("/api/v1/auth/refresh", json={"refresh_token": proved["refresh_token"]})
    headers = {"Authorization": f"Bearer {again.json()['access_token']}"}
    assert code_of(await strict.post(RECOVERY, headers=headers)) == (403, "step_up_needed")
    assert (await prove(strict, headers, "password", PASSWORD)).status_code == 200
    assert (await strict.post(RECOVERY, headers=headers)).status_code == 200


async def test_an_admin_lets_somebody_enrol_anew(strict: httpx.AsyncClient, tx: Tx, watch: Watch) -> None:
    user = await settle(tx, a_user(roles=(Role.MARKETING_STAFF,)), phone="+919820000001")
    theirs = await headers_of(strict, "+919820000001")
    await enrol(strict, theirs, watch)
    admin = await bearer_of(strict, tx, Role.ADMIN)
    await enrol(strict, admin, watch)

    forgotten = await strict.post(
        f"/api/v1/users/{user.id}/totp/forget", json={"reason": "lost his phone"}, headers=admin
    )

    assert forgotten.status_code == 204
    assert code_of(await strict.get(STATE, headers=theirs)) == (401, "session_ended")
    again = await headers_of(strict, "+919820000001")
    assert (await strict.get(STATE, headers=again)).json() == {"enrolled": False, "second_step_needed": True}
