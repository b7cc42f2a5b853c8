"""Tokens as they are given out, and tokens that somebody forged, each tried on a guarded route."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import ECKey

from roundsman.auth.tokens import SigningKeys
from roundsman.security_review.calling import Answer
from roundsman.security_review.checks import Check, Result
from roundsman.security_review.stage import Stage

_SESSIONS: Final = "/api/v1/auth/sessions"
_API: Final = "/api/v1"
_REQUIRED: Final = ("iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti")
_LONGEST: Final = timedelta(minutes=15)
_UNAUTHENTICATED: Final = 401
_FORBIDDEN: Final = 403
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Forger:
    """Somebody who has a good token, and even the key that signs: what is refused is what the token says."""

    token: str
    key: ECKey

    @property
    def header(self) -> dict[str, Any]:
        """What the header of the good token says."""
        return _content(self.token, 0)

    @property
    def claims(self) -> dict[str, Any]:
        """What the good token says."""
        return _content(self.token, 1)

    def signed(self, *, without: str = "", header: Mapping[str, Any] | None = None, **claims: object) -> str:
        """Sign with the real key what no forger could."""
        said = {name: value for name, value in (self.claims | claims).items() if name != without}
        return jwt.encode(self.header | dict(header or {}), said, self.key, algorithms=["ES256"])

    def by_another(self) -> str:
        """Sign with another key under the name of the real one."""
        return jwt.encode(self.header, self.claims, ECKey.generate_key("P-256"), algorithms=["ES256"])

    def unsigned(self) -> str:
        """Say that nothing signs it."""
        return f"{_part(self.header | {'alg': 'none'})}.{_part(self.claims)}."

    def hmac(self) -> str:
        """Sign with the public key as a secret."""
        text = f"{_part(self.header | {'alg': 'HS256'})}.{_part(self.claims)}"
        return f"{text}.{_base64(hmac.digest(self.key.as_pem(private=False), text.encode(), hashlib.sha256))}"


_FORGERIES: Final[Mapping[str, Callable[[Forger], str]]] = {
    "a token without exp": lambda one: one.signed(without="exp"),
    "a token whose exp has passed": lambda one: one.signed(exp=1),
    "a token for another audience": lambda one: one.signed(aud="another"),
    "a token of another issuer": lambda one: one.signed(iss="https://another.example"),
    "a token of another type": lambda one: one.signed(header={"typ": "JWT"}),
    "a token of another key": lambda one: one.by_another(),
    "a token with alg none": lambda one: one.unsigned(),
    "a token with alg HS256 under the public key": lambda one: one.hmac(),
}


async def try_tokens(stage: Stage, keys: Callable[[], SigningKeys]) -> list[Result]:
    """Read what tokens say, forge some, and use good ones after their time."""
    customer = await stage.customer("+919820000002")
    signed_in = await stage.sign_in(customer)
    forger = Forger(signed_in.access_token, keys().newest)
    staff = (await stage.sign_in(stage.admin)).access_token
    results = [_claims("a customer", forger.token), _claims("staff", staff)]
    results.append(await _good(stage, forger))
    for name, forge in _FORGERIES.items():
        answer = await _ask(stage, forge(forger))
        results.append(_refused(name, answer))
    refresh = await _ask(stage, signed_in.refresh_token)
    results.append(_refused("a refresh token in place of an access token", refresh))
    return [*results, *[one async for one in _ended(stage)], await _half_signed_in(stage)]


def _claims(whose: str, token: str) -> Result:
    said = _content(token, 1)
    missing = [name for name in _REQUIRED if name not in said]
    seconds = said.get("exp", 0) - said.get("iat", 0)
    holds = not missing and 0 < seconds <= _LONGEST.total_seconds()
    evidence = f"{seconds} seconds; {', '.join(sorted(said))}" + (f"; without {', '.join(missing)}" if missing else "")
    return Result(Check.TOKEN_CLAIMS, f"read the access token of {whose}", evidence, holds)


async def _good(stage: Stage, forger: Forger) -> Result:
    """Without this, all that is refused could be refused for another reason."""
    answer = await _ask(stage, forger.signed())
    tried = "GET /auth/sessions with the same token, forged in nothing (passes)"
    return Result(Check.FORGED_TOKEN, tried, str(answer), answer.status == _OK)


def _refused(name: str, answer: Answer) -> Result:
    return Result(Check.FORGED_TOKEN, f"GET /auth/sessions with {name}", str(answer), answer.status == _UNAUTHENTICATED)


async def _ended(stage: Stage) -> AsyncIterator[Result]:
    left = await stage.bearer(await stage.customer("+919820000003"))
    before = await _with(stage, left)
    await stage.ask("POST", f"{_API}/auth/logout", headers=left)
    yield _over("signing out", before, await _with(stage, left))
    shut_out = await stage.customer("+919820000004")
    bearer, admin = await stage.bearer(shut_out), await stage.bearer(stage.admin)
    before = await _with(stage, bearer)
    path = f"{_API}/users/{shut_out.user_id}/disable"
    await stage.ask("POST", path, body={"reason": "the audit"}, headers=admin)
    yield _over("being disabled", before, await _with(stage, bearer))


async def _half_signed_in(stage: Stage) -> Result:
    """Sign in as staff with nothing but a password, and ask what only staff may."""
    named = {"identifier": stage.admin.phone, "password": stage.admin.password}
    signed_in = await stage.ask("POST", f"{_API}/auth/login", body=named)
    bearer = {"Authorization": f"Bearer {signed_in.said.get('access_token')}"}
    answer = await stage.ask("GET", f"{_API}/users", headers=bearer)
    tried = "POST /auth/login as an admin with nothing but his password, then GET /users"
    holds = signed_in.status != _OK or answer.status == _FORBIDDEN
    return Result(Check.STAFF_SECOND_FACTOR, tried, f"{signed_in}, then {answer}", holds)


def _over(what: str, before: Answer, after: Answer) -> Result:
    tried = f"GET /auth/sessions with the same token before and after {what}"
    holds = before.status == _OK and after.status == _UNAUTHENTICATED
    return Result(Check.ENDED_ACCESS, tried, f"{before}, then {after}", holds)


async def _ask(stage: Stage, token: str) -> Answer:
    return await _with(stage, {"Authorization": f"Bearer {token}"})


async def _with(stage: Stage, headers: Mapping[str, str]) -> Answer:
    return await stage.ask("GET", _SESSIONS, headers=headers)


def _content(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return value


def _part(value: object) -> str:
    return _base64(json.dumps(value).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
