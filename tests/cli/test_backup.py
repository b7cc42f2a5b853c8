"""`roundsman db backup` and `db restore` as an operator types them, and killed as machines do."""

import asyncio
import json
import signal
from pathlib import Path

import pytest

from roundsman.database.collections import AUDIT_LOG, USERS
from roundsman.database.upgrade import ensure_schema
from roundsman.database.wholeness import DatabaseHalfRestored
from roundsman.settings import Settings
from tests.commands import RoundsmanCommand
from tests.imports import Database, contents, fill
from tests.journeys.shop import import_shop
from tests.storage.migration.worlds import everything
from tests.storage.migration.write_watch import Instant, watching

pytestmark = pytest.mark.whole

KEY = "source-documents.key"
NOTES = frozenset({"system", AUDIT_LOG})
KILLED_AT = [
    Instant("system", 1, done=True),  # the mark is set
    Instant("users", 1, done=False),
    Instant("source_documents", 1, done=True),
    Instant("system", 2, done=False),
    Instant("system", 3, done=True),  # all is there but the mark not removed
]


@pytest.fixture
async def shop(source_database: Database, source_uri: str, roundsman: RoundsmanCommand) -> str:
    """An imported shop."""
    await fill(source_database, everything())
    import_shop(roundsman, source_uri)
    return source_uri


async def test_a_business_moves_to_another_machine(
    roundsman: RoundsmanCommand, fresh_database: Database, database: Database, shop: str, tmp_path: Path
) -> None:
    taken = roundsman("db", "backup", "backup", "--with-keys")
    assert taken.returncode == 0, taken.stderr
    assert "Not in it: the source, the settings" in taken.stdout
    assert KEY not in taken.stdout
    other = roundsman.with_settings(
        ROUNDSMAN_DATA_DIR=str(tmp_path / "other"), ROUNDSMAN_DATABASE_NAME=fresh_database.name
    )

    restored = other("db", "restore", "backup", "--with-keys")

    assert restored.returncode == 0, restored.stderr
    assert await contents(fresh_database, without=NOTES) == await contents(database, without=NOTES)
    assert await fresh_database[AUDIT_LOG].count_documents({"action": "database.restored"}) == 1
    assert other("db", "check").returncode == 0
    # The copies can be opened there: verification reads each of them.
    verified = other("migrate", "verify", "--source", shop)
    assert verified.returncode == 0, verified.stdout
    assert (tmp_path / "other" / "keys" / KEY).stat().st_mode & 0o777 == 0o600


async def test_the_keys_are_named_when_they_are_left_out(
    roundsman: RoundsmanCommand, fresh_database: Database, shop: str, tmp_path: Path
) -> None:
    assert shop
    taken = roundsman("db", "backup", "backup", "--json")
    keys = json.loads(taken.stdout)["keys"]
    assert {(key["name"], key["included"]) for key in keys} == {(KEY, False), ("secret.key", False)}
    assert KEY in roundsman("db", "backup", "another").stdout
    other = roundsman.with_settings(
        ROUNDSMAN_DATA_DIR=str(tmp_path / "other"), ROUNDSMAN_DATABASE_NAME=fresh_database.name
    )

    without = other("db", "restore", "backup", "--with-keys")
    lacking = other("db", "restore", "backup")

    assert (without.returncode, "taken without key files" in without.stderr) == (5, True)
    assert lacking.returncode == 0, lacking.stderr
    assert f"lacks the {KEY}" in lacking.stdout


async def test_another_key_is_never_written_over(
    roundsman: RoundsmanCommand, settings: Settings, database: Database, shop: str
) -> None:
    assert shop
    roundsman("db", "backup", "backup", "--with-keys")
    key = settings.data_dir / "keys" / KEY
    key.write_bytes(b"another" * 10)

    refused = roundsman("db", "restore", "backup", "--with-keys", "--replace", "--yes")

    assert (refused.returncode, "move it away first" in refused.stderr) == (4, True)
    assert key.read_bytes() == b"another" * 10
    assert await database[USERS].count_documents({})


async def test_what_the_database_holds_goes_only_on_a_typed_word(
    roundsman: RoundsmanCommand, database: Database, shop: str
) -> None:
    assert shop
    roundsman("db", "backup", "backup")
    await database[USERS].delete_many({})

    unasked = roundsman("db", "restore", "backup")
    hesitant = roundsman("db", "restore", "backup", "--replace", standard_input="yes\n")
    nobody = roundsman("db", "restore", "backup", "--replace")
    assert (unasked.returncode, "--replace" in unasked.stderr) == (4, True)
    assert (hesitant.returncode, "nothing was changed" in hesitant.stderr) == (1, True)
    assert (nobody.returncode, "nothing was changed" in nobody.stderr) == (1, True)
    assert await database[USERS].count_documents({}) == 0

    typed = roundsman("db", "restore", "backup", "--replace", standard_input=f"{database.name}\n")

    assert typed.returncode == 0, typed.stderr
    assert await database[USERS].count_documents({}) > 0


async def test_a_restore_that_is_killed_leaves_nothing_that_looks_whole(
    roundsman: RoundsmanCommand, database: Database, shop: str, mongod_uri: str
) -> None:
    assert shop
    roundsman("db", "backup", "backup")
    before = await contents(database, without=NOTES)

    async with watching(mongod_uri) as watch:
        through_watch = roundsman.with_settings(ROUNDSMAN_MONGODB_URI=watch.uri)
        for instant in KILLED_AT:
            process = through_watch.start("db", "restore", "backup", "--replace", "--yes")
            watch.arm(instant, process.kill)
            await asyncio.to_thread(process.communicate)
            assert process.returncode == -signal.SIGKILL
            with pytest.raises(DatabaseHalfRestored):
                await ensure_schema(database)

    for refused in (("migrate", "review", "list"), ("db", "check"), ("db", "upgrade"), ("db", "backup", "late")):
        ended = roundsman(*refused)
        assert (ended.returncode, "roundsman db restore" in ended.stderr) == (3, True), refused
    assert "only partly restored" in roundsman("db", "status").stdout
    again = roundsman("db", "restore", "backup")
    assert again.returncode == 0, again.stderr
    assert await contents(database, without=NOTES) == before
    assert roundsman("db", "check").returncode == 0
