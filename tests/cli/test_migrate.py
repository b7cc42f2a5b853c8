"""The commands `roundsman migrate …` as somebody types them: what they print, and how they end."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roundsman.database.collections import CUSTOMERS, MIGRATION_PLANS, ORDERS, USERS
from roundsman.migration.sources.folder import FolderSource
from roundsman.runtime import Runtime
from tests.commands import RoundsmanCommand
from tests.imports import Database, Import, fill
from tests.storage.migration.worlds import ORDER_ID, everything

FIXTURES = Path(__file__).parent.parent / "fixtures" / "legacy"
AWAY = "mongodb://127.0.0.1:9/shop"


@pytest.fixture
async def shop(source_database: Database, source_uri: str) -> str:
    """The address of an existing application's database with one of everything."""
    await fill(source_database, everything())
    return source_uri


async def test_from_a_plan_to_a_report(roundsman: RoundsmanCommand, database: Database, shop: str) -> None:
    here = roundsman.with_settings(ROUNDSMAN_SOURCE=shop)

    planned = here("migrate", "plan", "--out", "plan.jsonl")

    assert planned.returncode == 0, planned.stderr
    assert "Nothing is imported yet" in planned.stdout
    assert await database[USERS].count_documents({}) == 0
    counted = [line.split(maxsplit=2) for line in planned.stdout.partition("\n\nPlan ")[0].splitlines()[2:]]
    assert {"fate", "rule", "rows"} <= {name.partition(".")[0] for name, *_ in counted}
    assert not [one for one in counted if len(one) < 3], "every number says what it counts"
    rows = [json.loads(line) for line in (roundsman.directory / "plan.jsonl").read_text().splitlines()]
    digest = planned.stdout.partition("\nPlan ")[2].split()[0]
    assert rows

    applied = here("migrate", "apply", "--plan", digest[:12])

    assert applied.returncode == 0, applied.stderr
    assert f"Applied as run {digest[:12]}" in applied.stdout

    verified = here("migrate", "verify")

    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.endswith("\nlost 0\n")
    assert "5 of 5 customers have a live user" in verified.stdout

    assert "by: roundsman activation backfill" in here("activation", "dashboard").stdout
    assert here("activation", "backfill").stdout.endswith(" facts of 6 new customers and 0 others.\n")
    assert "backfill" not in here("activation", "dashboard").stdout

    reported = here("migrate", "report", "--out", "DATA_CLEANUP_REPORT.md")

    assert reported.returncode == 0, reported.stderr
    assert "lost 0" in (roundsman.directory / "DATA_CLEANUP_REPORT.md").read_text().lower()

    await database[ORDERS].update_one({"_id": ORDER_ID}, {"$inc": {"total_paise": 1}})
    damaged = here("migrate", "verify")

    assert damaged.returncode == 1
    assert "FAIL  money" in damaged.stdout
    assert "ok    content" in damaged.stdout


async def test_a_plan_is_applied_from_what_it_was_made_from(
    roundsman: RoundsmanCommand, database: Database, shop: str
) -> None:
    planned = roundsman("migrate", "plan", "--source", str(FIXTURES / "seed_chain"), "--json")
    digest = json.loads(planned.stdout)["digest"]

    applied = roundsman.with_settings(ROUNDSMAN_SOURCE=shop)("migrate", "apply", "--plan", digest)

    assert applied.returncode == 0, applied.stderr
    assert "since the plan" not in applied.stdout
    assert await database[USERS].count_documents({}) == 14


async def test_a_plan_is_written_for_its_owner_or_not_begun(roundsman: RoundsmanCommand, shop: str) -> None:
    plan = ("migrate", "plan", "--source", shop, "--out")

    nowhere = roundsman(*plan, "no/such/folder/plan.jsonl")
    written = roundsman(*plan, "plan.jsonl")

    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert "no/such/folder/plan.jsonl cannot be written" in nowhere.stderr
    assert written.returncode == 0, written.stderr
    assert (roundsman.directory / "plan.jsonl").stat().st_mode & 0o777 == 0o600


async def test_the_same_moment_gives_the_same_digest_anywhere(roundsman: RoundsmanCommand, runtime: Runtime) -> None:
    folder, moment = FIXTURES / "seed_chain", "2026-11-23"

    typed = roundsman("migrate", "plan", "--source", str(folder), "--json", "--as-of", moment)
    called = await Import(runtime, FolderSource(folder)).plan(as_of=datetime.fromisoformat(moment).replace(tzinfo=UTC))

    assert typed.returncode == 0, typed.stderr
    assert json.loads(typed.stdout)["digest"] == called.digest
    assert json.loads(typed.stdout)["counts"]["rows.users"] == 14


async def test_while_the_source_is_away_the_copies_are_checked(
    roundsman: RoundsmanCommand, database: Database, shop: str
) -> None:
    planned = roundsman("migrate", "plan", "--source", shop, "--json")
    roundsman("migrate", "apply", "--plan", json.loads(planned.stdout)["digest"], "--source", shop)

    away = roundsman("migrate", "verify", "--source", AWAY)
    on_purpose = roundsman("migrate", "verify", "--without-source")
    await database[CUSTOMERS].delete_many({})
    damaged = roundsman("migrate", "verify", "--without-source")

    assert away.returncode == 2
    assert "only the copies are checked" in away.stderr
    assert "ok    content" in away.stdout
    assert on_purpose.returncode == 0, on_purpose.stdout
    assert damaged.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("plan",), 2, "ROUNDSMAN_SOURCE"),
        (("plan", "--source", "no-such-folder"), 2, "there is no no-such-folder"),
        (("plan", "--source", AWAY), 3, "127.0.0.1:9/shop does not answer"),
        (("plan", "--source", AWAY, "--profile", "unknown"), 2, "there are: earlybird"),
        (("apply", "--plan", "0123456789ab"), 5, "there is no plan 0123456789ab"),
    ],
    ids=["no source", "no folder", "source away", "no profile", "no plan"],
)
async def test_what_cannot_be_done_is_one_sentence(
    roundsman: RoundsmanCommand, database: Database, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended = roundsman("migrate", *arguments)

    assert ended.returncode == code, ended.stderr
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert await database[MIGRATION_PLANS].count_documents({}) == 0


async def test_a_malformed_line_is_named_and_nothing_is_planned(
    roundsman: RoundsmanCommand, database: Database
) -> None:
    folder = roundsman.directory / "broken"
    folder.mkdir()
    (folder / "customers_v2.jsonl").write_text('{"_id": 1}\n{"_id": 2}\n')
    (folder / "users.jsonl").write_text('{"_id": 1}\n\n{"_id": \n')

    ended = roundsman("migrate", "plan", "--source", str(folder))

    assert ended.returncode == 2
    assert "users.jsonl, line 3" in ended.stderr
    assert await database[MIGRATION_PLANS].count_documents({}) == 0
