"""Talking to an application while it runs."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from roundsman.app import create_app
from roundsman.console.guards import recognise_browser
from roundsman.runtime import Runtime
from roundsman.web.route_inventory import Entrance, entrances


class Stage:
    """The application, which takes a third of a second to make: made once, it works with one runtime after another."""

    def __init__(self) -> None:
        self._runtime: Runtime | None = None
        self._app = create_app(lambda: nullcontext(self._present()))

    def app_on(self, runtime: Runtime) -> FastAPI:
        """The application, which works with this runtime from its next start on. Nobody may add routes to it."""
        self._runtime = runtime
        return self._app

    def _present(self) -> Runtime:
        assert self._runtime is not None
        return self._runtime


def asked_by_bearer(app: FastAPI) -> list[Entrance]:
    """Every way in but the pages for whoever is signed in in a browser, of which tests/console is about."""
    return [one for one in entrances(app) if getattr(one.guard, "recognise", None) is not recognise_browser]


@asynccontextmanager
async def answering(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Run the application and give a client of it."""
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://roundsman.test") as client,
    ):
        yield client


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[str]:  # noqa: ANN401  an ASGI application
    """Let a running application answer at an address, which is given."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
        serving = asyncio.create_task(server._serve([door]))
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
