"""Lists of customers and dumps as somebody gives them to the commands."""

import json
from pathlib import Path

import pytest

from roundsman.database.collections import CUSTOMERS
from tests.commands import RoundsmanCommand
from tests.imports import Database, fill
from tests.migration_builders import PHONE
from tests.storage.migration.dumps import dump
from tests.storage.migration.worlds import everything

LEADS = f"Name;Mobile;Remarks\nAsha Verma;{PHONE};gate 4\nJos\xe9 D'Souza;9900112233;\n"


@pytest.fixture
async def folder(roundsman: RoundsmanCommand, source_database: Database) -> Path:
    """Where the commands run: a dump of an application and a list."""
    await fill(source_database, everything())
    await dump(source_database, roundsman.directory / "dump" / "shop")
    (roundsman.directory / "Leads.csv").write_bytes(LEADS.encode("cp1252"))
    return roundsman.directory


async def test_a_dump_and_then_a_list_from_inspection_to_report(
    roundsman: RoundsmanCommand, folder: Path, database: Database
) -> None:
    # Only the list's own commands name it: what the settings name is the application's.
    here = roundsman.with_settings(ROUNDSMAN_SOURCE="dump")
    first = here("migrate", "plan", "--json")
    assert first.returncode == 0, first.stderr
    assert here("migrate", "apply", "--plan", json.loads(first.stdout)["digest"]).returncode == 0

    inspected = here("migrate", "inspect", "--source", "Leads.csv", "--fail-on", "blocker")
    assert inspected.returncode == 0, inspected.stderr
    assert ["list/Leads", "customer", "2"] in [line.split() for line in inspected.stdout.splitlines()]
    assert "used for nothing: Remarks" in inspected.stderr
    assert "Windows-1252" in inspected.stderr
    planned = here("migrate", "plan", "--source", "Leads.csv", "--json")
    assert planned.returncode == 0, planned.stderr
    digest = json.loads(planned.stdout)["digest"]
    other = here("migrate", "apply", "--plan", digest, "--source", "dump")
    assert "made from Leads.csv, not from dump" in other.stderr

    applied = here("migrate", "apply", "--plan", digest)

    assert applied.returncode == 0, applied.stderr
    assert await database[CUSTOMERS].count_documents({"name": "Jos\xe9 D'Souza"}) == 1
    for source in ("Leads.csv", "dump"):
        verified = here("migrate", "verify", "--source", source)
        assert verified.returncode == 0, verified.stdout
        assert "lost 0" in verified.stdout
        again = json.loads(here("migrate", "plan", "--source", source, "--json").stdout)["counts"]
        assert {name: count for name, count in again.items() if name.startswith("rows.") and count} == {}
    assert "list/Leads" in here("migrate", "report", "--source", "Leads.csv").stdout
    assert folder == roundsman.directory


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("legacy", "load", "Leads.csv", "--into", "mongodb://127.0.0.1:9/x"), "is no folder"),
        (("migrate", "plan", "--source", "none.xlsx"), "No such file"),
        (("migrate", "inspect", "--suggest", "new.toml", "--source", "Leads.csv"), "is a list"),
    ],
)
async def test_what_is_no_source_for_a_command_is_one_sentence(
    roundsman: RoundsmanCommand, folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = roundsman(*arguments)

    assert result.returncode != 0
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert folder == roundsman.directory
