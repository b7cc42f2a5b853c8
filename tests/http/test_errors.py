import logging
from contextlib import nullcontext
from dataclasses import replace

import httpx
import pytest
from fastapi import Depends, FastAPI
from pymongo import AsyncMongoClient

from roundsman.app import create_app
from roundsman.auth.hashing import HashingBusy
from roundsman.database.transaction import Tx
from roundsman.errors import IntegrityBroken, RateLimited
from roundsman.runtime import Runtime
from roundsman.web.guards import public
from roundsman.web.middleware import CONTENT_SECURITY_POLICY
from tests.http.people import log_in
from tests.http.serving import answering

A_TEST = [Depends(public(reason="a route of a test"))]


@pytest.mark.parametrize("path", ["/", "/static/roundsman.css", "/api/v1/health", "/api/v1/auth/me", "/nothing-here"])
async def test_every_answer_has_the_security_headers(api: httpx.AsyncClient, path: str) -> None:
    headers = (await api.get(path)).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["x-request-id"]
    assert "strict-transport-security" not in headers


async def test_a_refused_method_is_told_all_that_are_taken(api: httpx.AsyncClient) -> None:
    answer = await api.put("/api/v1/users")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_https_is_remembered(api: httpx.AsyncClient) -> None:
    headers = (await api.get("https://roundsman.test/api/v1/health")).headers
    assert headers["strict-transport-security"] == "max-age=31536000"


async def test_what_the_api_answers_is_kept_by_no_cache(api: httpx.AsyncClient) -> None:
    assert (await api.get("/api/v1/auth/me")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing-here", 404, "not_found"),
        ("DELETE", "/api/v1/health", 405, "method_not_allowed"),
        ("GET", "/api/v1/auth/me", 401, "token_missing"),
    ],
)
async def test_refusals_are_problem_details(
    api: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await api.request(method, path)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"identifier": "a", "password": ["open sesame"]}',
        b'{"identifier": "a", "password": "open sesame", "open sesame": 1',
        b'{"identifier": {"$ne": "open sesame"}, "password": "open sesame"}',
        b'{"identifier": "a", "password": "open sesame", "extra": "open sesame"}',
        b'{"identifier": "open sesame\\ud800", "password": "open sesame"}',
        b"\xf7 open sesame",
        b'"open sesame"',
    ],
)
async def test_a_malformed_request_is_refused_without_its_values(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/api/v1/auth/login", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"]
    assert "sesame" not in answer.text


async def test_a_body_too_large_is_refused(api: httpx.AsyncClient) -> None:
    answer = await log_in(api, "98200 12345", "x" * 100_000)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


async def test_what_nobody_expected_tells_nothing_but_the_request_id(
    own_app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    @own_app.get("/broken", dependencies=A_TEST)
    async def broken() -> None:
        raise ZeroDivisionError("secret detail")

    async with answering(own_app) as api:
        with caplog.at_level(logging.ERROR):
            answer = await api.get("/broken")

    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "secret detail" not in answer.text
    assert answer.json()["request_id"] in caplog.text
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


async def test_who_comes_too_often_or_too_early_is_told_when_to_return(own_app: FastAPI) -> None:
    @own_app.get("/often", dependencies=A_TEST)
    async def often() -> None:
        raise RateLimited("too often", retry_after_seconds=17)

    @own_app.get("/busy", dependencies=A_TEST)
    async def busy() -> None:
        raise HashingBusy("too many")

    @own_app.get("/inconsistent", dependencies=A_TEST)
    async def inconsistent() -> None:
        raise IntegrityBroken("stored data contradicts itself")

    async with answering(own_app) as api:
        often_answer, busy_answer = await api.get("/often"), await api.get("/busy")
        broken_answer = await api.get("/inconsistent")

    assert (often_answer.status_code, often_answer.headers["retry-after"]) == (429, "17")
    assert (busy_answer.status_code, busy_answer.headers["retry-after"]) == (503, "5")
    assert broken_answer.json()["code"] == "integrity_broken"


async def test_without_the_database_the_answer_is_unavailable_and_health_stays(runtime: Runtime) -> None:
    async with AsyncMongoClient[dict[str, object]](
        "mongodb://127.0.0.1:9", serverSelectionTimeoutMS=200, directConnection=True
    ) as away:
        cut_off = replace(runtime, tx=Tx(away["nowhere"]))
        async with answering(create_app(lambda: nullcontext(cut_off))) as api:
            health, ready, page = [await api.get(path) for path in ("/api/v1/health", "/api/v1/health/ready", "/")]
            login = await log_in(api)

    assert health.json() == {"status": "ok"}
    for answer in (ready, page, login):
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["retry-after"] == "5"


async def test_with_the_database_it_is_ready(api: httpx.AsyncClient) -> None:
    assert (await api.get("/api/v1/health/ready")).json() == {"status": "ready"}
