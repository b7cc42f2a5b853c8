"""A source in the real database, its import, and a second Roundsman to compare with."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from roundsman.database import collections
from roundsman.database.connection import Client
from roundsman.database.upgrade import SCHEMA_ID, ensure_schema
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.migration.write_back.target import WriteBackTarget
from roundsman.runtime import Runtime
from tests.imports import Database, Import
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


@pytest.fixture(scope="module")
async def second_schema(client: Client) -> AsyncIterator[Database]:
    """A second Roundsman's database."""
    database = client[f"second_{uuid4().hex[:12]}"]
    await ensure_schema(database)
    yield database
    await client.drop_database(database)


@pytest.fixture
async def second(second_schema: Database) -> AsyncIterator[Database]:
    """The same, empty."""
    yield second_schema
    for name in await second_schema.list_collection_names(filter={"type": "collection"}):
        await second_schema[name].delete_many({"_id": {"$ne": SCHEMA_ID}} if name == collections.SYSTEM else {})
