"""The whole application on the real database, and a client of it."""

from collections.abc import AsyncIterator
from contextlib import nullcontext

import httpx
import pytest
from fastapi import FastAPI

from roundsman.app import create_app
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from tests.http.delivering import Depot, Watch, open_depot
from tests.http.serving import Stage, answering


@pytest.fixture(scope="session")
def stage() -> Stage:
    """The application of all tests that leave it as it is."""
    return Stage()


@pytest.fixture
def app(stage: Stage, runtime: Runtime) -> FastAPI:
    """The application on `runtime`."""
    return stage.app_on(runtime)


@pytest.fixture
def own_app(runtime: Runtime) -> FastAPI:
    """An application on `runtime` to which a test may add routes."""
    return create_app(lambda: nullcontext(runtime))


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running application."""
    async with answering(app) as client:
        yield client


@pytest.fixture
def watch() -> Watch:
    """A clock for a `runtime` of a test's own."""
    return Watch()


@pytest.fixture
async def depot(app: FastAPI, api: httpx.AsyncClient, tx: Tx, watch: Watch) -> Depot:
    """A business that delivers, where it is as late as the watch says."""
    return await open_depot(app, api, tx, watch)
