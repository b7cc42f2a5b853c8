"""Errors as answers: problem details (RFC 9457) with a stable code, a message for people and the request's id.

Who asks with a browser for something that is not of the API gets the same as a page.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from roundsman.errors import (
    Conflict,
    IntegrityBroken,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    RateLimited,
    RoundsmanError,
    Unavailable,
)
from roundsman.web.route_inventory import methods_at

_LOG = logging.getLogger(__name__)

_STATUS: Final[dict[type[RoundsmanError], HTTPStatus]] = {
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    NotPermitted: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    IntegrityBroken: HTTPStatus.INTERNAL_SERVER_ERROR,
    RoundsmanError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_CODES: Final = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
}
_RETRY_AFTER_SECONDS: Final = 5

GENERAL_CODES: Final = {
    "invalid_request": "The request is not well-formed; `errors` names each field.",
    "not_found": "There is nothing at this address.",
    "method_not_allowed": "There is something at this address, but it is not asked so.",
    "body_too_large": "The body is larger than any route needs.",
    "unavailable": "The database does not answer at this moment. Try again in a few seconds.",
    "unexpected": "Something went wrong here. The operator finds it in the log under the request id.",
}
"""What the codes mean that any route may answer, and that are no error of a domain."""


class FieldProblem(BaseModel):
    """What is wrong with one field of a request."""

    field: str = Field(description="Where it is, with dots: `body.phone`.")
    message: str


class Problem(BaseModel):
    """Why a request was not fulfilled (RFC 9457)."""

    type: str = "about:blank"
    title: str = Field(description="The HTTP status in words.")
    status: int
    detail: str = Field(description="A sentence for people.")
    code: str = Field(description="What happened, for programs: it never changes its meaning.")
    request_id: str = Field(description="Under this id the server's log tells more.")
    errors: list[FieldProblem] = []


class ProblemResponse(JSONResponse):
    """An answer of the media type for problem details."""

    media_type = "application/problem+json"


ProblemPage = Callable[[Request, Problem, RoundsmanError | None], Awaitable[Response]]
"""How a problem is shown to people, and the error behind it where a domain or a guard refused."""


def install_error_handlers(
    app: FastAPI, *, outages: Sequence[type[Exception]], page: ProblemPage | None = None
) -> None:
    """Let every refusal of the application answer with problem details; `outages` mean that the database is away."""
    app.state.problem_page = page
    app.state.outages = tuple(outages)
    app.exception_handler(RoundsmanError)(_answer_roundsman_error)
    app.exception_handler(RequestValidationError)(_answer_invalid_request)
    app.exception_handler(HTTPException)(_answer_http_exception)
    for outage in outages:
        app.exception_handler(outage)(_answer_outage)


def status_of(error: type[RoundsmanError]) -> HTTPStatus:
    """With which status an error is answered: that of its family."""
    return next(_STATUS[kind] for kind in error.__mro__ if kind in _STATUS)


async def unexpected_problem(request: Request) -> Response:
    """Answer 500 without a word about what happened inside."""
    return await _problem(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code="unexpected",
        detail=GENERAL_CODES["unexpected"],
    )


async def _answer_roundsman_error(request: Request, error: RoundsmanError) -> Response:
    status = status_of(type(error))
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _LOG.error("Request %s: %s", _id_of(request), error.message, exc_info=error)
    headers = _headers_for(error)
    return await _problem(request, status, code=error.code, detail=error.message, headers=headers, error=error)


async def _answer_invalid_request(request: Request, error: RequestValidationError) -> Response:
    # Never the value itself: it may be a password.
    errors = [FieldProblem(field=".".join(map(str, wrong["loc"])), message=wrong["msg"]) for wrong in error.errors()]
    return await _invalid(request, errors)


async def _invalid(request: Request, errors: Sequence[FieldProblem]) -> Response:
    return await _problem(
        request,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        code="invalid_request",
        detail=GENERAL_CODES["invalid_request"],
        errors=errors,
    )


async def _answer_http_exception(request: Request, error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    if status == HTTPStatus.BAD_REQUEST:
        # What FastAPI says of bytes that are no text at all; of a text that is no JSON it says that it is not valid.
        return await _invalid(request, [FieldProblem(field="body", message="It is no JSON text in UTF-8.")])
    code = _CODES.get(status, f"http_{status.value}")
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED and (methods := methods_at(request.app, request.url.path)):
        headers["Allow"] = ", ".join(methods)
    return await _problem(
        request, status, code=code, detail=GENERAL_CODES.get(code, str(error.detail)), headers=headers
    )


async def _answer_outage(request: Request, error: Exception) -> Response:
    _LOG.error("Request %s: the database does not answer", _id_of(request), exc_info=error)
    return await _answer_roundsman_error(request, Unavailable(GENERAL_CODES["unavailable"]))


async def _problem(
    request: Request,
    status: HTTPStatus,
    *,
    code: str,
    detail: str,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
    error: RoundsmanError | None = None,
) -> Response:
    request_id = _id_of(request)
    problem = Problem(
        title=status.phrase, status=status, detail=detail, code=code, request_id=request_id, errors=list(errors)
    )
    page: ProblemPage | None = getattr(request.app.state, "problem_page", None)
    if page is None or not _comes_from_people(request):
        return ProblemResponse(problem.model_dump(), status_code=status, headers=headers)
    answer = await page(request, problem, error)
    answer.headers.update(headers or {})
    return answer


def _comes_from_people(request: Request) -> bool:
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def _headers_for(error: RoundsmanError) -> dict[str, str]:
    match error:
        case NotAuthenticated():
            return {"WWW-Authenticate": "Bearer"}
        case RateLimited(retry_after_seconds=seconds):
            return {"Retry-After": str(seconds)}
        case Unavailable():
            return {"Retry-After": str(_RETRY_AFTER_SECONDS)}
        case _:
            return {}


def _id_of(request: Request) -> str:
    request_id: str = request.state.request_id
    return request_id
