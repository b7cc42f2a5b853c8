"""What is handed to its owner once is found nowhere afterwards: registering, claiming, authenticators, stolen sessions."""

import base64
import logging
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import bson
import httpx
import pytest

from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.auth.totp import code_at, step_of
from roundsman.clock import utc_now
from roundsman.database.collections import AUDIT_LOG, OUTBOX
from roundsman.database.transaction import Tx
from roundsman.identity.users import Claim
from roundsman.runtime import Runtime
from roundsman.web import pacing
from tests.builders import a_user
from tests.codes import code_for
from tests.http.people import PASSWORD, PHONE, log_in, settle
from tests.http.serving import answering

AUTH = "/api/v1/auth"
NEW, TO_CLAIM = "+919820067890", "+919820054321"
_DIGEST_BYTES = 16


class Witness:
    """Keeps every answer, and which of them handed out which secret."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.handed_out: dict[str, int] = {}
        self.codes: list[str] = []

    async def see(self, answer: httpx.Response) -> None:
        """Keep an answer as it came."""
        await answer.aread()
        self.answers.append(f"{answer.headers} {answer.text}")

    def note(self, answer: httpx.Response, *names: str) -> dict[str, Any]:
        """Note that the newest answer hands these out; gives what it says."""
        assert answer.is_success, answer.text
        said: dict[str, Any] = answer.json()
        for name in names:
            values = said[name] if isinstance(said[name], list) else [said[name]]
            self.handed_out |= dict.fromkeys(values, len(self.answers) - 1)
        return said


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Witness:
    """Nothing said so far; answers come at once and every log line is kept."""
    monkeypatch.setattr(pacing, "seconds_to_wait", lambda _: 0)
    caplog.set_level(logging.DEBUG)
    return Witness()


@pytest.fixture
async def api(runtime: Runtime, witness: Witness) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that wants an authenticator of its staff, and whose answers are kept."""
    strict = replace(runtime, settings=runtime.settings.model_copy(update={"staff_totp": "required"}))
    async with answering(create_app(lambda: nullcontext(strict))) as client:
        client.event_hooks["response"].append(witness.see)
        yield client


async def test_every_secret_is_said_once_to_its_owner_and_found_nowhere_else(
    api: httpx.AsyncClient, tx: Tx, runtime: Runtime, witness: Witness, caplog: pytest.LogCaptureFixture
) -> None:
    await settle(tx, a_user(claim=Claim.CLAIMABLE), phone=TO_CLAIM, password_hash=None)
    await settle(tx, a_user(roles=(Role.ADMIN,)))

    await _register(api, runtime, witness)
    await _claim_and_lose_the_session(api, runtime, witness)
    await _use_an_authenticator(api, witness)

    dump = {
        name: await tx.database[name].find().to_list()
        for name in await tx.database.list_collection_names(filter={"type": "collection"})
    }
    digests = {value.hex() for name in dump.keys() - {AUDIT_LOG} for value in _bytes_in(dump[name])}
    logged = "\n".join(str(record.__dict__) for record in caplog.records if "pymongo" not in record.name)
    told = {"the log": logged} | {name: _plain(rows) for name, rows in dump.items()}

    assert len(witness.handed_out) > 15
    assert digests
    for secret, answer in witness.handed_out.items():
        assert [number for number, text in enumerate(witness.answers) if secret in text] == [answer]
        assert [name for name, text in told.items() if secret in text] == []
    for hidden in (PASSWORD, *digests):
        assert [name for name in ("the log", AUDIT_LOG, OUTBOX) if hidden in told[name]] == []
        assert not [text for text in witness.answers if hidden in text]
    for code in witness.codes:
        alone = re.compile(rf"(?<![\w.]){code}(?!\w)")
        assert not [
            text for text in (*witness.answers, logged, str(dump[AUDIT_LOG]), str(dump[OUTBOX])) if alone.search(text)
        ]


async def _proved(
    api: httpx.AsyncClient, runtime: Runtime, witness: Witness, phone: str, purpose: str
) -> httpx.Response:
    """The answer to a code that was asked for and named, after a wrong one."""
    await api.post(f"{AUTH}/otp/request", json={"contact": phone, "purpose": purpose})
    code = await code_for(runtime, phone)
    witness.codes.append(code)
    wrong = f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"
    await api.post(f"{AUTH}/otp/verify", json={"contact": phone, "purpose": purpose, "code": wrong})
    return await api.post(f"{AUTH}/otp/verify", json={"contact": phone, "purpose": purpose, "code": code})


async def _register(api: httpx.AsyncClient, runtime: Runtime, witness: Witness) -> None:
    proof = witness.note(await _proved(api, runtime, witness, NEW, "register"), "proof")["proof"]
    body = {"proof": proof, "name": "Meera Shah"}
    witness.note(await api.post(f"{AUTH}/register", json=body), "access_token", "refresh_token")
    again = await api.post(f"{AUTH}/register", json=body)
    assert again.status_code in {401, 409}


async def _claim_and_lose_the_session(api: httpx.AsyncClient, runtime: Runtime, witness: Witness) -> None:
    """Sign in by code, refresh more often than the grace remembers, and show the first token again."""
    answer = await _proved(api, runtime, witness, TO_CLAIM, "sign_in")
    first = token = witness.note(answer, "access_token", "refresh_token")["refresh_token"]
    for _ in range(6):
        answer = await api.post(f"{AUTH}/refresh", json={"refresh_token": token})
        token = witness.note(answer, "refresh_token")["refresh_token"]
    stolen = await api.post(f"{AUTH}/refresh", json={"refresh_token": first})
    assert stolen.json()["code"] == "refresh_token_reused"
    assert (await api.post(f"{AUTH}/refresh", json={"refresh_token": token})).status_code == 401


async def _use_an_authenticator(api: httpx.AsyncClient, witness: Witness) -> None:
    signed_in = witness.note(await log_in(api, PHONE), "access_token", "refresh_token")
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    enrolment = witness.note(await api.post(f"{AUTH}/totp/enrol", headers=headers), "secret")
    secret = base64.b32decode(enrolment["secret"])
    witness.codes.append(code_at(secret, step_of(utc_now())))
    await api.post(f"{AUTH}/totp/confirm", json={"code": "000000"}, headers=headers)
    answer = await api.post(f"{AUTH}/totp/confirm", json={"code": witness.codes[-1]}, headers=headers)
    confirmed = witness.note(answer, "access_token", "refresh_token", "recovery_codes")
    headers = {"Authorization": f"Bearer {confirmed['access_token']}"}
    used = {"by": "recovery_code", "value": confirmed["recovery_codes"][0]}
    answer = await api.post(f"{AUTH}/step-up", json=used, headers=headers)
    headers = {"Authorization": f"Bearer {witness.note(answer, 'access_token', 'refresh_token')['access_token']}"}
    assert (await api.post(f"{AUTH}/step-up", json=used, headers=headers)).status_code == 403
    witness.note(await api.post(f"{AUTH}/totp/recovery", headers=headers), "recovery_codes")


def _plain(rows: Iterable[dict[str, Any]]) -> str:
    """The documents as text, and the text that is in their BSON, and what is binary in hex."""
    rows = list(rows)
    binary = b"".join(bson.encode(row) for row in rows)
    return " ".join([str(rows), binary.decode("latin-1"), *(value.hex() for value in _bytes_in(rows))])


def _bytes_in(value: Any) -> list[bytes]:  # noqa: ANN401  a BSON value may be anything
    if isinstance(value, bytes):
        return [value] if len(value) >= _DIGEST_BYTES else []
    if isinstance(value, dict):
        return [one for inner in value.values() for one in _bytes_in(inner)]
    return [one for inner in value for one in _bytes_in(inner)] if isinstance(value, list) else []
