"""`roundsman audit-log …` as an operator types it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from roundsman.audit_log.chain import SEAL
from roundsman.audit_log.sealing import make_checkpoint_if_due, seal_batch
from roundsman.database.collections import AUDIT_LOG
from roundsman.runtime import Runtime
from roundsman.worker.sealer import sealer_of
from tests.commands import RoundsmanCommand
from tests.imports import Database
from tests.servers import free_port

GREEN_WITHIN_SECONDS = 60


@contextmanager
def serving(roundsman: RoundsmanCommand, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """A server that answers, ended on leaving with all of its processes."""
    port = str(free_port())
    with roundsman.start("serve", "--port", port, *options) as server:
        try:
            while not _answers(port):
                assert server.poll() is None, server.communicate()
                time.sleep(0.05)
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            if not server.stdout.closed:  # type: ignore[union-attr]  # it is a pipe
                server.communicate()


def _answers(port: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/v1/health").status_code == 200
    except httpx.TransportError:
        return False


def until_sealed(roundsman: RoundsmanCommand) -> None:
    """Wait until no row waits for its seal, but not for ever."""
    deadline = time.monotonic() + GREEN_WITHIN_SECONDS
    while json.loads(roundsman("audit-log", "verify", "--json").stdout)["unsealed"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)


async def rows_sealed(database: Database) -> list[dict[str, Any]]:
    """The rows with a place in the chain, in its order: ids of rows written within one second tell none."""
    return await database[AUDIT_LOG].find({f"{SEAL}.number": {"$ne": None}}).sort(f"{SEAL}.number").to_list()


async def seal(runtime: Runtime) -> None:
    """Seal what waits for it and make the first checkpoint, as every server and worker does."""
    sealer = sealer_of(runtime)
    await seal_batch(sealer.tx, sealer.key, fencing=1, now=sealer.clock())
    await make_checkpoint_if_due(sealer.tx, sealer.key, sealer.file, now=sealer.clock())


@pytest.fixture
async def sealed(roundsman: RoundsmanCommand, runtime: Runtime) -> RoundsmanCommand:
    """A log with the rows of two admins."""
    for number in (1, 2):
        made = roundsman("admin", "create", "--name", "Meera Rao", "--phone", f"982001234{number}")
        assert made.returncode == 0, made.stderr
    await seal(runtime)
    return roundsman


async def test_what_nobody_touched_is_proved_and_an_edit_is_found(
    sealed: RoundsmanCommand, database: Database, tmp_path: Path
) -> None:
    proved = sealed("audit-log", "verify")
    assert proved.returncode == 0, proved.stderr
    assert " rows hold, 0 findings, 1 checkpoints." in proved.stdout
    assert (tmp_path / "data" / "keys" / "audit-log.key").stat().st_mode & 0o777 == 0o600

    await database[AUDIT_LOG].update_one({f"{SEAL}.number": 1}, {"$set": {"actor.who": "self"}})

    found = sealed("audit-log", "verify", "--json")
    assert found.returncode == 1
    assert [(one["trouble"], one["first"]) for one in json.loads(found.stdout)["findings"]] == [("edited", 1)]


async def test_the_key_cannot_be_replaced_unnoticed(sealed: RoundsmanCommand, tmp_path: Path) -> None:
    (tmp_path / "data" / "keys" / "audit-log.key").unlink()
    refused = sealed("audit-log", "verify")
    assert refused.returncode == 8
    assert "put the right audit-log.key back" in refused.stderr


async def test_rows_are_shown_and_written_with_their_seals(sealed: RoundsmanCommand, tmp_path: Path) -> None:
    shown = sealed("audit-log", "show", "--action", "user.", "--limit", "1", "--json")
    assert [one["who"] for one in json.loads(shown.stdout)] == ["system"]
    assert "There is no such row." in sealed("audit-log", "show", "--target", "user:nobody").stdout

    written = sealed("audit-log", "export", "--output", "log.jsonl")

    assert written.returncode == 0, written.stderr
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["previous"] for row in rows[1:]] == [row["mac"] for row in rows[:-1]]
    assert sealed("audit-log", "export", "--output", "log.jsonl").returncode == 2
    assert sealed("audit-log", "export").stdout == (tmp_path / "log.jsonl").read_text("utf-8")


async def test_a_restored_backup_holds_and_servers_go_on_with_it(
    sealed: RoundsmanCommand, database: Database, runtime: Runtime
) -> None:
    assert sealed("db", "backup", "backup").returncode == 0
    before = await rows_sealed(database)
    assert sealed("admin", "create", "--name", "Meera Rao", "--phone", "9820012349").returncode == 0
    await seal(runtime)

    restored = sealed("db", "restore", "backup", "--replace", "--yes")
    assert restored.returncode == 0, restored.stderr

    assert await rows_sealed(database) == before
    with serving(sealed, "--workers", "2"):
        until_sealed(sealed)
    assert sealed("audit-log", "verify").returncode == 0


async def test_two_databases_of_one_data_directory_have_logs_of_their_own(
    sealed: RoundsmanCommand, fresh_database: Database
) -> None:
    other = sealed.with_settings(ROUNDSMAN_DATABASE_NAME=fresh_database.name)

    proved = other("audit-log", "verify")

    assert proved.returncode == 0, proved.stdout
    assert "0 rows hold, 0 findings, 0 checkpoints." in proved.stdout
