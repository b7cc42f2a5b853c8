"""The whole application on the real database, and a client of it."""

from collections.abc import AsyncIterator
from contextlib import nullcontext

import httpx
import pytest
from fastapi import FastAPI

from roundsman.app import create_app
from roundsman.runtime import Runtime
from tests.http.serving import answering


@pytest.fixture
def app(runtime: Runtime) -> FastAPI:
    """The application on `runtime`."""
    return create_app(lambda: nullcontext(runtime))


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running application."""
    async with answering(app) as client:
        yield client
