"""The database hangs, and then is gone: nobody passes meanwhile, everybody is told when to come back, and it mends itself."""

import asyncio
import logging
import os
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from roundsman.access.roles import Role
from roundsman.app import create_app
from roundsman.database.embedded import embedded_server
from roundsman.database.mongod import ServerFiles
from roundsman.runtime import Runtime, open_answering_runtime
from roundsman.settings import Settings
from tests.builders import a_user
from tests.codes import code_for
from tests.http.people import PASSWORD, PHONE, log_in, settle
from tests.http.serving import answering, asked_by_bearer
from tests.http.test_sessions import SteppingClock

pytestmark = pytest.mark.whole

_CACHE_GB = 0.25
_OTHER = "+919820000001"
_WITHOUT_DATABASE = {"/api/v1/health", "/api/v1/openapi.json", "/.well-known/jwks.json"}
ME, MINE = "/api/v1/auth/me", "/api/v1/auth/sessions"


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
async def own_runtime(tmp_path: Path, clock: SteppingClock) -> AsyncIterator[Runtime]:
    """A Roundsman on a server of its own, which a test may stop, and that does not wait long for it."""
    settings = Settings(
        data_dir=tmp_path / "data",
        database_cache_gb=_CACHE_GB,
        database_patience_seconds=4,
        staff_totp="optional",
    )
    async with open_answering_runtime(settings) as runtime:
        try:
            yield replace(runtime, clock=clock)
        finally:
            # A server that hangs would not end.
            tell_the_server(runtime, signal.SIGCONT)


@pytest.fixture
def app(own_runtime: Runtime) -> FastAPI:
    return create_app(lambda: nullcontext(own_runtime))


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with answering(app) as client:
        yield client


def bearer(answer: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def tell_the_server(runtime: Runtime, what: signal.Signals) -> None:
    lock = ServerFiles(runtime.settings.data_dir / "database").data_lock
    os.kill(int(lock.read_text()), what)


def all_routes(app: FastAPI) -> list[tuple[str, str]]:
    """Every route that answers from the database, with ids that nobody has."""
    return [
        (method, re.sub(r"{\w+}", "0" * 24, entrance.path))
        for entrance in asked_by_bearer(app)
        if entrance.path not in _WITHOUT_DATABASE and not entrance.path.startswith(("/static", "/docs"))
        for method in entrance.methods
    ]


async def everywhere(api: httpx.AsyncClient, app: FastAPI, headers: dict[str, str]) -> list[httpx.Response]:
    return await asyncio.gather(
        *(
            api.request(method, path, json={} if method in {"POST", "PUT"} else None, headers=headers)
            for method, path in all_routes(app)
        )
    )


def assert_all_are_told_to_come_back(answers: Sequence[httpx.Response]) -> None:
    told = {str(answer.url): (answer.status_code, answer.headers.get("retry-after")) for answer in answers}
    assert {url: said for url, said in told.items() if said != (503, "5")} == {}
    assert {answer.json()["code"] for answer in answers} == {"unavailable"}


async def test_while_the_database_hangs_or_is_gone_nobody_passes_and_then_everything_goes_on(
    own_runtime: Runtime, app: FastAPI, api: httpx.AsyncClient, clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)  # Hundreds of tracebacks would take most of the time.
    await settle(own_runtime.tx, a_user(roles=(Role.ADMIN,)))
    await settle(own_runtime.tx, phone=_OTHER)
    mine, theirs = await log_in(api), await log_in(api, _OTHER)
    await api.post("/api/v1/auth/otp/request", json={"contact": _OTHER})
    code = await code_for(own_runtime, _OTHER)
    assert (await api.get(ME, headers=bearer(theirs))).status_code == 200
    uses: list[Callable[[], Awaitable[httpx.Response]]] = [
        lambda: api.get(MINE, headers=bearer(mine)),
        lambda: log_in(api),
        lambda: log_in(api, PHONE, "wrong"),
        lambda: api.post("/api/v1/auth/refresh", json={"refresh_token": mine.json()["refresh_token"]}),
        lambda: api.post("/api/v1/auth/otp/request", json={"contact": PHONE}),
        lambda: api.post("/api/v1/auth/otp/verify", json={"contact": _OTHER, "code": code}),
    ]

    await api.post("/api/v1/auth/logout", headers=bearer(theirs))
    for end in (signal.SIGSTOP, signal.SIGKILL):
        assert (await api.get(ME, headers=bearer(mine))).status_code == 200
        tell_the_server(own_runtime, end)

        assert_all_are_told_to_come_back(await asyncio.gather(*(use() for use in uses)))
        # Nothing is trusted longer than that.
        clock.step(seconds=2)
        ended = [api.get(path, headers=bearer(theirs)) for path in (ME, MINE)]
        assert_all_are_told_to_come_back(await asyncio.gather(*ended))
        assert_all_are_told_to_come_back(await everywhere(api, app, bearer(mine)))
        assert (await api.get("/api/v1/health")).status_code == 200

        if end is signal.SIGSTOP:
            tell_the_server(own_runtime, signal.SIGCONT)
            await _assert_that_it_goes_on(api, mine, theirs)

    async with embedded_server(own_runtime.settings.data_dir, cache_gb=_CACHE_GB):
        await _assert_that_it_goes_on(api, mine, theirs)


async def _assert_that_it_goes_on(api: httpx.AsyncClient, mine: httpx.Response, theirs: httpx.Response) -> None:
    """Who could pass before passes, and nobody else; the first request may still find out that it is over."""
    while (first := await api.get(ME, headers=bearer(mine))).status_code == 503:
        assert first.headers["retry-after"] == "5"
    assert first.status_code == 200
    assert (await api.get(ME, headers=bearer(theirs))).status_code == 401
    refreshed = await api.post("/api/v1/auth/refresh", json={"refresh_token": mine.json()["refresh_token"]})
    assert refreshed.status_code == 200
    assert (await api.get(MINE, headers=bearer(mine))).status_code == 200
    assert (await log_in(api, PHONE, PASSWORD)).status_code == 200
    assert (await log_in(api, PHONE, "wrong")).status_code == 401
