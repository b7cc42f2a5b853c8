"""What every answer carries: headers, cookies, and what it lets other sites read."""

from collections.abc import Iterable
from typing import Final

from roundsman.security_review.calling import Answer
from roundsman.security_review.checks import Check, Result
from roundsman.security_review.stage import Stage

_EVIL: Final = "https://another.example"
_LOOKED_AT: Final = ("/api/v1/health", "/api/v1/auth/me", "/password/reset", "/there/is/nothing")
_ASKED_FOR: Final = {
    "content-security-policy": ("frame-ancestors 'none'", "default-src 'none'"),
    "x-content-type-options": ("nosniff",),
    "referrer-policy": ("",),
    "strict-transport-security": ("max-age=",),
}
_TELLING: Final = ("server", "x-powered-by")
_COOKIE_FLAGS: Final = ("secure", "httponly", "samesite")


async def try_surface(stage: Stage) -> list[Result]:
    """Look at answers of the API and of pages, of success and of failure, and ask as another site would."""
    answers = [await stage.ask("GET", path) for path in _LOOKED_AT]
    return [_headers(answers), await _cors(stage)]


def cookies(answers: Iterable[Answer]) -> Result:
    """Judge the cookies of all answers."""
    answers = list(answers)
    found = {value for one in answers for name, value in one.headers if name == "set-cookie"}
    weak = sorted(one.partition("=")[0] for one in found if not all(flag in one.lower() for flag in _COOKIE_FLAGS))
    evidence = f"{', '.join(weak)}: without Secure, HttpOnly or SameSite" if weak else f"{len(found)} cookies were set"
    return Result(Check.COOKIES, "read the cookies of every answer to this audit", evidence, not weak)


def _headers(answers: list[Answer]) -> Result:
    wrong = sorted({text for one in answers for text in _wrong_headers(one)})
    tried = f"GET {', '.join(_LOOKED_AT)}: read the headers"
    held = f"{', '.join(_ASKED_FOR)} on each; the API is kept by no cache; no answer names its server"
    return Result(Check.SECURITY_HEADERS, tried, "; ".join(wrong) or held, not wrong)


def _wrong_headers(answer: Answer) -> Iterable[str]:
    for name, parts in _ASKED_FOR.items():
        value = answer.header(name)
        if value is None or not all(part in value for part in parts):
            yield f"{name}: {value or 'missing'} ({answer.asked})"
    if answer.asked.path.startswith("/api/") and answer.header("cache-control") != "no-store":
        yield f"cache-control: {answer.header('cache-control') or 'missing'} ({answer.asked})"
    yield from (f"{name} is told ({answer.asked})" for name in _TELLING if answer.header(name))


async def _cors(stage: Stage) -> Result:
    allowed = set()
    for origin in (_EVIL, "null"):
        asking = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        }
        for method in ("OPTIONS", "GET", "POST"):
            answer = await stage.ask(method, "/api/v1/auth/login", headers=asking)
            allowed |= {answer.header("access-control-allow-origin")} & {"*", origin}
    evidence = (
        f"Access-Control-Allow-Origin: {', '.join(sorted(filter(None, allowed)))}"
        if allowed
        else "no answer lets it read"
    )
    tried = f"OPTIONS, GET and POST /auth/login from the origins {_EVIL} and null"
    return Result(Check.CORS, tried, evidence, not allowed)
