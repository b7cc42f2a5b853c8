"""Lets an existing FastAPI application accept the access tokens of Roundsman. Copy this one file; see docs/adopt.md.

A token is verified here: ES256 and nothing else, by the public keys that Roundsman publishes. Then Roundsman is asked
who that is at this moment, because a token tells neither roles nor the ids of this application, and because a session
that was ended, a user who was disabled and a role that was taken must count within `TRUST_SECONDS`. Whatever cannot be
verified is refused with 401, and what cannot be asked with 503: nobody is let in on a guess.

It needs fastapi and joserfc. A guard belongs to one process and one event loop, and keeps nothing on disk.
"""

import asyncio
import base64
import hashlib
import http.client
import json
import math
import time
import urllib.error
import urllib.request
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Annotated, Any, NoReturn

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

TRUST_SECONDS = 2
"""How long an answer about who somebody is may be believed."""
KEYS_SECONDS = 60
"""How long the public keys may be believed: one that is published no more counts for this long at most."""
PAUSE_SECONDS = 1
"""How long it waits before it asks for the keys again, whoever sends tokens of unknown keys, and if asking failed."""
PATIENCE_SECONDS = 5
"""How long Roundsman may take to answer."""

ROLES = ("admin", "marketing_staff", "supplier", "delivery_boy", "customer")
"""The roles of Roundsman. Of several that somebody has the first of these is his `role`."""

User = dict[str, Any]
"""id, role, email, customer_id, delivery_boy_id and supplier_id, in this application's terms; besides roles,
customer_ids, name and roundsman_id."""

Json = Any
"""Whatever Roundsman answers; it is looked at before it is used."""

_ME = "/api/v1/auth/me/former"
_JWKS = "/.well-known/jwks.json"
_HEADER = {"alg": "ES256", "typ": "at+jwt"}
_SKEW_SECONDS = 10
_LONGEST_TOKEN = 2_048
_LONGEST_ANSWER = 1_000_000
_MOST_REMEMBERED = 10_000
_BEARER = HTTPBearer(scheme_name="Roundsman", bearerFormat="JWT", auto_error=False)

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


class Refused(HTTPException):
    """401: the token is missing, forged, expired, for somebody else, or its session has ended. Which is not told."""

    def __init__(self) -> None:
        super().__init__(401, "Sign in again.", {"WWW-Authenticate": "Bearer"})


class Forbidden(HTTPException):
    """403: it is known who sends the token, but he lacks the role, or the second step of his sign-in."""

    def __init__(self) -> None:
        super().__init__(403, "Insufficient permissions")


class Unavailable(HTTPException):
    """503: Roundsman does not answer, so that nobody can be let in."""

    def __init__(self) -> None:
        super().__init__(503, "Nobody can be recognised at the moment.", {"Retry-After": str(TRUST_SECONDS)})


class RoundsmanGuard:
    """The dependencies `get_current_user` and `require_role` for users of the Roundsman at an address.

    `complete` may give the user a shape of one's own: it gets him as a dict, with the `role` by which he passes, and
    returns what endpoints shall get. `ticks` counts seconds, and is another one in tests.
    """

    def __init__(
        self,
        url: str,
        *,
        issuer: str = "roundsman",
        audience: str = "roundsman",
        complete: Callable[[User], Awaitable[User]] | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = _Server(url)
        self._keys = _Keys(self._server, ticks)
        self._known = _Known(self._server, ticks)
        self._issuer, self._audience = issuer, audience
        self._complete = complete

    async def get_current_user(self, bearer: Bearer) -> User:
        """Return who sends the token; answers 401, 403 for a sign-in that lacks its second step, or 503."""
        return await self._completed(await self.recognised(bearer))

    async def recognised(self, bearer: Bearer) -> User:
        """Return who sends the token as Roundsman knows him, before `complete`; answers as `get_current_user` does."""
        if bearer is None:
            raise Refused
        await self._verify(bearer.credentials)
        return _shaped(await self._known.find(bearer.credentials))

    async def _completed(self, user: User) -> User:
        return user if self._complete is None else await self._complete(user)

    def require_role(self, allowed_roles: Iterable[str]) -> Callable[..., Awaitable[User]]:
        """Make a dependency that lets those pass who have one of the roles; all others are answered 403.

        The `role` of who passes is the one by which he does, for `complete` too, so that what an endpoint asks besides
        holds of it.
        """
        allowed = frozenset([allowed_roles] if isinstance(allowed_roles, str) else map(_text, allowed_roles))
        if unknown := allowed.difference(ROLES):
            raise ValueError(f"Roundsman has no role {', '.join(sorted(unknown))}; it has {', '.join(ROLES)}.")

        async def role_checker(user: Annotated[User, Depends(self.recognised)]) -> User:
            role = next((role for role in user["roles"] if role in allowed), None)
            if role is None:
                raise Forbidden
            return await self._completed({**user, "role": role})

        return role_checker

    async def _verify(self, token: str) -> None:
        header, claims = _parts(token)
        if not isinstance(header.get("kid"), str) or header != {**_HEADER, "kid": header["kid"]}:
            raise Refused
        if claims.get("iss") != self._issuer or claims.get("aud") != self._audience:
            raise Refused
        now, not_before, expires = time.time(), claims.get("nbf"), claims.get("exp")
        # `type(...) is` because True is an int to isinstance, and no time.
        if type(not_before) is not int or type(expires) is not int or not not_before - _SKEW_SECONDS <= now < expires:
            raise Refused
        key = await self._keys.find(header["kid"])
        try:
            jwt.decode(token, key, algorithms=["ES256"])
        except (JoseError, ValueError) as error:
            raise Refused from error


class _Server:
    """Asks Roundsman, in a thread, so that the file needs no HTTP library."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("https://", "http://")):
            raise ValueError("The address of Roundsman begins with https://")
        self._url = url.rstrip("/")
        # No redirects and no proxy of the environment: a token goes to Roundsman and nowhere else.
        self._opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Json:
        """Return what a path answers; raises Refused, Forbidden or Unavailable."""
        request = urllib.request.Request(self._url + path, headers=dict(headers or {}))  # noqa: S310  checked above
        try:
            # The timeout of the socket is one for each of its steps; this one is for all together.
            return await asyncio.wait_for(asyncio.to_thread(self._answer, request), PATIENCE_SECONDS)
        except TimeoutError as error:
            raise Unavailable from error

    def _answer(self, request: urllib.request.Request) -> Json:
        try:
            with self._opener.open(request, timeout=PATIENCE_SECONDS) as answer:
                return json.loads(answer.read(_LONGEST_ANSWER))
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.code) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unavailable from error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401  whatever urllib hands over
        """Follow none."""


class _Keys:
    """The public keys by their ids."""

    def __init__(self, server: _Server, ticks: Callable[[], float]) -> None:
        self._server, self._ticks = server, ticks
        self._keys: Mapping[str, ECKey] = {}
        self._read_at = self._asked_at = -math.inf
        self._asking = asyncio.Lock()

    async def find(self, key_id: str) -> ECKey:
        """Return a key; raises Refused for one that is not published, and Unavailable if it cannot be known."""
        if self._is_stale() or key_id not in self._keys:
            async with self._asking:
                if self._is_stale() or key_id not in self._keys:
                    await self._renew()
        if self._is_stale():
            raise Unavailable
        if key_id not in self._keys:
            raise Refused
        return self._keys[key_id]

    def _is_stale(self) -> bool:
        return self._ticks() - self._read_at >= KEYS_SECONDS

    async def _renew(self) -> None:
        began = self._ticks()
        if began - self._asked_at < PAUSE_SECONDS:
            return
        try:
            self._keys = _imported(await self._server.get(_JWKS))
        except HTTPException:
            # Keys that are still believed are not lost because Roundsman restarts.
            return
        else:
            self._read_at = began
        finally:
            # From its end on, so that those who waited meanwhile do not ask one after the other what stays silent.
            self._asked_at = self._ticks()


class _Known:
    """Who was asked about last, by the token's digest; those who come while one is asked about wait for the answer."""

    def __init__(self, server: _Server, ticks: Callable[[], float]) -> None:
        self._server, self._ticks = server, ticks
        self._asked: OrderedDict[bytes, tuple[float, asyncio.Task[Json]]] = OrderedDict()

    async def find(self, token: str) -> Json:
        """Return what Roundsman says of the sender; a refusal is believed as long as an answer."""
        digest, now = hashlib.sha256(token.encode()).digest(), self._ticks()
        asked_at, task = self._asked.get(digest, (-math.inf, None))
        # The moment before it was asked counts, so that whatever changed after it is seen in time.
        if task is None or now - asked_at >= TRUST_SECONDS:
            task = asyncio.create_task(self._ask(token))
            self._asked[digest] = now, task
            self._asked.move_to_end(digest)
            if len(self._asked) > _MOST_REMEMBERED:
                self._asked.popitem(last=False)
        # One who goes away must not take the answer from the others.
        said = await asyncio.shield(task)
        if isinstance(said, int):
            raise _refusal(said)
        return said

    async def _ask(self, token: str) -> Json:
        try:
            return await self._server.get(_ME, {"Authorization": f"Bearer {token}"})
        except HTTPException as error:
            # Its status only: an exception that is kept keeps everything that stood around it.
            return error.status_code


def _refusal(status: int) -> HTTPException:
    return {401: Refused, 403: Forbidden}.get(status, Unavailable)()


def _imported(published: Json) -> dict[str, ECKey]:
    try:
        return {
            one["kid"]: ECKey.import_key({name: one[name] for name in ("kty", "crv", "x", "y")})
            for one in published["keys"]
            if (one["kty"], one["crv"], one["alg"], one["use"]) == ("EC", "P-256", "ES256", "sig")
        }
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Unavailable from error


def _shaped(said: Json) -> User:
    try:
        roles = [role for role in ROLES if role in said["roles"]]
        if not roles:
            raise Forbidden
        return {
            "id": said["user_id"],
            "role": roles[0],
            "email": said["email"],
            "customer_id": next(iter(said["customer_ids"]), None),
            "delivery_boy_id": said["delivery_boy_id"],
            "supplier_id": said["supplier_id"],
            "roles": roles,
            "customer_ids": list(said["customer_ids"]),
            "name": said["name"],
            "roundsman_id": said["id"],
        }
    except (KeyError, TypeError) as error:
        raise Unavailable from error


def _text(role: str) -> str:
    # The member of an enum of texts is one, but does not look like one when it is printed.
    return str(getattr(role, "value", role))


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    if len(token) > _LONGEST_TOKEN or not token.isascii() or token.count(".") != 2:  # noqa: PLR2004  a token has three parts
        raise Refused
    header, body, _ = token.split(".")
    return _json_object(header), _json_object(body)


def _json_object(part: str) -> dict[str, Any]:
    try:
        text = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True).decode()
        value = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused from error
    if not isinstance(value, dict):
        raise Refused
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
