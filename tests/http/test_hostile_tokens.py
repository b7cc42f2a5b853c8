"""Tokens that somebody forged, each through the whole application: 401 and nothing else, never 500."""

import base64
import hashlib
import hmac
import json
import struct
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from roundsman.access.roles import Role
from roundsman.auth.keys import load_signing_key
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from tests.builders import a_user
from tests.http.people import PHONE, log_in, settle

Header = dict[str, Any]
STRANGER = ECKey.generate_key("P-256")
LARGE = 1_000_000


class Forger:
    """Somebody who has a good token of his own, and everything that is public; `key` signs what no forger could."""

    def __init__(self, access: str, refresh: str, key: ECKey) -> None:
        self.access, self.refresh, self.key = access, refresh, key
        self.header, self.body = (self._content(part) for part in access.split(".")[:2])
        self.signature = access.split(".")[2]

    def signed(self, header: Header | None = None, claims: Header | None = None, *, without: str = "") -> str:
        """Sign with the real key: only what the token says is wrong."""
        body = {name: value for name, value in (self.body | (claims or {})).items() if name != without}
        return self.sealed(json.dumps(self.header | (header or {})), json.dumps(body))

    def sealed(self, header: str | bytes, body: str | bytes) -> str:
        """Sign any two texts with the real key, as no library would."""
        text = f"{part(header)}.{part(body)}"
        return f"{text}.{part(self._es256(text))}"

    def unsealed(self, header: Header, signature: str = "") -> str:
        """Keep what the token says and change who vouches for it."""
        return f"{part(json.dumps(self.header | header))}.{self.access.split('.')[1]}.{signature}"

    def hmac(self, secret: bytes, **header: str) -> str:
        """Sign with a secret that everybody knows, such as the public key."""
        text = self.unsealed({"alg": "HS256"} | header)[:-1]
        return f"{text}.{part(hmac.digest(secret, text.encode(), hashlib.sha256))}"

    def by(self, key: ECKey, **header: object) -> str:
        """Sign with another key."""
        return jwt.encode(self.header | header, self.body, key, algorithms=["ES256"])

    def _es256(self, text: str) -> bytes:
        assert self.key.private_key is not None
        r, s = utils.decode_dss_signature(self.key.private_key.sign(text.encode(), ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    @staticmethod
    def _content(text: str) -> Header:
        value: Header = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return value


def part(text: str | bytes) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def twice(text: str, name: str, value: object) -> str:
    """The same object with one key standing twice."""
    return f"{{{json.dumps(name)}:{json.dumps(value)},{text[1:]}"


HOSTILE: dict[str, Callable[[Forger], str]] = {
    "none": lambda f: f.unsealed({"alg": "none"}),
    "None": lambda f: f.unsealed({"alg": "None"}, f.signature),
    "nOnE": lambda f: f.unsealed({"alg": "nOnE"}, "AA"),
    "no signature": lambda f: f.access.rpartition(".")[0] + ".",
    "two parts": lambda f: f.access.rpartition(".")[0],
    "four parts": lambda f: f.access + ".AA",
    "five parts, as if encrypted": lambda f: f.access + ".AA.AA",
    "HS256 with the public key in PEM": lambda f: f.hmac(f.key.as_pem(private=False)),
    "HS256 with the public key in DER": lambda f: f.hmac(f.key.as_der(private=False)),
    "HS256 with the public key in JSON": lambda f: f.hmac(json.dumps(f.key.as_dict(private=False)).encode()),
    "HS256 with nothing": lambda f: f.hmac(b""),
    "HS256 with the id of the key": lambda f: f.hmac(f.header["kid"].encode()),
    "HS384": lambda f: jwt.encode({"alg": "HS384"}, f.body, OctKey.generate_key(384), algorithms=["HS384"]),
    "RS256": lambda f: jwt.encode(f.header | {"alg": "RS256"}, f.body, RSAKey.generate_key(2048), algorithms=["RS256"]),
    "ES384 said": lambda f: f.unsealed({"alg": "ES384"}, f.signature),
    "another key": lambda f: f.by(STRANGER),
    "another key under its own id": lambda f: f.by(STRANGER, kid=STRANGER.thumbprint()),
    "jwk": lambda f: f.by(STRANGER, jwk=STRANGER.as_dict(private=False)),
    "jwk and a good signature": lambda f: f.signed({"jwk": STRANGER.as_dict(private=False)}),
    "jku": lambda f: f.signed({"jku": "https://keys.example/jwks.json"}),
    "x5u": lambda f: f.signed({"x5u": "https://keys.example/cert.pem"}),
    "x5c": lambda f: f.signed({"x5c": ["MIIB"]}),
    "crit": lambda f: f.signed({"crit": ["exp"]}),
    "b64": lambda f: f.signed({"b64": False, "crit": ["b64"]}),
    "zip": lambda f: f.signed({"zip": "DEF"}),
    "cty": lambda f: f.signed({"cty": "JWT"}),
    "typ JWT": lambda f: f.signed({"typ": "JWT"}),
    "typ missing": lambda f: f.sealed(json.dumps({"alg": "ES256", "kid": f.header["kid"]}), json.dumps(f.body)),
    "kid of a file": lambda f: f.signed({"kid": "../../keys/signing.key"}),
    "kid is a query": lambda f: f.signed({"kid": {"$ne": None}}),
    "kid missing": lambda f: f.sealed(json.dumps({"alg": "ES256", "typ": "at+jwt"}), json.dumps(f.body)),
    "alg is a list": lambda f: f.signed({"alg": ["ES256"]}),
    "iss of another": lambda f: f.signed(claims={"iss": "https://evil.example"}),
    "iss missing": lambda f: f.signed(without="iss"),
    "aud of another": lambda f: f.signed(claims={"aud": "another"}),
    "aud is a list": lambda f: f.signed(claims={"aud": [f.body["aud"]]}),
    "aud missing": lambda f: f.signed(without="aud"),
    "exp missing": lambda f: f.signed(without="exp"),
    "exp passed": lambda f: f.signed(claims={"exp": 1}),
    "exp NaN": lambda f: f.sealed(json.dumps(f.header), json.dumps(f.body | {"exp": float("nan")})),
    "exp Infinity": lambda f: f.sealed(json.dumps(f.header), json.dumps(f.body | {"exp": float("inf")})),
    "exp beyond time": lambda f: f.signed(claims={"exp": 10**40}),
    "exp of a thousand digits": lambda f: f.sealed(
        json.dumps(f.header), json.dumps(f.body)[:-1] + ',"exp":' + "9" * 1_000 + "}"
    ),
    "exp before time": lambda f: f.signed(claims={"exp": -(10**40)}),
    "exp is a text": lambda f: f.signed(claims={"exp": str(f.body["exp"])}),
    "exp is true": lambda f: f.signed(claims={"exp": True}),
    "exp with a fraction": lambda f: f.signed(claims={"exp": f.body["exp"] + 0.5}),
    "exp is null": lambda f: f.signed(claims={"exp": None}),
    "nbf to come": lambda f: f.signed(claims={"nbf": f.body["exp"]}),
    "sub is a query": lambda f: f.signed(claims={"sub": {"$gt": ""}}),
    "sid is a query": lambda f: f.signed(claims={"sid": {"$gt": ""}}),
    "sub is an e-mail": lambda f: f.signed(claims={"sub": "admin@example.in"}),
    "sv is a text": lambda f: f.signed(claims={"sv": "0"}),
    "a key twice in the header": lambda f: f.sealed(twice(json.dumps(f.header), "alg", "none"), json.dumps(f.body)),
    "a key twice in the body": lambda f: f.sealed(json.dumps(f.header), twice(json.dumps(f.body), "sub", "0" * 24)),
    "the body is a list": lambda f: f.sealed(json.dumps(f.header), json.dumps([f.body])),
    "the body is null": lambda f: f.sealed(json.dumps(f.header), "null"),
    "the body is nested deeply": lambda f: f.sealed(json.dumps(f.header), "[" * 1_200),
    "the body is no text": lambda f: f.sealed(json.dumps(f.header), b"\xff\xfe\x00"),
    "the body has a NUL": lambda f: f.sealed(
        json.dumps(f.header), json.dumps(f.body | {"jti": "\x00"}).replace("{", "\x00{", 1)
    ),
    "the signature in DER": lambda f: f.access.rpartition(".")[0] + "." + part(b"\x30\x06\x02\x01\x01\x02\x01\x01"),
    "the signature of zeros": lambda f: f.access.rpartition(".")[0] + "." + part(bytes(64)),
    "the signature too long": lambda f: f.access + "AAAA",
    "the signature of another token": lambda f: f.unsealed({}, f.signature[::-1]),
    "other letters of base64": lambda f: f.access + "+/==",
    "the refresh token": lambda f: f.refresh,
    "a megabyte": lambda _: "x" * LARGE,
    "a megabyte of parts": lambda _: "." * LARGE,
    "a megabyte of claims": lambda f: f.signed(claims={"jti": "x" * LARGE}),
    "a million brackets": lambda f: f.sealed(json.dumps(f.header), "[" * LARGE),
    "JSON itself": lambda _: '{"payload":"","signatures":[]}',
    "numbers": lambda _: str(struct.unpack("Q", b"12345678")[0]),
}


@pytest.fixture
async def forger(api: httpx.AsyncClient, tx: Tx, runtime: Runtime) -> Forger:
    await settle(tx, a_user(roles=(Role.ADMIN,)))
    answer = (await log_in(api, PHONE)).json()
    key = load_signing_key(runtime.settings.data_dir / "keys")
    return Forger(answer["access_token"], answer["refresh_token"], key)


async def test_a_forger_gets_401_whatever_he_sends(api: httpx.AsyncClient, forger: Forger) -> None:
    assert len(HOSTILE) >= 40
    for path in ("/api/v1/auth/me", "/api/v1/auth/sessions"):
        for name, forged in HOSTILE.items():
            answer = await api.get(path, headers={"Authorization": f"Bearer {forged(forger)}"})
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), name


async def test_the_forgeries_fail_for_what_is_wrong_with_them(api: httpx.AsyncClient, forger: Forger) -> None:
    """The same ways of forging, with nothing forged, make a good token."""
    for token in (forger.access, forger.signed(), forger.by(forger.key)):
        answer = await api.get("/api/v1/auth/sessions", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
