"""A database whose primary steps down while an import writes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roundsman.database.collections import MIGRATION_PLANS, USERS
from roundsman.database.embedded import embedded_server
from roundsman.migration.generator.generating import World, generate
from roundsman.migration.sources.folder import FolderSource
from roundsman.runtime import LONG_WORK_SECONDS, Runtime, open_runtime
from roundsman.settings import Settings
from tests.imports import JOURNALS, Import, contents

pytestmark = pytest.mark.whole

STEP_DOWN_SECONDS = 10
# The rows of a plan stand under ids that are drawn.
WITHOUT = JOURNALS | {MIGRATION_PLANS}


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Runtime]:
    """A Roundsman as the migration opens it, on a server of its own: the tests' one is everybody's."""
    async with embedded_server(tmp_path / "server", cache_gb=0.25) as uri:
        settings = Settings(data_dir=tmp_path / "data", mongodb_uri=uri)
        async with open_runtime(settings, patience_seconds=LONG_WORK_SECONDS) as runtime:
            yield runtime


async def test_applying_goes_on_by_itself_when_the_primary_is_back(patient: Runtime, tmp_path: Path) -> None:
    generate(tmp_path / "world", World("plan", 0.5))
    importing = Import(patient, FolderSource(tmp_path / "world"))
    header = await importing.plan()

    applying = asyncio.create_task(importing.apply(header.digest))
    while not await patient.tx.database[USERS].find_one({}):  # noqa: ASYNC110 - the other task decides
        await asyncio.sleep(0.01)
    await patient.client.admin.command("replSetStepDown", STEP_DOWN_SECONDS, force=True)
    applied = await applying

    assert applied.drifted == []
    assert not any(outcome.differing for outcome in applied.totals.values())
    assert (await importing.verify()).passed
    stepped_over = await contents(patient.tx.database, without=WITHOUT)
    await patient.client.drop_database(patient.tx.database.name)
    async with open_runtime(patient.settings) as undisturbed:
        again = Import(undisturbed, importing.source)
        await again.apply((await again.plan()).digest)
        assert await contents(undisturbed.tx.database, without=WITHOUT) == stepped_over
