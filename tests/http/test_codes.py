"""Codes over HTTP: from the request to the message in the file, and from the code to a session."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from roundsman.access.roles import Role
from roundsman.database.collections import AUDIT_LOG, OTP_CHALLENGES, OUTBOX, PROOFS
from roundsman.database.transaction import Tx
from roundsman.identity.users import Claim
from roundsman.runtime import Runtime
from roundsman.web import pacing
from tests.builders import a_user
from tests.codes import code_for, messages
from tests.http.people import PHONE, settle

AUTH = "/api/v1/auth"
UNKNOWN = "+919820067890"


async def ask(api: httpx.AsyncClient, contact: str = PHONE, purpose: str = "sign_in") -> httpx.Response:
    return await api.post(f"{AUTH}/otp/request", json={"contact": contact, "purpose": purpose})


async def verify(api: httpx.AsyncClient, contact: str, code: str, purpose: str = "sign_in") -> httpx.Response:
    return await api.post(f"{AUTH}/otp/verify", json={"contact": contact, "code": code, "purpose": purpose})


def without_id(answer: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}


async def test_a_customer_signs_in_by_code_and_is_himself(api: httpx.AsyncClient, tx: Tx, runtime: Runtime) -> None:
    user = await settle(tx, a_user(claim=Claim.CLAIMABLE), password_hash=None)
    asked = await ask(api, "98200 12345")
    assert (asked.status_code, asked.json()) == (202, {"expires_in_seconds": 300, "next_in_seconds": 60})

    code = await code_for(runtime, PHONE)
    signed_in = await verify(api, "098200-12345", code)

    assert signed_in.status_code == 200
    assert signed_in.json()["refresh_token"]
    bearer = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    me = (await api.get(f"{AUTH}/me", headers=bearer)).json()
    assert str(user.id) in json.dumps(me)
    again = await verify(api, PHONE, code)
    assert (again.status_code, again.json()["code"]) == (401, "wrong_code")


async def test_who_is_not_known_gets_the_same_answers_and_no_message(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    await settle(tx)
    asked = [await ask(api, contact) for contact in (PHONE, UNKNOWN)]
    again = [await ask(api, contact) for contact in (PHONE, UNKNOWN)]
    wrong = [await verify(api, contact, "00000000") for contact in (PHONE, UNKNOWN)]

    assert [answer.status_code for answer in (*asked, *again, *wrong)] == [202, 202, 429, 429, 401, 401]
    for known, unknown in (asked, again, wrong):
        assert without_id(known) == without_id(unknown)
    assert all(50 <= int(answer.headers["retry-after"]) <= 60 for answer in again)
    await code_for(runtime, PHONE)
    await runtime.dispatcher.send_due()
    assert {one["to"] for one in messages(runtime)} == {PHONE}


async def test_every_answer_to_asking_comes_at_a_whole_step(
    api: httpx.AsyncClient, tx: Tx, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived: list[float] = []

    def at_once(elapsed: float) -> float:
        arrived.append(elapsed)
        return 0.0

    monkeypatch.setattr(pacing, "seconds_to_wait", at_once)
    await settle(tx)
    answers = [await ask(api, contact) for contact in (PHONE, UNKNOWN, PHONE)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert len(arrived) == 3


async def test_somebody_registers_himself_and_a_second_time_learns_that_he_has(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    await ask(api, UNKNOWN, "register")
    proved = await verify(api, UNKNOWN, await code_for(runtime, UNKNOWN), "register")
    body = {"proof": proved.json()["proof"], "name": "Meera Shah", "area": "Bandra"}

    registered = await api.post(f"{AUTH}/register", json=body)
    assert registered.status_code == 201
    assert registered.json()["roles"] == ["customer"]
    assert {"user_id", "customer_id", "access_token", "refresh_token"} <= registered.json().keys()
    used = await api.post(f"{AUTH}/register", json=body)
    assert (used.status_code, used.json()["code"]) == (401, "proof_invalid")

    (Path(runtime.settings.data_dir) / "outbox.jsonl").unlink()
    await ask(api, UNKNOWN, "register")
    proof = (await verify(api, UNKNOWN, await code_for(runtime, UNKNOWN), "register")).json()["proof"]
    taken = await api.post(f"{AUTH}/register", json=body | {"proof": proof})
    assert (taken.status_code, taken.json()["code"]) == (409, "identifier_taken")
    assert await tx.database[PROOFS].count_documents({}) == 1


async def test_nobody_registers_as_anything_but_a_customer(api: httpx.AsyncClient) -> None:
    body = {"proof": "x", "name": "Meera Shah", "roles": ["admin"]}
    assert (await api.post(f"{AUTH}/register", json=body)).status_code == 422


async def test_one_changes_his_phone_with_a_code_to_the_new_one(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime
) -> None:
    await settle(tx)
    await ask(api)
    token = (await verify(api, PHONE, await code_for(runtime, PHONE))).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}

    asked = await api.post(f"{AUTH}/contact/request", json={"contact": UNKNOWN}, headers=bearer)
    assert asked.status_code == 202
    body = {"contact": UNKNOWN, "code": await code_for(runtime, UNKNOWN)}
    changed = await api.put(f"{AUTH}/contact", json=body, headers=bearer)

    assert changed.status_code == 200
    assert f"phone:{UNKNOWN}" in changed.text
    assert f"phone:{PHONE}" not in changed.text
    await runtime.dispatcher.send_due()
    assert await tx.database[OUTBOX].count_documents({"to": PHONE, "template": "contact_changed"}) == 1


async def test_no_answer_and_no_row_holds_a_code(api: httpx.AsyncClient, tx: Tx, runtime: Runtime) -> None:
    await settle(tx, a_user(roles=(Role.DELIVERY_BOY,)))
    asked = await ask(api)
    rows = [
        str(row)
        for name in (OUTBOX, OTP_CHALLENGES, AUDIT_LOG, PROOFS)
        async for row in tx.database[name].find({}, {"_id": 0})
    ]
    code = await code_for(runtime, PHONE)
    signed_in = await verify(api, PHONE, code)
    assert signed_in.status_code == 200
    assert not [text for text in (asked.text, signed_in.text, *rows) if code in text]
