"""What all tests share: one real MongoDB server for the whole run, and for each test an empty database with our schema."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pymongo import client_session_shared
from pymongo.asynchronous.database import AsyncDatabase

from roundsman.database.collections import SYSTEM
from roundsman.database.connection import Client, open_client, with_database
from roundsman.database.embedded import embedded_server, stop_server
from roundsman.database.transaction import Document, Tx
from roundsman.database.upgrade import SCHEMA_ID, ensure_schema, find_drift
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import PREFIX, Settings
from tests.commands import RoundsmanCommand

_SERVER_DIRECTORY = "server"
Database = AsyncDatabase[Document]

# `test` tries the same examples every time, so that a red run is never a surprise; `proof` looks for new ones.
# How fast they come is the machine's matter.
hypothesis_settings.register_profile(
    "test",
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.register_profile("proof", max_examples=3000, deadline=None)
hypothesis_settings.load_profile("proof" if os.environ.get("ROUNDSMAN_TESTS") == "proof" else "test")

# The driver gives a transaction up after two minutes of conflicts; many writers of one document may take longer here.
client_session_shared._WITH_TRANSACTION_RETRY_TIME_LIMIT = 1800

# The settings of whoever runs the tests are not the tests' business.
for _name in [name for name in os.environ if name.startswith(PREFIX) and name != "ROUNDSMAN_TESTS"]:
    del os.environ[_name]

# Coverage is measured in the workers only: hundreds of commands would take half as long again to start.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """After the last worker has ended, leave neither a server nor its 300 MB of files behind, whatever happened."""
    directory = _root(config) / _SERVER_DIRECTORY
    if "PYTEST_XDIST_WORKER" not in os.environ and directory.exists():
        asyncio.run(stop_server(directory, even_if_used=True))
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def server_directory(pytestconfig: pytest.Config) -> Path:
    """The data directory of the tests' server: the same for all workers of a run."""
    root = _root(pytestconfig)
    return (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / _SERVER_DIRECTORY


@pytest.fixture(scope="session")
async def mongod_uri(server_directory: Path) -> AsyncIterator[str]:
    """The connection string of the one server; workers share it the way any processes of Roundsman do.

    It deletes nothing by itself when its time is over: tests live in a past of their own, and what is over may not count
    even while it is still there.
    """
    async with embedded_server(server_directory, cache_gb=1.0) as uri:
        async with await open_client(uri) as client:
            await client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        yield uri


@pytest.fixture(scope="session")
async def client(mongod_uri: str) -> AsyncIterator[Client]:
    """A client of the one server, for the whole run."""
    async with await open_client(mongod_uri) as client:
        yield client


@pytest.fixture(scope="session")
async def worker_database(client: Client) -> AsyncIterator[Database]:
    """A database of this worker alone. Making one takes half a second, so tests share it and `database` empties it."""
    database = client[f"test_{uuid4().hex[:12]}"]
    await ensure_schema(database)
    yield database
    assert await find_drift(database) == ()
    await client.drop_database(database)


@pytest.fixture
async def database(worker_database: Database) -> AsyncIterator[Database]:
    """An empty database with Roundsman's collections, validators and indexes; a test may not change those."""
    yield worker_database
    await _empty(worker_database)


@pytest.fixture
async def fresh_database(client: Client) -> AsyncIterator[Database]:
    """A database that does not exist yet, for tests of the schema itself."""
    database = client[f"fresh_{uuid4().hex[:12]}"]
    yield database
    await client.drop_database(database)


@pytest.fixture
async def source_database(client: Client) -> AsyncIterator[Database]:
    """A database to be the existing application's."""
    database = client[f"source_{uuid4().hex[:12]}"]
    yield database
    await client.drop_database(database)


@pytest.fixture
def source_uri(mongod_uri: str, source_database: Database) -> str:
    """Where `source_database` is."""
    return with_database(mongod_uri, source_database.name)


@pytest.fixture
def tx(database: Database) -> Tx:
    """The handle to `database` that functions take."""
    return Tx(database)


@pytest.fixture
def settings(tmp_path: Path, mongod_uri: str, database: Database) -> Settings:
    """Settings of a Roundsman with its own data directory, on `database` of the one server.

    Staff needs no authenticator where that is not what a test is about.
    """
    return Settings(
        data_dir=tmp_path / "data", mongodb_uri=mongod_uri, database_name=database.name, staff_totp="optional"
    )


@pytest.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """A running Roundsman."""
    async with open_runtime(settings) as runtime:
        yield runtime


@pytest.fixture
def roundsman(tmp_path: Path, settings: Settings) -> RoundsmanCommand:
    """The real command, in an empty directory, on `database` of the one server."""
    return RoundsmanCommand(
        tmp_path,
        {
            "ROUNDSMAN_DATA_DIR": str(settings.data_dir),
            "ROUNDSMAN_MONGODB_URI": str(settings.mongodb_uri),
            "ROUNDSMAN_DATABASE_NAME": settings.database_name,
            "ROUNDSMAN_STAFF_TOTP": settings.staff_totp,
        },
    )


def _root(config: pytest.Config) -> Path:
    factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]  # hooks get no fixtures
    return factory.getbasetemp()


async def _empty(database: Database) -> None:
    # Which of the thirty have anything in them is asked at once: a test fills a few.
    names = await database.list_collection_names(filter={"type": "collection"})
    one_of_each: list[Document] = [
        {"$unionWith": {"coll": name, "pipeline": [{"$limit": 1}, {"$replaceWith": {"name": {"$literal": name}}}]}}
        for name in names
    ]
    async for filled in await database.aggregate([{"$documents": []}, *one_of_each]):
        keep = {"_id": {"$ne": SCHEMA_ID}} if filled["name"] == SYSTEM else {}
        await database[filled["name"]].delete_many(keep)
