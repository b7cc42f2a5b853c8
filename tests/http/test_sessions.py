"""Sessions over HTTP: refreshed, ended, and known everywhere within two seconds."""

import asyncio
from contextlib import AsyncExitStack, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from roundsman.access.roles import Role
from roundsman.activation.facts import FactType
from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.tracking import find_tracked
from roundsman.app import create_app
from roundsman.audit_log.log import entries_about
from roundsman.database.collections import AUDIT_LOG, OUTBOX, SESSIONS, USERS
from roundsman.database.transaction import Tx
from roundsman.identity.users import User
from roundsman.runtime import Runtime
from roundsman.session_settings import span_from
from tests.builders import a_user
from tests.http.people import PASSWORD, PHONE, bearer_of, log_in, settle
from tests.http.serving import answering

REFRESH, ME, MINE = "/api/v1/auth/refresh", "/api/v1/auth/me", "/api/v1/auth/sessions"


class SteppingClock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 6, 30, tzinfo=UTC) + timedelta(days=20_000)

    def __call__(self) -> datetime:
        """The present of the test; far ahead, so that MongoDB expires nothing meanwhile."""
        return self.now

    def step(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def runtime(runtime: Runtime, clock: SteppingClock) -> Runtime:
    return replace(runtime, clock=clock)


def bearer(answer: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def refresh(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.post(REFRESH, json={"refresh_token": token})


def said(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("code")


async def signed_in(api: httpx.AsyncClient, tx: Tx, *roles: Role) -> tuple[User, httpx.Response]:
    user = await settle(tx, a_user(roles=roles or (Role.CUSTOMER,)))
    return user, await log_in(api)


async def test_who_signs_in_anew_in_a_session_gets_another_in_its_place(api: httpx.AsyncClient, tx: Tx) -> None:
    user, first = await signed_in(api, tx)
    elsewhere = await log_in(api)
    other = await bearer_of(api, tx, Role.CUSTOMER, phone="+919820067890")
    body = {"identifier": PHONE, "password": PASSWORD}

    async def anew(token: str) -> httpx.Response:
        return await api.post("/api/v1/auth/login", json=body, headers={"Authorization": token})

    second = await anew(bearer(first)["Authorization"])
    # Nobody ends a session that is not his, and a token that is none is no reason to refuse anybody.
    for token in (other["Authorization"], bearer(first)["Authorization"], "Bearer nonsense"):
        assert (await anew(token)).status_code == 200

    assert said(await api.get(MINE, headers=bearer(first))) == (401, "session_ended")
    for headers in (bearer(second), bearer(elsewhere), other):
        assert (await api.get(MINE, headers=headers)).status_code == 200
    ended = [one.reason for one in await entries_about(tx, f"user:{user.id}") if one.action == "session.ended"]
    assert ended.count("signed in anew") == 1


async def test_refreshing_gives_new_tokens_and_moves_the_end(
    api: httpx.AsyncClient, tx: Tx, clock: SteppingClock
) -> None:
    _, first = await signed_in(api, tx)
    clock.step(days=29)

    second = await refresh(api, first.json()["refresh_token"])

    assert second.status_code == 200
    assert second.json()["refresh_token"] != first.json()["refresh_token"]
    assert datetime.fromisoformat(second.json()["session_expires_at"]) == clock.now + timedelta(days=30)
    assert (await api.get(ME, headers=bearer(second))).status_code == 200


async def test_refreshing_is_no_sign_in_of_a_customer(api: httpx.AsyncClient, tx: Tx, clock: SteppingClock) -> None:
    user, answer = await signed_in(api, tx)
    began = clock.now
    for _ in range(2):
        clock.step(days=1)
        answer = await refresh(api, answer.json()["refresh_token"])
        assert answer.status_code == 200

    assert [one.type for one in await facts_of(tx, user.id)] == [FactType.SIGNUP, FactType.LOGIN]
    tracked = await find_tracked(tx, user.id)
    assert tracked is not None
    assert tracked.lifecycle.last_activity_at == tracked.lifecycle.last_login_at == began


async def test_two_hundred_uses_of_one_token_get_one_successor_and_are_no_theft(api: httpx.AsyncClient, tx: Tx) -> None:
    user, first = await signed_in(api, tx)

    answers = await asyncio.gather(*(refresh(api, first.json()["refresh_token"]) for _ in range(200)))

    assert {answer.status_code for answer in answers} == {200}
    (successor,) = {answer.json()["refresh_token"] for answer in answers}
    assert (await refresh(api, successor)).status_code == 200
    actions = [entry.action for entry in await entries_about(tx, f"user:{user.id}")]
    assert "session.refresh_token_reused" not in actions


async def test_within_the_grace_a_late_answer_costs_nobody_his_session(
    api: httpx.AsyncClient, tx: Tx, clock: SteppingClock
) -> None:
    _, first = await signed_in(api, tx)
    second = (await refresh(api, first.json()["refresh_token"])).json()["refresh_token"]
    third = (await refresh(api, second)).json()["refresh_token"]
    clock.step(seconds=30)

    assert (await refresh(api, first.json()["refresh_token"])).json()["refresh_token"] == second
    assert (await refresh(api, second)).json()["refresh_token"] == third


async def test_a_token_used_again_later_ends_the_session_and_is_recorded(
    api: httpx.AsyncClient, tx: Tx, clock: SteppingClock
) -> None:
    user, first = await signed_in(api, tx)
    second = await refresh(api, first.json()["refresh_token"])
    clock.step(seconds=31)

    assert said(await refresh(api, first.json()["refresh_token"])) == (401, "refresh_token_reused")

    assert said(await refresh(api, second.json()["refresh_token"])) == (401, "session_ended")
    assert said(await api.get(MINE, headers=bearer(second))) == (401, "session_ended")
    actions = [entry.action for entry in await entries_about(tx, f"user:{user.id}")]
    assert actions == ["session.opened", "session.refresh_token_reused"]
    (message,) = await tx.database[OUTBOX].find().to_list()
    assert (message["to"], message["template"]) == (PHONE, "session_stolen")


async def test_what_was_never_given_out_ends_nobodys_session(api: httpx.AsyncClient, tx: Tx) -> None:
    _, first = await signed_in(api, tx)
    token: str = first.json()["refresh_token"]
    made_up = [token[:-1] + ("A" if token[-1] != "A" else "B"), token[:40] + "A" * (len(token) - 40), "", "x" * 1024]
    made_up += [first.json()["access_token"], token + "=", "rdm_" + "٣" * (len(token) - 4), token.upper()]
    for text in made_up:
        answer = await refresh(api, text)
        assert said(answer) in {(401, "invalid_refresh_token"), (422, "invalid_request")}, text
    assert (await refresh(api, token)).status_code == 200


@pytest.mark.parametrize(
    ("roles", "idle", "total", "most"),
    [
        ((Role.CUSTOMER,), timedelta(days=30), timedelta(days=90), 5),
        ((Role.CUSTOMER, Role.DELIVERY_BOY), timedelta(hours=24), timedelta(days=14), 2),
        ((Role.CUSTOMER, Role.SUPPLIER), timedelta(hours=12), timedelta(days=7), 5),
        ((Role.SUPPLIER, Role.ADMIN), timedelta(minutes=30), timedelta(hours=12), 3),
    ],
)
async def test_a_session_lasts_as_long_as_the_strictest_role_allows(
    api: httpx.AsyncClient,
    tx: Tx,
    clock: SteppingClock,
    roles: tuple[Role, ...],
    idle: timedelta,
    total: timedelta,
    most: int,
) -> None:
    user, answer = await signed_in(api, tx, *roles)
    began = clock.now
    while clock.now + idle * 0.9 < began + total:
        clock.now += idle * 0.9
        answer = await refresh(api, answer.json()["refresh_token"])
        assert answer.status_code == 200
    clock.now = began + total
    assert said(await refresh(api, answer.json()["refresh_token"])) == (401, "session_ended")

    answers = [await log_in(api)]
    clock.now += idle
    assert said(await refresh(api, answers[0].json()["refresh_token"])) == (401, "session_ended")
    answers = []
    for _ in range(most + 1):
        clock.step(seconds=1)
        answers.append(await log_in(api))
    oldest, *others = [await refresh(api, one.json()["refresh_token"]) for one in answers]
    assert said(oldest) == (401, "session_ended")
    assert {one.status_code for one in others} == {200}
    live = {"user_id": user.id, "expires_at": {"$gt": clock.now}}
    assert await tx.database[SESSIONS].count_documents(live) == most


async def test_lives_that_the_operator_set_hold(runtime: Runtime, tx: Tx, clock: SteppingClock) -> None:
    shorter = {"session_customer": span_from("1h/90m/1"), "access_token_minutes": 1}
    strict = replace(runtime, settings=runtime.settings.model_copy(update=shorter))
    async with answering(create_app(lambda: nullcontext(strict))) as api:
        _, first = await signed_in(api, tx)
        second = await log_in(api)
        assert second.json()["expires_in_seconds"] == 60
        assert said(await api.get(MINE, headers=bearer(first))) == (401, "session_ended")
        clock.step(minutes=59)
        third = await refresh(api, second.json()["refresh_token"])
        assert third.status_code == 200
        clock.step(minutes=31)
        assert said(await refresh(api, third.json()["refresh_token"])) == (401, "session_ended")


async def test_a_role_granted_later_makes_an_old_session_end(
    api: httpx.AsyncClient, tx: Tx, clock: SteppingClock
) -> None:
    user, first = await signed_in(api, tx)
    clock.step(hours=13)
    second = await refresh(api, first.json()["refresh_token"])
    await tx.database[USERS].update_one({"_id": user.id}, {"$push": {"roles": Role.ADMIN.value}})

    assert said(await refresh(api, second.json()["refresh_token"])) == (401, "session_ended")


async def test_one_sees_and_ends_ones_own_sessions_only(api: httpx.AsyncClient, tx: Tx, clock: SteppingClock) -> None:
    _, here = await signed_in(api, tx)
    clock.step(seconds=1)
    there = await api.post(
        "/api/v1/auth/login",
        json={"identifier": PHONE, "password": "three cows and a bicycle"},
        headers={"User-Agent": "Phone " * 100},
    )
    stranger = await bearer_of(api, tx, Role.CUSTOMER, phone="+919820000001")

    listed = (await api.get(MINE, headers=bearer(here))).json()

    assert [one["is_this_one"] for one in listed] == [False, True]
    assert len(listed[0]["device"]) == 200
    assert listed[0]["signed_in_by"] == "password"
    other = f"{MINE}/{listed[0]['id']}"
    assert said(await api.delete(other, headers=stranger)) == (404, "unknown_session")
    assert (await api.delete(other, headers=bearer(here))).status_code == 204
    assert said(await api.delete(other, headers=bearer(here))) == (404, "unknown_session")
    assert said(await refresh(api, there.json()["refresh_token"])) == (401, "session_ended")
    assert said(await api.delete(f"{MINE}/everything", headers=bearer(here))) == (422, "invalid_request")


async def test_signing_out_ends_this_session_and_signing_out_everywhere_all(
    api: httpx.AsyncClient, tx: Tx, clock: SteppingClock
) -> None:
    _, first = await signed_in(api, tx)
    second, third = await log_in(api), await log_in(api)

    assert (await api.post("/api/v1/auth/logout", headers=bearer(first))).status_code == 204
    assert said(await refresh(api, first.json()["refresh_token"])) == (401, "session_ended")
    everywhere = await api.post("/api/v1/auth/logout-all", headers=bearer(second))

    assert everywhere.json() == {"ended": 2}
    assert said(await refresh(api, third.json()["refresh_token"])) == (401, "session_ended")
    clock.step(seconds=2)
    assert said(await api.get(ME, headers=bearer(third))) == (401, "session_ended")


async def test_an_admin_sees_and_ends_the_sessions_of_others(api: httpx.AsyncClient, tx: Tx) -> None:
    user, answer = await signed_in(api, tx)
    admin = await bearer_of(api, tx, Role.ADMIN, phone="+919820000001")
    of_user = f"/api/v1/users/{user.id}/sessions"

    assert said(await api.get(of_user, headers=bearer(answer))) == (403, "permission_missing")
    assert len((await api.get(of_user, headers=admin)).json()) == 1
    assert (await api.delete(of_user, headers=admin)).json() == {"ended": 1}
    assert said(await refresh(api, answer.json()["refresh_token"])) == (401, "session_ended")
    assert said(await api.get(f"/api/v1/users/{'0' * 24}/sessions", headers=admin)) == (404, "unknown_user")


@pytest.mark.parametrize("way", ["sign out", "disable"])
async def test_another_process_knows_within_two_seconds(
    runtime: Runtime, tx: Tx, clock: SteppingClock, way: str
) -> None:
    async with AsyncExitStack() as stack:
        one, other = [
            await stack.enter_async_context(answering(create_app(lambda: nullcontext(runtime)))) for _ in range(2)
        ]
        user, answer = await signed_in(one, tx)
        admin = await bearer_of(one, tx, Role.ADMIN, phone="+919820000001")
        assert (await other.get(ME, headers=bearer(answer))).status_code == 200
        clock.step(seconds=0.001)

        if way == "sign out":
            await one.post("/api/v1/auth/logout", headers=bearer(answer))
        else:
            path = f"/api/v1/users/{user.id}/disable"
            assert (await one.post(path, json={"reason": "a test"}, headers=admin)).status_code == 200

        # What must not rest on what was read before knows at once.
        assert said(await other.get(MINE, headers=bearer(answer))) == (401, "session_ended")
        clock.step(seconds=2)
        assert said(await other.get(ME, headers=bearer(answer))) == (401, "session_ended")


async def test_a_process_trusts_what_it_read_for_less_than_two_seconds(
    api: httpx.AsyncClient, tx: Tx, clock: SteppingClock
) -> None:
    _, answer = await signed_in(api, tx)
    assert (await api.get(ME, headers=bearer(answer))).status_code == 200
    await tx.database[SESSIONS].delete_many({})

    clock.step(seconds=1.999)
    assert (await api.get(ME, headers=bearer(answer))).status_code == 200
    clock.step(seconds=0.001)
    assert said(await api.get(ME, headers=bearer(answer))) == (401, "session_ended")


async def test_a_session_of_an_earlier_version_counts_as_before(api: httpx.AsyncClient, tx: Tx) -> None:
    _, answer = await signed_in(api, tx)
    kept = {"user_id": 1, "version": 1, "created_at": 1, "expires_at": 1}
    old = await tx.database[SESSIONS].find_one({}, kept)
    assert old is not None
    await tx.database[SESSIONS].replace_one({"_id": old["_id"]}, old)

    (listed,) = (await api.get(MINE, headers=bearer(answer))).json()

    assert (listed["signed_in_by"], listed["last_seen_at"]) == ("password", listed["created_at"])
    assert said(await refresh(api, answer.json()["refresh_token"])) == (401, "refresh_token_reused")


async def test_no_row_holds_a_token(api: httpx.AsyncClient, tx: Tx) -> None:
    _, first = await signed_in(api, tx)
    second = await refresh(api, first.json()["refresh_token"])
    tokens = {one.json()[name] for one in (first, second) for name in ("access_token", "refresh_token")}
    found = [await tx.database[name].find().to_list() for name in (SESSIONS, AUDIT_LOG, USERS)]
    assert not [token for token in tokens if token in str(found)]
