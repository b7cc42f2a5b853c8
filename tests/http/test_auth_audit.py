"""The audit of authentication: its report is fresh, it touches nobody, and each of its checks can fail."""

import json
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel, ConfigDict, WithJsonSchema
from typer.testing import CliRunner

from roundsman.access.route_audit.findings import Level
from roundsman.app import create_app
from roundsman.auth import challenges
from roundsman.auth import tokens as token_reading
from roundsman.auth.challenges import Challenge
from roundsman.auth.kept_audit import find_kept_audit
from roundsman.auth.otp import OtpPolicy, Purpose
from roundsman.auth.tokens import AccessClaims
from roundsman.cli import auth
from roundsman.cli.output import FINDINGS
from roundsman.database.transaction import Tx
from roundsman.ids import SessionId
from roundsman.operations.signing_in import proving
from roundsman.operations.signing_in.authentication import Known
from roundsman.runtime import Runtime, signing_keys
from roundsman.security_review import guessing
from roundsman.security_review.checks import Check, Result, findings_in
from roundsman.security_review.counting import count_all
from roundsman.security_review.fields import operations_in
from roundsman.security_review.guessing import try_guessing
from roundsman.security_review.injection import try_operations
from roundsman.security_review.leaks import search_answers
from roundsman.security_review.page import audit_page
from roundsman.security_review.review import review
from roundsman.security_review.stage import AppFactory, Stage, open_stage
from roundsman.security_review.surface import cookies, try_surface
from roundsman.security_review.tokens import try_tokens
from roundsman.settings import Settings
from roundsman.web import pacing
from roundsman.web.guards import public
from roundsman.web.recent_principals import RecentPrincipals
from roundsman.web.services import services_of
from tests.http.people import settle

pytestmark = pytest.mark.whole

REPORT = Path(__file__).parents[2] / "docs" / "reports" / "AUTH_SECURITY_AUDIT.md"
BROKEN = "/broken"


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer at once."""
    monkeypatch.setattr(pacing, "seconds_to_wait", lambda _: 0)


@pytest.fixture
def real(runtime: Runtime) -> Runtime:
    """A Roundsman as it is installed."""
    return replace(runtime, settings=runtime.settings.model_copy(update={"staff_totp": "required"}))


def failed(results: list[Result]) -> set[Check]:
    return {one.check for one in findings_in(results)}


def stage_of(real: Runtime, make_app: AppFactory = create_app) -> AbstractAsyncContextManager[Stage]:
    return open_stage(real, str(real.settings.mongodb_uri), make_app)


async def test_the_report_is_fresh_and_nobody_was_touched(real: Runtime, tx: Tx) -> None:
    staged: list[str] = []

    def noting(opener: Callable[[], AbstractAsyncContextManager[Runtime]]) -> FastAPI:
        @asynccontextmanager
        async def noted() -> AsyncIterator[Runtime]:
            async with opener() as runtime:
                staged.append(runtime.tx.database.name)
                yield runtime

        return create_app(noted)

    before = {name: await tx.database[name].find().to_list() for name in await tx.database.list_collection_names()}
    results = await review(real, str(real.settings.mongodb_uri), noting)
    assert audit_page(results) == REPORT.read_text("utf-8"), "run: make docs"
    assert failed([*results]) == {Check.MESSAGE_GATEWAY, Check.PUBLIC_ADDRESS}
    assert before == {name: await tx.database[name].find().to_list() for name in before}
    assert not (real.settings.data_dir / "outbox.jsonl").exists()
    assert staged
    assert set(staged).isdisjoint(await real.client.list_database_names())


async def test_what_is_counted_is_found(real: Runtime, tx: Tx) -> None:
    await settle(tx, password_hash="{SHA256}" + "a" * 64)
    await tx.database["users"].insert_one({"name": 1}, bypass_document_validation=True)
    await tx.database["audit_log"].insert_one(
        {"seal": {"number": 1, "previous": b"", "mac": b"x" * 32}}, bypass_document_validation=True
    )
    weak = real.settings.model_copy(update={"refuse_default_passwords": False})
    results = await count_all(
        replace(real, settings=weak), "mongodb://root:hunter2@db.example.in/", signing_keys(real.settings)
    )
    assert failed(results) >= {
        Check.PASSWORD_HASHES,
        Check.DEFAULT_PASSWORDS,
        Check.SECRETS,
        Check.SCHEMA,
        Check.AUDIT_CHAIN,
    }


@pytest.mark.parametrize(
    ("uri", "holds"),
    [
        ("mongodb://db.example.in/", False),
        ("mongodb://db.example.in/?authMechanism=MONGODB-X509&tls=true", True),
        ("mongodb://shop:Roundsman2025!@db.example.in/", False),
        ("mongodb://shop:f3b1c09d5e7a4482a6d0@db.example.in/", True),
    ],
)
async def test_the_password_of_the_database_is_looked_at(real: Runtime, uri: str, *, holds: bool) -> None:
    results = await count_all(real, uri, signing_keys(real.settings))
    assert (Check.SECRETS not in failed(results)) is holds


async def test_what_git_knows_is_found(real: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("ROUNDSMAN_SIGNING_KEYS=…", "utf-8")
    commit(".env", str(real.settings.data_dir / "keys"))
    results = await count_all(real, str(real.settings.mongodb_uri), signing_keys(real.settings))
    (committed,) = [one for one in results if one.check is Check.COMMITTED_SECRETS]
    assert not committed.holds
    assert {".env", "keys/secret.key"} <= set(committed.evidence.split(", "))


async def test_a_git_that_refuses_to_answer_does_not_count_as_nothing_committed(
    real: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = tmp_path / "git"
    git.write_text("#!/bin/sh\necho 'fatal: detected dubious ownership in repository' >&2\nexit 128\n")
    git.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    results = await count_all(real, str(real.settings.mongodb_uri), signing_keys(real.settings))
    (committed,) = [one for one in results if one.check is Check.COMMITTED_SECRETS]
    assert (committed.holds, "dubious ownership" in committed.evidence) == (False, True)


async def test_what_is_forged_is_found_where_nothing_looks(real: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = signing_keys(real.settings)
    monkeypatch.setattr(token_reading, "_verify_signature", lambda *_: None)
    monkeypatch.setattr(token_reading._Verified, "counts", lambda *_, **__: True)
    async with stage_of(real) as stage:
        passed = [one.tried for one in await try_tokens(stage, keys) if not one.holds]
    assert [one.removeprefix("GET /auth/sessions with ") for one in passed] == [
        "a token whose exp has passed",
        "a token of another key",
    ]


async def test_what_may_be_guessed_is_found(real: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never_used_up(*_: object) -> bool:
        return True

    monkeypatch.setattr(proving, "use_up", never_used_up)
    monkeypatch.setattr(guessing, "_MOST_PASSWORDS", 7)
    monkeypatch.setattr(proving, "spend_try", with_tries_for_ever)
    monkeypatch.setattr(OtpPolicy, "pause_after", lambda *_: timedelta(0))
    changed = {"sign_in_free_failures": 100, "sign_in_failures_per_address": 500, "otp_tries": 10}
    async with stage_of(replace(real, settings=real.settings.model_copy(update=changed))) as stage:
        results = await try_guessing(stage)
    assert failed(results) == {
        Check.CODE_SETTINGS,
        Check.CODE_REPLAY,
        Check.CODE_GUESSING,
        Check.CODE_FLOOD,
        Check.PASSWORD_GUESSING,
        Check.ADDRESS_LIMITS,
    }


async def test_sessions_that_never_end_and_staff_without_a_second_factor_are_found(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runtime.settings.staff_totp == "optional"
    known: dict[SessionId, Known] = {}
    read = RecentPrincipals.anew

    async def remembered(self: RecentPrincipals, tx: Tx, claims: AccessClaims, *, now: datetime) -> Known:
        if claims.session_id not in known:
            known[claims.session_id] = await read(self, tx, claims, now=now)
        return known[claims.session_id]

    for way in ("anew", "recent"):
        monkeypatch.setattr(RecentPrincipals, way, remembered)
    async with stage_of(runtime) as stage:
        results = await try_tokens(stage, signing_keys(runtime.settings))
    assert [one.check for one in findings_in(results)] == [Check.ENDED_ACCESS] * 2 + [Check.STAFF_SECOND_FACTOR]


@pytest.mark.parametrize(("level", "code"), [("blocker", 0), ("action", FINDINGS), ("info", FINDINGS)])
def test_the_exit_code_is_that_of_the_level(level: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    results = (Result(Check.SCHEMA, "a", "b", holds=False), Result(Check.CORS, "c", "d", holds=True))

    async def made(_: Settings) -> tuple[Result, ...]:
        return results

    monkeypatch.setattr(auth, "audited", made)
    done = CliRunner().invoke(auth.app, ["audit", "--json", "--fail-on", level])
    assert done.exit_code == code
    assert json.loads(done.output)["findings"] == ["schema"]


async def test_what_came_of_it_is_kept_for_the_page(
    settings: Settings, tx: Tx, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def reviewed(*_: object) -> tuple[Result, ...]:
        return (Result(Check.SCHEMA, "a", "b", holds=False),)

    monkeypatch.setattr(auth, "review", reviewed)
    await auth.audited(settings)
    kept = await find_kept_audit(tx)
    assert kept is not None
    (one,) = kept.checks
    assert (one.check, one.level, one.tried, one.evidence, one.holds) == ("schema", Level.ACTION, "a", "b", False)
    assert (one.mend, one.source) == (Check.SCHEMA.mend, Check.SCHEMA.source)


def commit(*paths: str) -> None:
    for command in (["init", "-q"], ["add", "-f", *paths]):
        subprocess.run(["git", *command], check=True, capture_output=True)  # noqa: S607  the git that is there


async def with_tries_for_ever(tx: Tx, key: str, purpose: Purpose, **more: Any) -> Challenge | None:  # noqa: ANN401  as they are
    await tx.database["otp_challenges"].update_one({"_id": key}, {"$set": {"tries_left": 9}})
    return await challenges.spend_try(tx, key, purpose, **more)


async def test_a_careless_route_is_found(real: Runtime) -> None:
    async with stage_of(real, careless_app) as stage:
        results = await try_surface(stage)
        operations = [one for one in operations_in(stage.app.openapi()) if one.sample.path == BROKEN]
        results += await try_operations(stage, operations)
        results += [await search_answers(stage), cookies(stage.caller.answers)]
    assert failed(results) == {
        Check.CORS,
        Check.COOKIES,
        Check.INJECTION,
        Check.MASS_ASSIGNMENT,
        Check.SERVER_ERRORS,
        Check.LEAKS,
        Check.SECURITY_HEADERS,
    }
    told = next(one.evidence for one in results if one.check is Check.LEAKS)
    assert f"GET {BROKEN}: a password hash" in told
    assert f"GET {BROKEN}: what was sent as the access token" in told


class Careless(BaseModel):
    """Takes whatever comes."""

    model_config = ConfigDict(extra="allow")

    contact: Annotated[Any, WithJsonSchema({"type": "string"})]


def careless_app(opener: Callable[[], AbstractAsyncContextManager[Runtime]]) -> FastAPI:
    """The application with routes as nobody should write them."""
    app = create_app(opener)
    everybody = [Depends(public(reason="a test"))]

    @app.get(BROKEN, dependencies=everybody)
    async def tell(request: Request, response: Response) -> list[str]:
        response.set_cookie("session", "1")
        found = await services_of(request).runtime.tx.database["credentials"].find().to_list()
        return [*(one["hash"] for one in found), request.headers.get("authorization", "")]

    @app.post(BROKEN, dependencies=everybody)
    async def look(body: Careless, request: Request) -> int:
        return await services_of(request).runtime.tx.database["users"].count_documents(body.model_dump())

    app.add_middleware(CORSMiddleware, allow_origins=["*"])
    app.add_middleware(Telling)
    return app


class Telling:
    """Names the server."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401  an ASGI application
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  as above
        async def tell(message: Any) -> None:  # noqa: ANN401  as above
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"server", b"careless/1.0")]
            await send(message)

        await self.app(scope, receive, tell)
