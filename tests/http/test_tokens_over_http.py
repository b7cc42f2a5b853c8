import base64
import json
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from roundsman.access.roles import Role
from roundsman.auth.keys import load_signing_key
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from tests.http.people import bearer_of

ME = "/api/v1/auth/me"


def content(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return value


def part(value: str) -> str:
    return base64.urlsafe_b64encode(value.encode()).rstrip(b"=").decode()


async def refused(api: httpx.AsyncClient, token: str) -> bool:
    answer = await api.get(ME, headers={"Authorization": f"Bearer {token}"})
    return (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


@pytest.fixture
async def token(api: httpx.AsyncClient, tx: Tx) -> str:
    return (await bearer_of(api, tx, Role.ADMIN))["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def key(runtime: Runtime) -> ECKey:
    return load_signing_key(runtime.settings.data_dir / "keys")


async def test_the_published_key_verifies_the_token(api: httpx.AsyncClient, token: str) -> None:
    keys = (await api.get("/.well-known/jwks.json")).json()["keys"]
    assert "d" not in keys[0]
    assert jwt.decode(token, ECKey.import_key(keys[0]), algorithms=["ES256"]).claims == content(token, 1)


async def test_the_signing_key_lies_in_a_file_for_its_owner_only(runtime: Runtime, token: str) -> None:
    assert token
    assert (runtime.settings.data_dir / "keys" / "signing.key").stat().st_mode & 0o777 == 0o600


async def test_forged_tokens_are_refused(api: httpx.AsyncClient, token: str, key: ECKey) -> None:
    header, body = content(token, 0), content(token, 1)
    es256 = ["ES256"]
    assert await refused(api, jwt.encode(header, body | {"exp": 1}, key, algorithms=es256))
    assert await refused(api, jwt.encode(header, body | {"exp": "never"}, key, algorithms=es256))
    assert await refused(api, jwt.encode(header | {"jwk": key.as_dict(private=False)}, body, key, algorithms=es256))
    assert await refused(api, jwt.encode(header, body, ECKey.generate_key("P-256"), algorithms=es256))
    assert await refused(api, f"{part(json.dumps(header | {'alg': 'none'}))}.{token.split('.')[1]}.")
    duplicated = part('{"sub":"x",' + json.dumps(body)[1:])
    assert await refused(api, f"{token.split('.', maxsplit=1)[0]}.{duplicated}.{token.split('.')[2]}")
    assert await refused(api, "x" * 10_000)


@pytest.mark.parametrize("value", ["", "Basic YTpi", "Bearer", "Token abc"])
async def test_what_is_no_bearer_token_is_refused(api: httpx.AsyncClient, value: str) -> None:
    assert (await api.get(ME, headers={"Authorization": value})).status_code == 401


async def test_a_token_is_not_accepted_as_a_cookie_or_in_the_address(api: httpx.AsyncClient, token: str) -> None:
    in_cookie = await api.get(ME, headers={"Cookie": f"access_token={token}; __Host-sid={token}"})
    in_address = await api.get(ME, params={"access_token": token, "token": token})
    assert (in_cookie.status_code, in_address.status_code) == (401, 401)
