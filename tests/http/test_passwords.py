"""Passwords set, changed and forgotten, over HTTP; and that no secret of all this is found anywhere afterwards."""

import asyncio
import json
import logging
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import bson
import httpx
import pytest

from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.auth.credential_storage import disable_password, set_password
from roundsman.auth.passwords import hash_password
from roundsman.database.collections import AUDIT_LOG, CREDENTIALS, OUTBOX, PASSWORD_RESETS, SESSIONS
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from roundsman.web import pacing
from tests.http.people import PASSWORD, PASSWORD_HASH, PHONE, bearer_of, log_in, settle
from tests.http.serving import answering

AUTH = "/api/v1/auth"
NEW = "a kettle sings to nobody"
UNKNOWN = "+919820067890"


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer at once: when answers come is another test's business."""
    monkeypatch.setattr(pacing, "seconds_to_wait", lambda _: 0)


async def forget(api: httpx.AsyncClient, identifier: str = PHONE) -> httpx.Response:
    return await api.post(f"{AUTH}/password/forgotten", json={"identifier": identifier})


async def reset(api: httpx.AsyncClient, password: str = NEW, **way: str) -> httpx.Response:
    return await api.post(f"{AUTH}/password/reset", json={"new_password": password, **way})


async def change(api: httpx.AsyncClient, bearer: dict[str, str], **body: str) -> httpx.Response:
    return await api.put(f"{AUTH}/password", json=body, headers=bearer)


async def sent(runtime: Runtime, beginning: str) -> list[str]:
    """The last words of messages that begin so, once all are sent."""
    while await runtime.tx.database[OUTBOX].count_documents({"state": "waiting"}):
        await runtime.dispatcher.send_due()
    file = Path(runtime.settings.data_dir) / "outbox.jsonl"
    texts = [json.loads(line)["text"] for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    return [text for text in texts if text.startswith(beginning)]


async def link_token(runtime: Runtime) -> str:
    return (await sent(runtime, "Set a new password"))[-1].rpartition("token=")[2]


def without_id(answer: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}


async def test_a_forgotten_password_is_set_anew_by_the_link_and_all_sessions_end(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    user = await settle(tx)
    bearer = {"Authorization": f"Bearer {(await log_in(api)).json()['access_token']}"}
    await disable_password(tx, user.id, now=runtime.clock())
    assert (await log_in(api)).status_code == 401

    assert (await forget(api, "098200-12345")).status_code == 202
    token = await link_token(runtime)
    assert len(token) == 43, "256 bits"
    refused = await reset(api, "too short", token=token)
    assert (refused.status_code, refused.json()["code"]) == (422, "unacceptable_password")
    answers = await asyncio.gather(*(reset(api, token=token) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [204] + [401] * 9
    assert (await api.get(f"{AUTH}/me", headers=bearer)).status_code == 401
    assert (await log_in(api)).status_code == 401
    assert (await log_in(api, PHONE, NEW)).status_code == 200, "the password that was disabled is replaced"
    assert await tx.database[PASSWORD_RESETS].count_documents({}) == 0
    actions = [row["action"] async for row in tx.database[AUDIT_LOG].find({"target": f"user:{user.id}"})]
    assert {"password.reset_asked", "password.reset"} <= set(actions)
    assert len(await sent(runtime, "Your password at")) == 1


async def test_asking_tells_nothing_of_the_account_and_no_more_than_five_a_day_are_sent(
    tx: Tx, runtime: Runtime
) -> None:
    await settle(tx)
    now = runtime.clock()
    app = create_app(lambda: nullcontext(replace(runtime, clock=lambda: now)))
    answers = []
    async with answering(app) as api:
        assert await forget(api, UNKNOWN)
        for number, who in enumerate((PHONE, UNKNOWN, "nobody@example.in", "\x00")):
            transport = httpx.ASGITransport(app, client=(f"192.0.2.{number}", 4711))
            async with httpx.AsyncClient(transport=transport, base_url="http://roundsman.test") as client:
                answers.append([await forget(client, who) for _ in range(12)])

    for told in answers:
        assert [answer.status_code for answer in told] == [202] * 10 + [429] * 2
        assert [without_id(answer) for answer in told[:10]] == [{"expires_in_seconds": 1800}] * 10
    assert len(await sent(runtime, "Set a new password")) == 5


async def test_a_link_counts_half_an_hour_and_none_counts_after_a_change(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    bearer = await bearer_of(api, tx, Role.CUSTOMER)
    await forget(api)
    token = await link_token(runtime)
    later = replace(runtime, clock=lambda: runtime.clock() + timedelta(minutes=30))
    async with answering(create_app(lambda: nullcontext(later))) as late:
        assert (await reset(late, token=token)).json()["code"] == "proof_invalid"

    assert (await change(api, bearer, new_password=NEW, old_password=PASSWORD)).status_code == 204
    assert (await reset(api, token=token)).json()["code"] == "proof_invalid"


async def test_who_holds_a_password_that_was_handed_out_finds_the_way_out_by_a_code(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    await settle(tx, password_hash=hash_password("delivery123"))
    refused = await log_in(api, PHONE, "delivery123")
    assert (refused.status_code, refused.json()["code"]) == (403, "password_must_change")
    assert "password/forgotten" in refused.json()["detail"]

    await api.post(f"{AUTH}/otp/request", json={"contact": PHONE, "purpose": "reset"})
    code = next(word for text in await sent(runtime, "") for word in text.split() if word.isdigit())
    named = {"contact": PHONE, "code": code, "purpose": "reset"}
    proof = (await api.post(f"{AUTH}/otp/verify", json=named)).json()["proof"]

    assert (await reset(api, "delivery123", proof=proof)).status_code == 422
    assert (await reset(api, proof=proof)).status_code == 204
    assert (await reset(api, proof=proof)).status_code == 401
    assert (await log_in(api, PHONE, NEW)).status_code == 200


async def test_a_change_ends_the_other_sessions_and_keeps_this_one(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.CUSTOMER)
    await log_in(api)

    assert (await change(api, bearer, new_password=NEW, old_password=PASSWORD)).status_code == 204

    assert await tx.database[SESSIONS].count_documents({}) == 1
    assert (await api.get(f"{AUTH}/me", headers=bearer)).status_code == 200
    assert (await log_in(api, PHONE, NEW)).status_code == 200


async def test_who_has_a_password_names_it_to_change_it_and_is_slowed_down_like_at_the_door(
    runtime: Runtime, tx: Tx
) -> None:
    # A first wait that no busy machine outlasts with its next guess.
    slow = replace(runtime, settings=runtime.settings.model_copy(update={"sign_in_first_wait_seconds": 600}))
    async with answering(create_app(lambda: nullcontext(slow))) as api:
        bearer = await bearer_of(api, tx, Role.CUSTOMER)
        missing = await change(api, bearer, new_password=NEW)
        wrong = [await change(api, bearer, new_password=NEW, old_password=f"guess {n}") for n in range(7)]

    assert (missing.status_code, missing.json()["code"]) == (403, "old_password_needed")
    assert [one.json()["code"] for one in wrong] == ["wrong_password"] * 5 + ["too_often"] * 2


async def test_who_has_none_sets_his_first_after_a_recent_proof(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    bearer = await bearer_of(api, tx, Role.CUSTOMER)
    await tx.database[CREDENTIALS].delete_many({})
    await tx.database[SESSIONS].update_one({}, {"$set": {"fresh_at": runtime.clock() - timedelta(hours=1)}})
    late = await change(api, bearer, new_password=NEW)
    assert (late.status_code, late.json()["code"]) == (403, "step_up_needed")

    await tx.database[SESSIONS].update_one({}, {"$set": {"fresh_at": runtime.clock()}})

    assert (await change(api, bearer, new_password=NEW)).status_code == 204
    assert (await log_in(api, PHONE, NEW)).status_code == 200


async def test_an_initial_password_ends_by_itself_and_is_never_the_lasting_one(tx: Tx, runtime: Runtime) -> None:
    user = await settle(tx, password_hash=None)
    now = runtime.clock()
    await set_password(tx, user.id, PASSWORD_HASH, now=now, counts_until=now + timedelta(hours=72))
    almost = replace(runtime, clock=lambda: now + timedelta(hours=71))
    async with answering(create_app(lambda: nullcontext(almost))) as api:
        bearer = {"Authorization": f"Bearer {(await log_in(api)).json()['access_token']}"}
        same = await change(api, bearer, new_password=PASSWORD, old_password=PASSWORD)
        assert (same.status_code, same.json()["code"]) == (422, "unacceptable_password")
    after = replace(runtime, clock=lambda: now + timedelta(hours=72))
    async with answering(create_app(lambda: nullcontext(after))) as api:
        assert (await log_in(api)).status_code == 401
        await forget(api)
        token = await link_token(after)
        assert (await reset(api, PASSWORD, token=token)).status_code == 422
        assert (await reset(api, NEW, token=token)).status_code == 204
        assert (await log_in(api, PHONE, NEW)).status_code == 200
    forever = replace(runtime, clock=lambda: now + timedelta(days=3650))
    async with answering(create_app(lambda: nullcontext(forever))) as api:
        assert (await log_in(api, PHONE, NEW)).status_code == 200


async def test_ones_own_name_and_phone_and_common_words_are_refused(api: httpx.AsyncClient, tx: Tx) -> None:
    bearer = await bearer_of(api, tx, Role.CUSTOMER)
    for password in ("Asha Rao 9820012345", "password1234567", "x" * 129, "fourteen chars"):
        refused = await change(api, bearer, new_password=password, old_password=PASSWORD)
        assert (refused.status_code, refused.json()["code"]) == (422, "unacceptable_password")
        assert password not in refused.text


async def test_a_full_queue_of_hashing_answers_503_and_counts_nothing_against_anybody(runtime: Runtime, tx: Tx) -> None:
    await settle(tx)
    small = replace(runtime, settings=runtime.settings.model_copy(update={"hashing_threads": 1, "hashing_queue": 1}))
    async with answering(create_app(lambda: nullcontext(small))) as api:
        answers = await asyncio.gather(*(log_in(api) for _ in range(10)))
        statuses = {answer.status_code for answer in answers}
        busy = [answer for answer in answers if answer.status_code == 503]
        assert statuses <= {200, 503}
        assert busy
        assert {answer.headers["Retry-After"] for answer in busy} == {"5"}
        assert {answer.json()["code"] for answer in busy} == {"hashing_busy"}
        assert (await log_in(api)).status_code == 200


@pytest.mark.parametrize("header", ["x", ",,,", "203.0.113.7", "\xff", "[::1", "1.2.3.4:99999", "a" * 5000])
async def test_who_trusts_a_proxy_gets_the_client_it_names_and_never_a_crash(
    runtime: Runtime, tx: Tx, header: str
) -> None:
    await settle(tx)
    behind = replace(runtime, settings=runtime.settings.model_copy(update={"trusted_proxies": "127.0.0.0/8"}))
    async with answering(create_app(lambda: nullcontext(behind))) as api:
        body = {"identifier": PHONE, "password": PASSWORD}
        headers = [(b"X-Forwarded-For", header.encode("latin-1"))]
        answer = await api.post(f"{AUTH}/login", json=body, headers=headers)
    assert answer.status_code == 200
    row = await tx.database[AUDIT_LOG].find_one({"action": "session.opened"})
    assert row is not None
    assert row["actor"]["address"] == {"203.0.113.7": "203.0.113.7", "1.2.3.4:99999": "1.2.3.4"}.get(
        header, "127.0.0.1"
    )


async def test_no_secret_of_any_flow_is_in_an_answer_a_log_line_an_audit_row_or_a_dump(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []

    async def keep(answer: httpx.Response) -> None:
        await answer.aread()
        seen.append(f"{answer.headers} {answer.text}")

    api.event_hooks["response"].append(keep)
    await settle(tx)
    passwords = [PASSWORD, NEW, "marked wrong guess", "another kettle in the rain", "2 short!"]
    signed_in = (await log_in(api)).json()
    bearer = {"Authorization": f"Bearer {signed_in['access_token']}"}
    await log_in(api, PHONE, passwords[2])
    await log_in(api, UNKNOWN, passwords[2])
    await change(api, bearer, new_password=NEW, old_password=PASSWORD)
    await change(api, bearer, new_password=passwords[4], old_password=passwords[2])
    refreshed = (await api.post(f"{AUTH}/refresh", json={"refresh_token": signed_in["refresh_token"]})).json()
    await forget(api)
    link = await link_token(runtime)
    await reset(api, passwords[4], token=link)
    await reset(api, passwords[3], token=link)
    await reset(api, passwords[3], token=link)
    await api.post(f"{AUTH}/otp/request", json={"contact": PHONE, "purpose": "reset"})
    code = next(text.split()[0] for text in reversed(await sent(runtime, "")) if text.split()[0].isdigit())
    named = {"contact": PHONE, "code": code, "purpose": "reset"}
    proof = (await api.post(f"{AUTH}/otp/verify", json=named)).json()["proof"]
    await api.post(f"{AUTH}/otp/verify", json=named)
    await reset(api, NEW, proof=proof)
    await log_in(api, PHONE, NEW)

    tokens = [signed_in["access_token"], signed_in["refresh_token"], refreshed["refresh_token"], link, proof]
    hashes = [row["hash"] async for row in tx.database[CREDENTIALS].find({})]
    dump = {name: [row async for row in tx.database[name].find({})] for name in await _collections(tx)}
    stored = {name: _plain(rows) for name, rows in dump.items()}
    digests = [value.hex() for name in (PASSWORD_RESETS, SESSIONS) for value in _bytes_in(dump[name])]
    logged = "\n".join(str(record.__dict__) for record in caplog.records if "pymongo" not in record.name)

    assert hashes
    assert digests
    for secret in (*passwords, code, link, *hashes, *digests):
        assert not [one for one in seen if secret in one], secret
    for secret in (*passwords, *tokens, *hashes, *digests):
        assert secret not in logged
        assert secret not in stored[AUDIT_LOG]
        assert secret not in stored[OUTBOX]
    for secret in (*passwords, *tokens):
        assert not [name for name, text in stored.items() if secret in text], secret
    assert not [name for name in (AUDIT_LOG, OUTBOX) if f'"{code}"' in stored[name] or f" {code} " in stored[name]]
    assert not [row for row in dump[OUTBOX] if "secret" in row], "what was sent is forgotten"


async def _collections(tx: Tx) -> list[str]:
    return await tx.database.list_collection_names(filter={"type": "collection"})


def _plain(rows: list[dict[str, Any]]) -> str:
    """The documents as text, and their BSON as the text that is in it, and what is binary in hex."""
    binary = b"".join(bson.encode(row) for row in rows)
    return " ".join([str(rows), binary.decode("latin-1"), *(value.hex() for value in _bytes_in(rows))])


def _bytes_in(value: Any) -> list[bytes]:  # noqa: ANN401  a BSON value may be anything
    if isinstance(value, bytes):
        return [value]
    if isinstance(value, dict):
        return [one for inner in value.values() for one in _bytes_in(inner)]
    return [one for inner in value for one in _bytes_in(inner)] if isinstance(value, list) else []
