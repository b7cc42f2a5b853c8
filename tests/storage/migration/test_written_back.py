"""While something is written back, nothing makes the source name users who are gone, or forgets what was there before."""

from pathlib import Path

import pytest

from roundsman.audit_log.entries import SYSTEM
from roundsman.migration.undoing import RunStays, undo_run
from roundsman.migration.write_back.journal import is_in_force
from tests.commands import RoundsmanCommand
from tests.imports import Database, Import, contents, fill
from tests.migration_builders import EARLYBIRD
from tests.storage.migration.write_backs import Back, people

pytestmark = pytest.mark.whole


async def test_a_run_is_taken_back_after_what_was_written_back_of_it(
    back: Back, importing: Import, database: Database, source_database: Database
) -> None:
    runtime = importing.runtime
    await fill(source_database, people())
    run = (await importing.run()).run_id
    before = await contents(source_database)
    await back.write()
    imported = await contents(database)

    with pytest.raises(RunStays, match="roundsman migrate write-back --undo"):
        await undo_run(
            runtime.tx, run, EARLYBIRD, seal=importing.means().seal, actor=SYSTEM, clock=runtime.clock, forget=False
        )

    assert await contents(database) == imported
    assert (await importing.verify()).passed
    await back.undo()
    await undo_run(
        runtime.tx, run, EARLYBIRD, seal=importing.means().seal, actor=SYSTEM, clock=runtime.clock, forget=False
    )
    assert await contents(source_database) == before
    assert await database["users"].count_documents({}) == 0


async def test_no_older_backup_makes_roundsman_forget_what_was_written_back(
    back: Back,
    importing: Import,
    database: Database,
    source_database: Database,
    roundsman: RoundsmanCommand,
    tmp_path: Path,
) -> None:
    await fill(source_database, people())
    await importing.run()
    untouched = await contents(source_database)
    older, newer = str(tmp_path / "older"), str(tmp_path / "newer")
    assert roundsman("db", "backup", older).returncode == 0
    await back.write()
    assert roundsman("db", "backup", newer).returncode == 0
    before = await contents(database)

    refused = roundsman("db", "restore", older, "--replace", "--yes")

    assert refused.returncode != 0
    assert "roundsman migrate write-back --undo" in refused.stderr
    assert await contents(database) == before
    # What the newer one brings back can still be undone, and then the older one may come.
    assert roundsman("db", "restore", newer, "--replace", "--yes").returncode == 0
    await back.undo()
    assert await contents(source_database) == untouched
    assert roundsman("db", "restore", older, "--replace", "--yes").returncode == 0


async def test_what_was_written_back_is_forgotten_only_by_word(
    back: Back, importing: Import, source_database: Database, roundsman: RoundsmanCommand, tmp_path: Path
) -> None:
    await fill(source_database, people())
    await importing.run()
    assert roundsman("db", "backup", str(tmp_path / "backup")).returncode == 0
    await back.write()

    restored = roundsman("db", "restore", str(tmp_path / "backup"), "--replace", "--forget-write-back", "--yes")

    assert restored.returncode == 0, restored.stderr
    assert not await is_in_force(back.tx)
