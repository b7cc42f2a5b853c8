"""A source in the real database, and its import."""

from collections.abc import AsyncIterator

import pytest

from roundsman.migration.sources.mongodb import MongoSource
from roundsman.migration.write_back.target import WriteBackTarget
from roundsman.runtime import Runtime
from tests.imports import Import
from tests.storage.migration.write_backs import Back


@pytest.fixture
async def source(source_uri: str) -> AsyncIterator[MongoSource]:
    """`source_database` as the migration reads it."""
    source = MongoSource(source_uri)
    yield source
    await source.close()


@pytest.fixture
def importing(runtime: Runtime, source: MongoSource) -> Import:
    """The import of `source_database`."""
    return Import(runtime, source)


@pytest.fixture
async def back(importing: Import, source_uri: str) -> AsyncIterator[Back]:
    """Write-back into the source of the import."""
    target = WriteBackTarget(source_uri)
    yield Back(importing.runtime, target, importing.profile)
    await target.close()
