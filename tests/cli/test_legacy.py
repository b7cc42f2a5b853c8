from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from roundsman.database.connection import Client
from roundsman.database.transaction import Document
from tests.commands import RoundsmanCommand

FIXTURES = Path(__file__).parent.parent / "fixtures" / "legacy"


@pytest.fixture
async def target(client: Client) -> AsyncIterator[AsyncDatabase[Document]]:
    database = client[f"legacy_{uuid4().hex[:12]}"]
    yield database
    await client.drop_database(database)


@pytest.fixture
def target_uri(mongod_uri: str, target: AsyncDatabase[Document]) -> str:
    return with_database(mongod_uri, target.name)


def with_database(uri: str, name: str) -> str:
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(path=f"/{name}", query=f"{parts.query}&authSource=admin"))


async def counts(database: AsyncDatabase[Document]) -> dict[str, int]:
    return {name: await database[name].count_documents({}) for name in await database.list_collection_names()}


def test_generate_prints_what_it_wrote(roundsman: RoundsmanCommand) -> None:
    result = roundsman("legacy", "generate", "--out", "world", "--scale", "0.1", "--people-only")

    assert result.returncode == 0, result.stderr
    assert "customers_v2" in result.stdout
    assert (roundsman.directory / "world" / "truth.json").exists()


def test_generate_leaves_a_folder_with_content_alone(roundsman: RoundsmanCommand) -> None:
    result = roundsman("legacy", "generate", "--out", str(FIXTURES))

    assert result.returncode == 4
    assert "not empty" in result.stderr


def test_generate_names_the_presets_there_are(roundsman: RoundsmanCommand) -> None:
    result = roundsman("legacy", "generate", "--out", "world", "--preset", "village")

    assert result.returncode == 2
    assert "market, plan" in result.stderr


@pytest.mark.parametrize("seed", ["seed_chain", "sha_gen_seed"])
async def test_load_inserts_every_line_as_it_stands(
    roundsman: RoundsmanCommand, target: AsyncDatabase[Document], target_uri: str, seed: str
) -> None:
    result = roundsman("legacy", "load", str(FIXTURES / seed), "--into", target_uri)

    assert result.returncode == 0, result.stderr
    lines = {path.stem: len(path.read_bytes().splitlines()) for path in (FIXTURES / seed).glob("*.jsonl")}
    assert await counts(target) == lines
    user = await target["users"].find_one({"email": "admin@earlybird.com"})
    assert user is not None
    assert user["name"] == "Admin User"


async def test_a_generated_world_can_be_loaded(
    roundsman: RoundsmanCommand, target: AsyncDatabase[Document], target_uri: str
) -> None:
    roundsman("legacy", "generate", "--out", "world", "--scale", "0.1")

    result = roundsman("legacy", "load", "world", "--into", target_uri)

    assert result.returncode == 0, result.stderr
    loaded = await counts(target)
    assert loaded["users"] == 50
    assert loaded["customers_v2"] == 200
    assert "truth" not in loaded


async def test_a_malformed_line_is_named_and_nothing_is_loaded(
    roundsman: RoundsmanCommand, target: AsyncDatabase[Document], target_uri: str
) -> None:
    folder = roundsman.directory / "broken"
    folder.mkdir()
    (folder / "areas.jsonl").write_text('{"_id": 1}\n{"_id": 2}\n')
    (folder / "users.jsonl").write_text('{"_id": 1}\n\n{"_id": \n')

    result = roundsman("legacy", "load", str(folder), "--into", target_uri)

    assert result.returncode == 2
    assert "users.jsonl, line 3" in result.stderr
    assert await counts(target) == {}


async def test_a_database_that_holds_something_is_only_replaced_on_demand(
    roundsman: RoundsmanCommand, target: AsyncDatabase[Document], target_uri: str
) -> None:
    await target["precious"].insert_one({"_id": 1})

    refused = roundsman("legacy", "load", str(FIXTURES / "seed_chain"), "--into", target_uri)
    held = await counts(target)
    replaced = roundsman("legacy", "load", str(FIXTURES / "seed_chain"), "--into", target_uri, "--replace")

    assert refused.returncode == 4
    assert held == {"precious": 1}
    assert replaced.returncode == 0, replaced.stderr
    assert "precious" not in await counts(target)
    assert (await counts(target))["users"] == 3


async def test_roundsmans_own_database_is_never_replaced(
    roundsman: RoundsmanCommand, database: AsyncDatabase[Document], mongod_uri: str
) -> None:
    own = with_database(mongod_uri, database.name)

    result = roundsman("legacy", "load", str(FIXTURES / "seed_chain"), "--into", own, "--replace")

    assert result.returncode == 4
    assert "Roundsman itself" in result.stderr
    assert await database["users"].count_documents({}) == 0


@pytest.mark.parametrize("address", ["mongodb://127.0.0.1:1", "postgres://x/y"])
def test_an_address_without_a_database_is_refused(roundsman: RoundsmanCommand, address: str) -> None:
    result = roundsman("legacy", "load", str(FIXTURES / "seed_chain"), "--into", address)

    assert result.returncode == 2


def test_a_server_that_does_not_answer_is_one_sentence(roundsman: RoundsmanCommand) -> None:
    result = roundsman("legacy", "load", str(FIXTURES / "seed_chain"), "--into", "mongodb://127.0.0.1:1/x")

    assert result.returncode == 3
    assert "Traceback" not in result.stderr
