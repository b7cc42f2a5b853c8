"""The cookies of our pages: the session, the colours somebody chose, his language, and what to say on the next page.

Over https the session's cookie is `__Host-sid`: only this host gets it, only over https, and no script. A browser on the
same machine over plain http gets it without prefix and `Secure`, which not every browser would keep there.
"""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_YEAR_SECONDS: Final = 365 * 24 * 3600
_NAME: Final = "sid"
THEME: Final = "theme"
LANGUAGE: Final = "language"
FLASH: Final = "flash"


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """How the session's cookie is called and guarded for one request."""

    name: str
    secure: bool


def session_cookie(request: Request) -> SessionCookie:
    """Say how the cookie is called where this request came from."""
    is_here = request.url.scheme == "http" and request.url.hostname in _LOOPBACK
    return SessionCookie(_NAME, secure=False) if is_here else SessionCookie(f"__Host-{_NAME}", secure=True)


def read_session(request: Request) -> str | None:
    """Return what the browser was given when it signed in."""
    return request.cookies.get(session_cookie(request).name)


def keep_session(response: Response, request: Request, token: str) -> None:
    """Let the browser show this from now on. It ends with the browser, or earlier: how long it counts is kept here."""
    cookie = session_cookie(request)
    response.set_cookie(cookie.name, token, path="/", secure=cookie.secure, httponly=True, samesite="lax")


def forget_session(response: Response, request: Request) -> None:
    """Let the browser forget it."""
    cookie = session_cookie(request)
    response.delete_cookie(cookie.name, path="/", secure=cookie.secure, httponly=True, samesite="lax")


def keep_choice(response: Response, request: Request, name: str, value: str) -> None:
    """Keep how somebody wants our pages, for a year."""
    secure = session_cookie(request).secure
    response.set_cookie(name, value, max_age=_YEAR_SECONDS, path="/", secure=secure, httponly=True, samesite="lax")
