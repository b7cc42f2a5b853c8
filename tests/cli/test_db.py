"""The commands `roundsman db …` on a real server of their own."""

import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roundsman.cli.settings import settings_page
from roundsman.database.collections import DELIVERY_BOYS, USERS
from roundsman.database.connection import open_client
from roundsman.database.embedded import stop_server
from roundsman.database.transaction import Document
from tests.commands import RoundsmanCommand
from tests.conftest import Database

_GOOD = "The database is as this version of Roundsman wants it."


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[RoundsmanCommand]:
    """The command in an empty directory, with nothing set: it uses a server of its own."""
    yield RoundsmanCommand(tmp_path, {"ROUNDSMAN_DATABASE_CACHE_GB": "0.25"})
    await stop_server(tmp_path / ".roundsman", even_if_used=True)


@pytest.fixture
def fresh(roundsman: RoundsmanCommand, fresh_database: Database) -> RoundsmanCommand:
    """The command on a database that does not exist yet."""
    return roundsman.with_settings(ROUNDSMAN_DATABASE_NAME=fresh_database.name)


async def test_a_server_is_started_used_shown_and_stopped(own: RoundsmanCommand) -> None:
    up = own("db", "up")
    assert (up.returncode, up.stderr) == (0, "")
    uri = own("db", "uri").stdout.strip()
    async with await open_client(uri) as client:
        names = await client.list_database_names()
        assert "roundsman" in names
    status = own("db", "status")
    assert status.returncode == 0
    assert "Roundsman's own" in status.stdout
    assert "of this version" in status.stdout
    assert uri not in status.stdout
    assert own("db", "check").stdout.strip() == _GOOD
    assert own("db", "down").stdout.strip() == "The database server has stopped."
    assert own("db", "down").stdout.strip() == "The database server was not running."


def test_the_address_of_a_server_that_does_not_run_is_an_error(own: RoundsmanCommand) -> None:
    for command in ("uri", "status"):
        answer = own("db", command)
        assert answer.returncode == 3
        assert answer.stdout == ""
        assert 'start it with "roundsman db up"' in answer.stderr


async def test_check_shows_what_was_changed_by_hand_and_upgrade_corrects_it(
    fresh: RoundsmanCommand, fresh_database: Database
) -> None:
    assert fresh("db", "upgrade").returncode == 0
    kept: Document = {"_id": "setting of the shop"}
    await fresh_database["system"].insert_one(kept)
    await fresh_database[DELIVERY_BOYS].drop_index("user_id_1")
    await fresh_database.command("collMod", USERS, validator={})

    check = fresh("db", "check")
    assert check.returncode == 1
    lines = [line.split() for line in check.stdout.splitlines()]
    assert [DELIVERY_BOYS, "index", "missing", "user_id_1"] in lines
    assert [USERS, "validator", "differs"] in lines

    assert fresh("db", "upgrade").returncode == 0
    assert fresh("db", "check").stdout.strip() == _GOOD
    assert fresh("db", "upgrade").stdout.startswith("Nothing to do")
    assert await fresh_database["system"].find_one({"_id": kept["_id"]}) == kept


async def test_check_counts_documents_that_are_not_as_they_should_be(
    fresh: RoundsmanCommand, fresh_database: Database
) -> None:
    fresh("db", "upgrade")
    await fresh_database[USERS].insert_one({"name": "nobody"}, bypass_document_validation=True)
    check = fresh("db", "check")
    assert check.returncode == 1
    assert check.stdout.splitlines()[-1].split() == [USERS, "documents", "invalid", "1"]


def test_a_server_of_somebody_else_is_used_and_never_stopped(roundsman: RoundsmanCommand) -> None:
    assert "Roundsman does not manage its server" in roundsman("db", "up").stdout
    assert "nothing to stop" in roundsman("db", "down").stdout
    assert roundsman("db", "uri").stdout.strip() == roundsman.environment["ROUNDSMAN_MONGODB_URI"]
    assert "ROUNDSMAN_MONGODB_URI" in roundsman("db", "status").stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_that_is_interrupted_ends_in_order(own: RoundsmanCommand, number: signal.Signals) -> None:
    with own.start("db", "check") as command:
        while not (own.directory / ".roundsman" / "database" / "users.lock").exists():
            assert command.poll() is None
            time.sleep(0.01)
        command.send_signal(number)
        _, errors = command.communicate()
    assert command.returncode == 130
    assert "Traceback" not in errors
    assert own("db", "uri").returncode == 3


@pytest.mark.parametrize("sign", ["mongod.log", "users.lock"], ids=["starting", "used and stopping"])
def test_an_impatient_interrupter_leaves_no_server_behind(own: RoundsmanCommand, sign: str) -> None:
    with own.start("db", "check") as command:
        while not (own.directory / ".roundsman" / "database" / sign).exists():
            assert command.poll() is None
            time.sleep(0.01)
        while command.poll() is None:
            command.send_signal(signal.SIGTERM)
            time.sleep(0.01)
        _, errors = command.communicate()
    assert command.returncode in {130, -signal.SIGTERM}
    assert "Traceback" not in errors
    assert own("db", "uri").returncode == 3


def test_the_page_about_settings_is_of_today() -> None:
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    assert page.read_text() == settings_page() + "\n", "run: roundsman settings > docs/settings.md"
