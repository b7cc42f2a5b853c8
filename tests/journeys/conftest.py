"""An existing application's database, the running application, and a client of it."""

from collections.abc import AsyncIterator
from contextlib import nullcontext

import httpx
import pytest

from roundsman.app import create_app
from roundsman.runtime import Runtime
from tests.http.serving import answering
from tests.imports import Database, fill
from tests.storage.migration.worlds import everything


@pytest.fixture
async def api(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running application."""
    async with answering(create_app(lambda: nullcontext(runtime))) as api:
        yield api


@pytest.fixture
async def shop(source_database: Database, source_uri: str) -> str:
    """The address of an existing application's database with one of everything."""
    await fill(source_database, everything())
    return source_uri
