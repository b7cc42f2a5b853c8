"""Runs that are killed, stopped, or started twice: whatever happens, the same bytes come out in the end."""

import asyncio
import random
import signal
import subprocess
from pathlib import Path

import pytest

from roundsman.database.collections import MIGRATION_PLANS, USERS
from roundsman.database.lease import LeaseTaken
from roundsman.migration import portions
from roundsman.migration.apply import PlanNotFound
from roundsman.migration.generator.generating import World, generate
from roundsman.migration.planner import RunUnfinished
from roundsman.migration.runs import find_unfinished_run
from roundsman.migration.sources.folder import FolderSource
from roundsman.runtime import Runtime, open_runtime
from tests.commands import RoundsmanCommand
from tests.depth import depth
from tests.imports import JOURNALS, Database, Import, contents, wipe
from tests.storage.migration.write_watch import Instant, WriteWatch, watching

pytestmark = pytest.mark.whole

STAGES = [
    "users",
    "identifiers",
    "customers",
    "credentials",
    "delivery_boys",
    "suppliers",
    "source_documents",
    "products",
    "addresses",
    "orders",
    "reviews",
]
KILLS, GROUPS = depth(test=12, proof=20), depth(test=2, proof=4)
ROWS_PER_CHUNK = depth(test=20, proof=40)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A small business."""
    generate(tmp_path / "world", World("plan", depth(test=5, proof=10) / 100))
    return tmp_path / "world"


@pytest.fixture
def importing(runtime: Runtime, world: Path) -> Import:
    """Its import, in the many small batches that a large business would have."""
    return Import(runtime, FolderSource(world))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans that are made here are stored in small chunks; the command applies them as it finds them."""
    monkeypatch.setattr(portions, "_ROWS_PER_CHUNK", ROWS_PER_CHUNK)


def instants(writes: list[tuple[str, int]]) -> list[Instant]:
    """Draw one instant in each stage and the others anywhere; the same ones every time."""
    chance = random.Random(20261101)  # noqa: S311 - a test that must repeat
    drawn = [chance.choice([write for write in writes if write[0] == stage]) for stage in STAGES]
    drawn += chance.sample(sorted(set(writes) - set(drawn)), KILLS - len(drawn))
    return [Instant(collection, number, done=chance.random() < 0.5) for collection, number in drawn]


async def killed_at(instant: Instant, watch: WriteWatch, command: RoundsmanCommand, digest: str) -> int:
    """Start the real command and kill it at the instant."""
    process = command.start("migrate", "apply", "--plan", digest)
    watch.arm(instant, process.kill)
    await asyncio.to_thread(process.communicate)
    return process.returncode


def landing(instant: Instant, found: dict[str, tuple[int, str]], whole: dict[str, tuple[int, str]]) -> str:
    """Say where a kill landed, and how far each collection was filled."""
    when = "after" if instant.done else "before"
    filled = ", ".join(f"{name} {found[name][0]}/{whole[name][0]}" for name in STAGES if name in found)
    return f"killed {when} write {instant.number} to {instant.collection}: {filled or 'nothing written'}"


@pytest.mark.parametrize("group", range(GROUPS))
async def test_a_run_killed_at_any_instant_ends_in_the_same_bytes(
    group: int, importing: Import, runtime: Runtime, roundsman: RoundsmanCommand, database: Database, mongod_uri: str
) -> None:
    digest = (await importing.plan()).digest
    async with watching(mongod_uri) as watch:
        through_watch = roundsman.with_settings(ROUNDSMAN_MONGODB_URI=watch.uri)
        async with open_runtime(runtime.settings.model_copy(update={"mongodb_uri": watch.uri})) as watched:
            watch.seen.clear()
            await Import(watched, importing.source).apply(digest)
        whole, mine = await contents(database), instants(list(watch.seen))[group::GROUPS]

        for instant in mine:
            await wipe(database, keep=frozenset({MIGRATION_PLANS}))
            assert await killed_at(instant, watch, through_watch, digest) == -signal.SIGKILL
            print(landing(instant, await contents(database), whole))  # noqa: T201 - part of the proof

            resumed = await importing.apply(digest)

            assert not resumed.already
            assert not any(outcome.differing for outcome in resumed.totals.values())
            assert await contents(database) == whole
    assert (await importing.verify()).passed


async def started(command: RoundsmanCommand, digest: str, database: Database) -> subprocess.Popen[str]:
    """Start the command slowly, and come back when it has begun to write."""
    process = command.start("migrate", "apply", "--plan", digest, "--throttle", "150")
    while not await database[USERS].count_documents({}):
        assert process.poll() is None, process.communicate()
        await asyncio.sleep(0.02)
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_run_told_to_end_does_so_at_a_batch_border_and_goes_on_later(
    number: signal.Signals, importing: Import, roundsman: RoundsmanCommand, database: Database
) -> None:
    digest = (await importing.plan()).digest
    with await started(roundsman, digest, database) as process:
        process.send_signal(number)
        _, said = await asyncio.to_thread(process.communicate)

    assert process.returncode == 130, said
    assert "batch border" in said
    assert "apply the same plan again" in said
    assert await database[USERS].count_documents({}) % ROWS_PER_CHUNK == 0
    assert await find_unfinished_run(importing.runtime.tx)
    await importing.apply(digest)
    interrupted = await contents(database)
    await wipe(database, keep=frozenset({MIGRATION_PLANS}))
    await importing.apply(digest)
    assert await contents(database) == interrupted


async def test_a_second_runner_is_refused_while_the_first_is_alive_and_not_after_its_death(
    importing: Import, roundsman: RoundsmanCommand, database: Database
) -> None:
    digest = (await importing.plan()).digest
    with await started(roundsman, digest, database) as process:
        with pytest.raises(LeaseTaken, match=str(process.pid)):
            await importing.apply(digest)
        assert process.poll() is None
        process.kill()
        process.communicate()

    assert not (await importing.apply(digest)).already

    verification = await importing.verify()
    assert [check.check for check in verification.checks if not check.passed] == []


async def test_nothing_is_planned_while_a_run_is_unfinished(
    importing: Import, roundsman: RoundsmanCommand, database: Database
) -> None:
    digest = (await importing.plan()).digest
    with await started(roundsman, digest, database) as process:
        process.kill()
        process.communicate()

    with pytest.raises(RunUnfinished, match=digest):
        await importing.plan()

    await importing.apply(digest)
    assert (await importing.plan()).automatic_actions == 0


async def test_applying_twice_does_nothing_the_second_time(importing: Import, database: Database) -> None:
    digest = (await importing.plan()).digest
    await importing.apply(digest)
    before = await contents(database, without=frozenset())

    again = await importing.apply(digest)

    assert again.already
    assert await contents(database, without=frozenset()) == before


async def test_the_same_question_gets_the_same_plan_and_another_moment_another_one(importing: Import) -> None:
    first, second = await importing.plan(), await importing.plan()
    other = await importing.plan(as_of=first.as_of.replace(year=2027))

    assert first.digest == second.digest
    assert other.digest != first.digest


async def test_a_plan_that_does_not_exist_cannot_be_applied(importing: Import) -> None:
    with pytest.raises(PlanNotFound, match="migrate plan"):
        await importing.apply("0123456789abcdef")


def test_the_journals_are_the_only_exception() -> None:
    assert sorted(JOURNALS) == ["audit_log", "leases", "migration_runs"]
