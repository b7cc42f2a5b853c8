"""The whole application on the real database, for whoever looks at its pages."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from tests.console.browsing import Visitors
from tests.http.delivering import Watch
from tests.http.serving import Stage


@pytest.fixture(scope="session")
def stage() -> Stage:
    """The application of all tests that leave it as it is."""
    return Stage()


@pytest.fixture
def app(stage: Stage, runtime: Runtime) -> FastAPI:
    """The application on `runtime`."""
    return stage.app_on(runtime)


@pytest.fixture
async def visitors(app: FastAPI, tx: Tx) -> AsyncIterator[Visitors]:
    """Browsers of the running application, one for each who visits it."""
    async with app.router.lifespan_context(app):
        yield Visitors(app, tx)


@pytest.fixture
def watch() -> Watch:
    """A clock for a `runtime` of a test's own."""
    return Watch()
