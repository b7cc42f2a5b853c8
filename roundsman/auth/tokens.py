"""Access tokens: short-lived proofs that a session exists, signed with ES256.

A token is a JWT of type `at+jwt` (RFC 9068) with iss, aud, sub (user), sid (session), sv (the user's session version),
iat, nbf, exp and jti. Its header may hold alg, kid and typ and nothing else. The text is read by our own strict reader
before the library sees it, because the library lets duplicate JSON keys and further header keys (jwk, jku, x5c) pass.
A good signature is not the end: whoever reads a token still asks whether its session lives.

Verifying a signature is most of what reading a token costs, and the same token comes with every request. So what was
verified is remembered, by the token's digest; it is believed only while the token is valid and the same key counts.
"""

import base64
import binascii
import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn

from bson import ObjectId
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from roundsman.errors import NotAuthenticated
from roundsman.ids import SessionId, UserId

_ALGORITHM: Final = "ES256"
_TYPE: Final = "at+jwt"
_LONGEST_TOKEN: Final = 2_048
_THREE_PARTS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_CLAIMS: Final = {
    "iss": str,
    "aud": str,
    "sub": str,
    "sid": str,
    "sv": int,
    "iat": int,
    "nbf": int,
    "exp": int,
    "jti": str,
}
_MOST_REMEMBERED: Final = 10_000
_SKEW: Final = timedelta(seconds=10)


class InvalidToken(NotAuthenticated):
    """The token is malformed, forged, for somebody else, not valid yet or no longer valid. The reason is not told."""

    code = "invalid_token"

    def __init__(self) -> None:
        super().__init__("The access token is not valid. Sign in again.")


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a token says: who, in which session, as of which version of the user's sessions."""

    user_id: UserId
    session_id: SessionId
    session_version: int


@dataclass(frozen=True, slots=True)
class RetiredKey:
    """A key that signs no more, and until when what it signed counts; for as long as it is kept if that is absent."""

    key: ECKey = field(repr=False)
    until: datetime | None


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The key that signs, and those before it."""

    newest: ECKey = field(repr=False)
    retired: tuple[RetiredKey, ...] = ()

    def counting(self, *, now: datetime) -> tuple[ECKey, ...]:
        """All keys whose tokens count, the one that signs first."""
        return (self.newest, *(one.key for one in self.retired if one.until is None or now < one.until))


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token whose signature is right: what it says, what signed it, and when it is valid."""

    claims: AccessClaims
    key: ECKey = field(repr=False)
    not_before: datetime
    expires: datetime

    def counts(self, keys: SigningKeys, *, now: datetime) -> bool:
        """Whether it is valid now and the same key still counts."""
        return self.not_before - _SKEW <= now < self.expires and any(key is self.key for key in keys.counting(now=now))


class _Remembered:
    """The tokens that were verified last, by their digests; bounded, the oldest is forgotten first."""

    def __init__(self) -> None:
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    def find(self, token: str) -> _Verified | None:
        return self._verified.get(_digest(token))

    def keep(self, token: str, verified: _Verified) -> None:
        self._verified[_digest(token)] = verified
        if len(self._verified) > _MOST_REMEMBERED:
            self._verified.popitem(last=False)


@dataclass(frozen=True, slots=True)
class TokenAuthority:
    """Makes and reads the tokens of one Roundsman. `keys` is asked each time, because they change while it works."""

    keys: Callable[[], SigningKeys] = field(repr=False)
    issuer: str
    audience: str
    _remembered: _Remembered = field(default_factory=_Remembered, init=False, repr=False, compare=False)

    def issue(self, claims: AccessClaims, *, now: datetime, lifetime: timedelta) -> str:
        """Sign a token that is valid from `now` for `lifetime`."""
        key = self.keys().newest
        header = {"alg": _ALGORITHM, "kid": _key_id(key), "typ": _TYPE}
        body = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": str(claims.user_id),
            "sid": str(claims.session_id),
            "sv": claims.session_version,
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "jti": str(ObjectId()),
        }
        return jwt.encode(header, body, key, algorithms=[_ALGORITHM])

    def read(self, token: str, *, now: datetime) -> AccessClaims:
        """Return what a valid token says; raises InvalidToken on every other text."""
        if len(token) > _LONGEST_TOKEN:
            raise InvalidToken
        keys = self.keys()
        known = self._remembered.find(token)
        if known is not None and known.counts(keys, now=now):
            return known.claims
        verified = self._verify(token, keys, now=now)
        if not verified.counts(keys, now=now):
            raise InvalidToken
        self._remembered.keep(token, verified)
        return verified.claims

    def public_keys(self, *, now: datetime) -> dict[str, list[dict[str, Any]]]:
        """Return the key set (RFC 7517) with which anybody can verify the tokens."""
        return {"keys": [_public(key) for key in self.keys().counting(now=now)]}

    def _verify(self, token: str, keys: SigningKeys, *, now: datetime) -> _Verified:
        header, body = _parse(token)
        key = _key_for(header, keys, now=now)
        _verify_signature(token, key)
        if body["iss"] != self.issuer or body["aud"] != self.audience:
            raise InvalidToken
        claims = AccessClaims(UserId(_object_id(body["sub"])), SessionId(_object_id(body["sid"])), body["sv"])
        return _Verified(claims, key, not_before=_instant(body["nbf"]), expires=_instant(body["exp"]))


def _digest(token: str) -> bytes:
    # A lone surrogate is in no token, but it must be an invalid one, not a crash.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _key_for(header: Mapping[str, Any], keys: SigningKeys, *, now: datetime) -> ECKey:
    if set(header) != {"alg", "kid", "typ"} or header["alg"] != _ALGORITHM or header["typ"] != _TYPE:
        raise InvalidToken
    for key in keys.counting(now=now):
        if _key_id(key) == header["kid"]:
            return key
    raise InvalidToken


def _key_id(key: ECKey) -> str:
    return key.thumbprint()


def _public(key: ECKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": _key_id(key), "use": "sig", "alg": _ALGORITHM}


def _verify_signature(token: str, key: ECKey) -> None:
    try:
        jwt.decode(token, key, algorithms=[_ALGORITHM])
    except (JoseError, ValueError) as error:
        raise InvalidToken from error


def _parse(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    if not _THREE_PARTS.fullmatch(token):
        raise InvalidToken
    header, body, _ = token.split(".")
    claims = _json_object(body)
    # `type(...) is` because True is an int to isinstance, and no time.
    if not all(type(claims.get(name)) is kind for name, kind in _CLAIMS.items()):
        raise InvalidToken
    return _json_object(header), claims


def _json_object(part: str) -> dict[str, Any]:
    try:
        text = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True).decode()
        value = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise InvalidToken from error
    if not isinstance(value, dict):
        raise InvalidToken
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise InvalidToken from error


def _object_id(text: str) -> ObjectId:
    if not ObjectId.is_valid(text):
        raise InvalidToken
    return ObjectId(text)
