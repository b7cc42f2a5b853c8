"""Pages from templates: escaped everywhere, and an error rather than a blank where a value is missing."""

import gzip
import secrets
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from roundsman.access.assurance import StepUpNeeded
from roundsman.console import spoken, strings, wording
from roundsman.console.cookies import FLASH, forget_session, session_cookie
from roundsman.console.devices import device_name
from roundsman.console.guards import NotSignedIn, whoever_browses
from roundsman.console.shell import shell_of
from roundsman.errors import RoundsmanError
from roundsman.money import grouped
from roundsman.operations.signing_in.authentication import Known
from roundsman.web.errors import Problem
from roundsman.web.guards import PermissionMissing, SecondFactorNeeded
from roundsman.web.permission_tables import permission_row

_QUICK: Final = 5


def _share(part: int, whole: int) -> str:
    """Say a share in percent, never rounded up: '99.9 %' while a single one is missing."""
    tenths = part * 1000 // whole
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10} %"


def _prose(text: str) -> Markup:
    """Show what stands between backticks as code."""
    parts = text.split("`")
    return Markup().join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


def _breakable(path: str) -> Markup:
    """Let a path go on in the next line before each of its slashes."""
    return Markup("<wbr>/").join(path.split("/"))


_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("roundsman.console"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["number"] = grouped
_ENVIRONMENT.filters["words"] = lambda name: str(name).replace("_", " ")
_ENVIRONMENT.filters["prose"] = _prose
_ENVIRONMENT.filters["breakable"] = _breakable
_ENVIRONMENT.filters["money"] = wording.money
_ENVIRONMENT.filters["instant"] = wording.instant
_ENVIRONMENT.filters["clock"] = wording.clock
_ENVIRONMENT.filters["day"] = wording.day
_ENVIRONMENT.filters["masked"] = wording.masked
_ENVIRONMENT.filters["device_name"] = device_name
for _name in ("day_in", "weekday_in", "month_in", "instant_in", "clock_in", "phone_in_groups"):
    _ENVIRONMENT.filters[_name] = getattr(spoken, _name)
_ENVIRONMENT.globals["share"] = _share
_ENVIRONMENT.globals["language_name"] = lambda language: strings.say(language, "language.name")
_ENVIRONMENT.globals["new_key"] = lambda: secrets.token_hex(16)


def page(
    template: str, *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None, **values: object
) -> HTMLResponse:
    """Render a template with these values."""
    return HTMLResponse(_ENVIRONMENT.get_template(template).render(values), status, headers)


def show(
    request: Request,
    template: str,
    *,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> HTMLResponse:
    """Render a page of the console or a portal, in its frame. It is kept by no cache, since it is one person's."""
    kept = {"Cache-Control": "no-store", **(headers or {})}
    answer = _packed(request, page(template, status=status, headers=kept, shell=shell_of(request), **values))
    if FLASH in request.cookies:
        answer.delete_cookie(FLASH, path="/")
    return answer


def _packed(request: Request, answer: HTMLResponse) -> HTMLResponse:
    """Compress a page for whoever can unpack it. Its form tokens are masked anew each time, so that its length tells nothing of them."""
    answer.headers["Vary"] = "Accept-Encoding"
    if "gzip" in request.headers.get("accept-encoding", ""):
        answer.body = gzip.compress(bytes(answer.body), _QUICK, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Content-Length"] = str(len(answer.body))
    return answer


def see_other(request: Request, path: str, *, flash: str | None = None) -> Response:
    """Lead on to a page after something was done, and say there what; `flash` is the key of a string."""
    answer = RedirectResponse(path, HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})
    if flash is not None:
        secure = session_cookie(request).secure
        answer.set_cookie(FLASH, flash, max_age=60, path="/", secure=secure, httponly=True, samesite="lax")
    return answer


async def problem_page(request: Request, problem: Problem, error: RoundsmanError | None) -> Response:
    """Show people why there is no page for them, or lead them to what they have to do first.

    The address may be a link that is a secret, so it is told to nobody.
    """
    match problem.code:
        case NotSignedIn.code:
            answer = see_other(request, f"/sign-in?next={_way_back(request)}")
            forget_session(answer, request)
            return answer
        case SecondFactorNeeded.code:
            return see_other(request, f"/second-step?next={_way_back(request)}")
        case StepUpNeeded.code:
            return see_other(request, f"/prove?next={_way_back(request)}")
    if problem.status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED} and error is None:
        # No route was found, so no guard has looked who he is; without the database nobody knows.
        with suppress(*request.app.state.outages):
            await whoever_browses(request)
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    missing = permission_row(error.permission) if isinstance(error, PermissionMissing) else None
    # The office reads what it takes; everybody else a sentence in his language.
    known: Known | None = getattr(request.state, "known", None)
    is_office = known is not None and known.principal.is_staff
    return page(
        "problem.html" if is_office else "spoken_problem.html",
        status=problem.status,
        headers=headers,
        problem=problem,
        missing=missing,
        shell=shell_of(request),
    )


def _way_back(request: Request) -> str:
    """The page to go on with afterwards: this one, or for a form that was sent the page it stood on."""
    if request.method in {"GET", "HEAD"}:
        return quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    _, _, path = request.headers.get("referer", "").partition(f"{request.url.scheme}://{request.url.netloc}")
    return quote(path or "/")
