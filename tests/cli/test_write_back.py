"""The command `roundsman migrate write-back`: asked before it writes, told after, undone to the byte."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roundsman.migration.sources.mongodb import MongoSource
from roundsman.runtime import Runtime
from tests.commands import RoundsmanCommand
from tests.imports import Database, Import, database_hash, fill
from tests.storage.migration.write_backs import people


@pytest.fixture
def command(roundsman: RoundsmanCommand, source_uri: str) -> RoundsmanCommand:
    """The command on `source_database`."""
    return roundsman.with_settings(ROUNDSMAN_SOURCE=source_uri)


@pytest.fixture
async def importing(runtime: Runtime, source_uri: str) -> AsyncIterator[Import]:
    """The import of `source_database`."""
    source = MongoSource(source_uri)
    yield Import(runtime, source)
    await source.close()


async def test_an_owner_looks_writes_and_takes_it_back(
    command: RoundsmanCommand, importing: Import, source_database: Database
) -> None:
    await fill(source_database, people())
    await importing.run()
    before = await database_hash(source_database)

    looked = command("migrate", "write-back", "--dry-run")
    declined = command("migrate", "write-back", standard_input="y\n")

    assert (looked.returncode, looked.stderr) == (0, "")
    assert "customers_v2.user_id       4  to be written" in looked.stdout
    assert declined.returncode == 1
    assert "nothing was changed" in declined.stderr
    assert await database_hash(source_database) == before

    written = command("migrate", "write-back", "--json", standard_input="write\n")

    assert written.returncode == 0, written.stderr
    told = json.loads(written.stdout)
    assert told["counts"] == {"customers_v2.user_id": {"linked": 1, "written": 4}}
    assert told["own_ids"] == len(told["listed"]["own_id"]) == 1
    assert command("migrate", "verify").returncode == 0

    hesitant = command("migrate", "write-back", "--undo", standard_input="write\n")
    undone = command("migrate", "write-back", "--undo", standard_input="restore\n")

    assert hesitant.returncode == 1

    assert undone.returncode == 0, undone.stderr
    assert "as it was before" in undone.stdout
    assert await database_hash(source_database) == before


async def test_what_was_changed_since_is_told_with_an_exit_code(
    command: RoundsmanCommand, importing: Import, source_database: Database
) -> None:
    await fill(source_database, people())
    await importing.run()
    command("migrate", "write-back", "--yes")
    await source_database["customers_v2"].update_one({"id": "absent"}, {"$set": {"user_id": "joe"}})

    undone = command("migrate", "write-back", "--undo", "--yes")

    assert undone.returncode == 1
    assert "changed since by somebody else, left alone" in undone.stdout


async def test_what_stands_against_it_is_one_sentence(
    command: RoundsmanCommand, source_database: Database, tmp_path: Path
) -> None:
    await fill(source_database, people())
    before = await database_hash(source_database)

    early = command("migrate", "write-back", "--yes")
    folder = command("migrate", "write-back", "--yes", "--source", str(tmp_path))
    away = command("migrate", "write-back", "--undo", "--yes", "--source", "mongodb://127.0.0.1:9/shop")

    assert (early.returncode, folder.returncode, away.returncode) == (4, 2, 3)
    assert "nothing was imported yet" in early.stderr
    assert "nothing is written back to files" in folder.stderr
    assert all(one.stderr.count("\n") == 1 for one in (early, folder, away))
    assert "does not answer" in away.stderr
    assert await database_hash(source_database) == before
