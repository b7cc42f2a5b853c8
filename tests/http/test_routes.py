from collections.abc import Callable
from contextlib import nullcontext

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from roundsman import app as application
from roundsman.access.permissions import Permission
from roundsman.api import users
from roundsman.runtime import Runtime
from roundsman.web.guards import Public, Require, public, public_mount, require
from roundsman.web.route_inventory import UnguardedRoutes, entrances, refuse_unguarded
from tests.http.access_rows import ROWS
from tests.http.serving import asked_by_bearer

PUBLIC_PATHS = {row.route.split(" ")[1] for row in ROWS if row.permission is None}
HIDDEN_PATHS = {
    "/",
    "/docs/api",
    "/docs/api/{chapter}",
    "/password/reset",
    "/password/reset/done",
    "/preferences",
    "/sign-in",
    "/sign-in/code",
    "/sign-in/code/confirm",
    "/static/{path}",
    "/api/v1/openapi.json",
}


async def unguarded() -> None: ...


async def plain(request: Request) -> Response:
    return Response(request.url.path)


async def talk(socket: WebSocket) -> None: ...


def with_route(app: FastAPI) -> None:
    app.get("/open")(unguarded)


def with_hidden_route(app: FastAPI) -> None:
    app.get("/open", include_in_schema=False)(unguarded)


def with_nested_router(app: FastAPI) -> None:
    inner, outer = APIRouter(prefix="/inner"), APIRouter(prefix="/open")
    inner.get("/most")(unguarded)
    outer.include_router(inner)
    app.include_router(outer)


def with_websocket(app: FastAPI) -> None:
    app.websocket("/open")(talk)


def with_nested_websocket(app: FastAPI) -> None:
    router = APIRouter()
    router.websocket("/open")(talk)
    app.include_router(router)


def with_mount(app: FastAPI) -> None:
    app.mount("/open", StaticFiles(directory="."))


def with_plain_route(app: FastAPI) -> None:
    app.add_route("/open", plain)


def with_contradiction(app: FastAPI) -> None:
    guards = [Depends(public(reason="a test")), Depends(require(Permission.ME_READ))]
    app.get("/open", dependencies=guards)(unguarded)


def with_guard_that_never_runs(app: FastAPI) -> None:
    guards = [Depends(lambda: require(Permission.ME_READ))]
    app.get("/open", dependencies=guards)(unguarded)


@pytest.mark.parametrize(
    "add",
    [
        with_route,
        with_hidden_route,
        with_nested_router,
        with_websocket,
        with_nested_websocket,
        with_mount,
        with_plain_route,
        with_contradiction,
        with_guard_that_never_runs,
    ],
)
def test_an_application_with_an_unguarded_entrance_is_refused_by_name(add: Callable[[FastAPI], None]) -> None:
    app = FastAPI(openapi_url=None)
    add(app)
    with pytest.raises(UnguardedRoutes, match="/open"):
        refuse_unguarded(app)


def test_guards_of_routers_and_of_the_application_count() -> None:
    inner, outer = APIRouter(), APIRouter(dependencies=[Depends(require(Permission.ME_READ))])
    inner.get("/guarded")(unguarded)
    outer.include_router(inner)
    app = FastAPI(openapi_url=None)
    app.include_router(outer)
    app.mount("/files", public_mount(StaticFiles(directory="."), reason="a test"))
    refuse_unguarded(app)


def test_an_unguarded_route_stops_the_program(monkeypatch: pytest.MonkeyPatch, runtime: Runtime) -> None:
    router = APIRouter()
    router.get("/forgotten")(unguarded)
    monkeypatch.setattr(users, "router", router)
    with pytest.raises(UnguardedRoutes, match=r"GET /api/v1/forgotten \(unguarded\)"):
        application.create_app(lambda: nullcontext(runtime))


def test_the_inventory_is_the_documented_paths_and_the_hidden_ones(app: FastAPI) -> None:
    assert {entrance.path for entrance in asked_by_bearer(app)} == set(app.openapi()["paths"]) | HIDDEN_PATHS


def test_exactly_these_paths_are_public_each_with_a_reason(app: FastAPI) -> None:
    guards = {entrance.path: entrance.guard for entrance in entrances(app)}
    assert {path for path, guard in guards.items() if isinstance(guard, Public)} == PUBLIC_PATHS
    assert all(len(guard.reason) > 20 for guard in guards.values() if isinstance(guard, Public))
    assert all(isinstance(guard, Public | Require) for guard in guards.values())


async def test_the_openapi_document_is_valid(api: httpx.AsyncClient) -> None:
    document = (await api.get("/api/v1/openapi.json")).json()
    OpenAPIV31SpecValidator(document).validate()


async def test_every_operation_says_who_may_call_it(api: httpx.AsyncClient) -> None:
    document = (await api.get("/api/v1/openapi.json")).json()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path in PUBLIC_PATHS:
                assert operation["security"] == []
                assert operation["x-public"]
            else:
                assert operation["security"] == [{"accessToken": []}]
                assert operation["x-permission"] in set(Permission)
                assert "admin" in operation["x-roles"]
                assert {"401", "403"} <= set(operation["responses"])


async def test_refusals_are_documented_as_problem_details_only(api: httpx.AsyncClient) -> None:
    document = (await api.get("/api/v1/openapi.json")).json()
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"]


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"])
async def test_no_page_of_the_framework_is_served(api: httpx.AsyncClient, path: str) -> None:
    assert (await api.get(path)).status_code == 404
