"""An existing application accepts Roundsman's tokens by adopt/roundsman_guard.py, over real sockets."""

import ast
import asyncio
import base64
import hmac
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bson import ObjectId
from fastapi import FastAPI
from joserfc import jws, jwt
from joserfc.jwk import ECKey
from starlette.types import Receive, Scope, Send

from adopt import roundsman_guard
from adopt.roundsman_guard import KEYS_SECONDS, PAUSE_SECONDS, TRUST_SECONDS, RoundsmanGuard
from roundsman.access.roles import Role
from roundsman.auth.key_ring import replace_keys, rotate_keys
from roundsman.auth.keys import load_signing_key
from roundsman.customers.linkage import insert_customers
from roundsman.database.collections import SOURCE_DOCUMENTS, USERS
from roundsman.database.transaction import Tx
from roundsman.delivery.linkage import insert_delivery_boys
from roundsman.identity.identifiers import alias_key, email_key
from roundsman.identity.importing import insert_identifiers
from roundsman.identity.users import Identifier, User
from roundsman.ids import UserId
from roundsman.runtime import Runtime
from tests.builders import a_customer, a_delivery_boy, a_user
from tests.http.people import log_in, settle
from tests.http.sample_backend import in_our_shape, sample_backend
from tests.http.serving import answering, listening
from tests.http.test_tokens_over_http import content, part


@dataclass(slots=True)
class Counted:
    """An application that counts what it was asked, and can be taken away."""

    app: FastAPI
    asked: list[str] = field(default_factory=list)
    is_down: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, unless it is down."""
        self.asked.append(scope["path"])
        if self.is_down:
            await send({"type": "http.response.start", "status": 502, "headers": []})
            await send({"type": "http.response.body", "body": b"nobody here"})
            return
        await self.app(scope, receive, send)


@dataclass(slots=True)
class Adopted:
    """Roundsman, the existing application beside it, and the clock of its guard."""

    roundsman: Counted
    url: str
    backend: httpx.AsyncClient
    seconds: float = 0.0

    async def ask(self, token: str, path: str = "/whoami") -> httpx.Response:
        """Send a token to the existing application."""
        return await self.backend.get(path, headers={"Authorization": f"Bearer {token}"})

    async def status(self, token: str, path: str = "/whoami") -> int:
        """What the existing application answers to a token."""
        return (await self.ask(token, path)).status_code


@pytest.fixture
async def adopted(app: FastAPI, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Adopted]:
    assert api
    monkeypatch.setattr(roundsman_guard, "PATIENCE_SECONDS", 60)
    counted = Counted(app)
    async with listening(counted) as url:
        made: list[Adopted] = []
        guard = RoundsmanGuard(url, complete=in_our_shape, ticks=lambda: made[0].seconds)
        async with answering(sample_backend(guard)) as backend:
            made.append(Adopted(counted, url, backend))
            yield made[0]


async def token_of(api: httpx.AsyncClient, phone: str = "+919820012345") -> str:
    return str((await log_in(api, phone)).json()["access_token"])


async def keep_copy(
    tx: Tx, key: str, user_id: UserId, app_id: str, *, fate: str = "kept", profile_id: ObjectId | None = None
) -> None:
    """What an import keeps of a document."""
    copy = {"_id": key, "sha256": bytes(32), "sealed": b"sealed", "user_id": user_id, "fate": fate, "rule": "a test"}
    profile = {} if profile_id is None else {"profile_id": profile_id}
    await tx.database[SOURCE_DOCUMENTS].insert_one(copy | profile | {"app_id": app_id, "run": "a run"})


@pytest.fixture
async def asha(tx: Tx) -> User:
    """A customer and delivery boy whom the existing application knows."""
    asha = await settle(tx, a_user(roles=(Role.CUSTOMER, Role.DELIVERY_BOY)))
    customer = a_customer(asha.id)
    await insert_customers(tx, [customer])
    await insert_identifiers(tx, [Identifier(email_key("asha@example.com"), (asha.id,))])
    await keep_copy(tx, "users:a", asha.id, "usr_0", fate="merged")
    await keep_copy(tx, "users:b", asha.id, "usr_1")
    await keep_copy(tx, "customers:c", asha.id, "cust-001", profile_id=customer.id)
    return asha


async def test_a_user_comes_in_the_shape_and_under_the_ids_of_the_existing_application(
    adopted: Adopted, api: httpx.AsyncClient, asha: User
) -> None:
    user = (await adopted.ask(await token_of(api))).json()
    # The shape that its own `get_current_user` returns.
    assert {name: user[name] for name in ("id", "role", "email", "customer_v2_id", "customer")} == {
        "id": "usr_1",
        "role": "delivery_boy",
        "email": "asha@example.com",
        "customer_v2_id": "cust-001",
        "customer": {"id": "cust-001", "name": "Asha Rao", "area": "HSR"},
    }
    assert (user["roundsman_id"], user["roles"]) == (str(asha.id), ["delivery_boy", "customer"])


async def test_an_old_id_of_several_people_is_given_to_none_of_them(
    adopted: Adopted, api: httpx.AsyncClient, tx: Tx, asha: User
) -> None:
    await insert_identifiers(tx, [Identifier(alias_key("usr_1"), (asha.id, a_user().id))])
    assert (await adopted.ask(await token_of(api))).json()["id"] == "b"


async def test_whom_the_existing_application_never_saw_has_his_own_id(
    adopted: Adopted, api: httpx.AsyncClient, tx: Tx
) -> None:
    user = await settle(tx)
    shown = (await adopted.ask(await token_of(api))).json()
    assert (shown["id"], shown["customer_id"], shown["email"]) == (str(user.id), None, None)


async def test_roles_let_in_by_any_of_those_one_has(adopted: Adopted, api: httpx.AsyncClient, asha: User) -> None:
    token = await token_of(api)
    assert (await adopted.ask(token, "/deliveries")).json()["role"] == "delivery_boy"
    assert (await adopted.status(token, "/staff"), (await adopted.backend.get("/staff")).status_code) == (403, 401)
    with pytest.raises(ValueError, match="no role ADMIN"):
        RoundsmanGuard(adopted.url).require_role(["ADMIN"])
    assert asha


async def test_who_has_several_roles_comes_in_the_shape_of_the_one_by_which_he_passes(
    adopted: Adopted, api: httpx.AsyncClient, tx: Tx, asha: User
) -> None:
    boy = a_delivery_boy(asha.id)
    await insert_delivery_boys(tx, [boy])
    await keep_copy(tx, "delivery_boys:d", asha.id, "boy-7", profile_id=boy.id)
    token = await token_of(api)

    passed = [(await adopted.ask(token, path)).json() for path in ("/orders", "/deliveries")]

    assert [(one["role"], one["id"]) for one in passed] == [("customer", "usr_1"), ("delivery_boy", "boy-7")]


async def test_a_roundsman_that_hangs_is_not_asked_by_one_waiting_request_after_the_other(
    api: httpx.AsyncClient, asha: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roundsman_guard, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(roundsman_guard, "PAUSE_SECONDS", 0.1)
    token, asked = await token_of(api), []

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as silent:
        guard = RoundsmanGuard(f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}")
        async with answering(sample_backend(guard)) as backend:
            bearer = {"Authorization": f"Bearer {token}"}
            answers = await asyncio.gather(*(backend.get("/whoami", headers=bearer) for _ in range(10)))
    assert ({one.status_code for one in answers}, len(asked)) == ({503}, 1)
    assert asha


def forgeries(token: str, key: ECKey) -> dict[str, str]:
    header, body = content(token, 0), content(token, 1)
    es256, pem = ["ES256"], key.as_pem(private=False)

    def signed(more: dict[str, Any], head: dict[str, Any] | None = None, by: ECKey = key) -> str:
        return jwt.encode(header | (head or {}), body | more, by, algorithms=es256)

    doubled = '{"sub":"x",' + json.dumps(body)[1:]
    hs256 = {**header, "alg": "HS256"}
    return {
        "expired": signed({"exp": body["nbf"] - 1, "nbf": body["nbf"] - 700}),
        "not yet": signed({"nbf": body["exp"]}),
        "eternal": signed({"exp": True}),
        "foreign issuer": signed({"iss": "somebody"}),
        "foreign audience": signed({"aud": "somebody"}),
        "several audiences": signed({"aud": ["roundsman", "somebody"]}),
        "another's key": signed({}, by=ECKey.generate_key("P-256")),
        "unknown key": signed({}, {"kid": "another"}),
        "key in the header": signed({}, {"jwk": key.as_dict(private=False)}),
        "another type": signed({}, {"typ": "JWT"}),
        "no algorithm": f"{part(json.dumps({**header, 'alg': 'none'}))}.{token.split('.')[1]}.",
        "public key as a secret": by_hmac(hs256, body, pem),
        "a name twice": jws.serialize_compact(header, doubled, key, algorithms=es256),
        "cut": token[:-4],
        "long": "x" * 10_000,
        "nothing": "..",
    }


def by_hmac(header: dict[str, Any], body: dict[str, Any], secret: bytes) -> str:
    signed = f"{part(json.dumps(header))}.{part(json.dumps(body))}"
    digest = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


async def test_no_forgery_passes_and_none_reaches_roundsman(
    adopted: Adopted, api: httpx.AsyncClient, runtime: Runtime, asha: User
) -> None:
    token = await token_of(api)
    forged = forgeries(token, load_signing_key(runtime.settings.data_dir / "keys"))
    assert {name: await adopted.status(one) for name, one in forged.items()} == dict.fromkeys(forged, 401)
    assert set(adopted.roundsman.asked) == {"/.well-known/jwks.json"}
    assert (await adopted.status(token), asha.status) == (200, "active")


async def test_a_new_key_is_learnt_and_one_that_was_replaced_in_a_hurry_counts_no_more(
    adopted: Adopted, api: httpx.AsyncClient, runtime: Runtime, asha: User
) -> None:
    keys = runtime.settings.data_dir / "keys"
    before = await token_of(api)
    assert await adopted.status(before) == 200
    rotate_keys(keys, token_life=timedelta(minutes=10), now=runtime.clock())
    adopted.seconds += PAUSE_SECONDS
    after = await token_of(api)
    assert (await adopted.status(after), await adopted.status(before)) == (200, 200)

    replace_keys(keys)
    adopted.seconds += TRUST_SECONDS
    assert (await adopted.status(after), await adopted.status(before)) == (401, 401)
    adopted.seconds += KEYS_SECONDS
    adopted.roundsman.asked.clear()
    assert (await adopted.status(after), adopted.roundsman.asked) == (401, ["/.well-known/jwks.json"])
    assert asha


def _disabled(tx: Tx, user_id: UserId) -> Any:  # noqa: ANN401  what the driver gives
    return tx.database[USERS].update_one({"_id": user_id}, {"$set": {"status": "disabled"}})


def _without_roles(tx: Tx, user_id: UserId) -> Any:  # noqa: ANN401  what the driver gives
    return tx.database[USERS].update_one({"_id": user_id}, {"$set": {"roles": ["customer"]}})


@pytest.mark.parametrize(("change", "said"), [(_disabled, 401), (_without_roles, 403)])
async def test_what_changes_about_a_user_counts_after_two_seconds(
    adopted: Adopted, api: httpx.AsyncClient, tx: Tx, asha: User, change: Callable[[Tx, UserId], Any], said: int
) -> None:
    token = await token_of(api)
    assert await adopted.status(token, "/deliveries") == 200
    await change(tx, asha.id)
    adopted.seconds += TRUST_SECONDS
    assert await adopted.status(token, "/deliveries") == said


async def test_signing_out_counts_after_two_seconds(adopted: Adopted, api: httpx.AsyncClient, asha: User) -> None:
    token = await token_of(api)
    assert await adopted.status(token) == 200
    await api.post("/api/v1/auth/logout", headers={"Authorization": f"Bearer {token}"})
    adopted.seconds += TRUST_SECONDS
    assert await adopted.status(token) == 401
    assert asha


async def test_many_requests_ask_roundsman_once(adopted: Adopted, api: httpx.AsyncClient, asha: User) -> None:
    token = await token_of(api)
    assert set(await asyncio.gather(*(adopted.status(token) for _ in range(20)))) == {200}
    assert sorted(adopted.roundsman.asked) == ["/.well-known/jwks.json", "/api/v1/auth/me/former"]
    unknown = jwt.encode(
        content(token, 0) | {"kid": "another"}, content(token, 1), ECKey.generate_key("P-256"), algorithms=["ES256"]
    )
    adopted.seconds += PAUSE_SECONDS
    adopted.roundsman.asked.clear()
    assert set(await asyncio.gather(*(adopted.status(unknown) for _ in range(20)))) == {401}
    assert adopted.roundsman.asked == ["/.well-known/jwks.json"]
    assert asha


async def test_nobody_is_let_in_while_roundsman_does_not_answer(
    adopted: Adopted, api: httpx.AsyncClient, asha: User
) -> None:
    token = await token_of(api)
    assert await adopted.status(token) == 200
    adopted.roundsman.is_down = True
    assert await adopted.status(token) == 200
    adopted.seconds += TRUST_SECONDS
    answer = await adopted.ask(token)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(TRUST_SECONDS))
    adopted.seconds += KEYS_SECONDS
    assert await adopted.status(token) == 503
    adopted.roundsman.is_down = False
    adopted.seconds += PAUSE_SECONDS
    assert await adopted.status(token) == 200
    assert asha


async def test_a_server_that_is_not_there_is_503(api: httpx.AsyncClient, asha: User) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
    async with answering(sample_backend(RoundsmanGuard(url))) as backend:
        answer = await backend.get("/whoami", headers={"Authorization": f"Bearer {await token_of(api)}"})
    assert (answer.status_code, asha.is_live) == (503, True)


def test_the_file_that_is_copied_needs_two_packages() -> None:
    tree = ast.parse(Path(roundsman_guard.__file__).read_text("utf-8"))
    named = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert {name.partition(".")[0] for name in named} - sys.stdlib_module_names == {"fastapi", "joserfc"}
