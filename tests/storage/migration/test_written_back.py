"""While something is written back, nothing makes the source name users who are gone, or forgets what was there before."""

import pytest

from roundsman.audit_log.entries import SYSTEM
from roundsman.migration.undoing import RunStays, undo_run
from tests.imports import Database, Import, contents, fill
from tests.migration_builders import EARLYBIRD
from tests.storage.migration.write_backs import Back, people


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
