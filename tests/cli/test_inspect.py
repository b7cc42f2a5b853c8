"""`roundsman migrate inspect` reads a source, tells what is in it, and touches nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_legacy import FIXTURES, target, target_uri
from tests.commands import RoundsmanCommand

__all__ = ["target", "target_uri"]

SEED = str(FIXTURES / "seed_chain")


@pytest.fixture
def stranger(tmp_path: Path) -> RoundsmanCommand:
    """Roundsman where its own database cannot be reached, nor started."""
    unreachable = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200"
    return RoundsmanCommand(tmp_path, {"ROUNDSMAN_MONGODB_URI": unreachable, "ROUNDSMAN_DATA_DIR": str(tmp_path / "d")})


def test_a_folder_is_told_without_any_database(stranger: RoundsmanCommand) -> None:
    result = stranger("migrate", "inspect", "--source", SEED)

    assert result.returncode == 0, result.stderr
    assert "phone_names_differ" in result.stdout
    assert "delivery_boys_v2:6b02e8a129731c237f2fb622 + customers:6b02e8a229731c237f2fb648" in result.stdout
    assert "9876543211" not in result.stdout
    assert list(stranger.directory.iterdir()) == [], "nothing is started and nothing is written"


def test_json_holds_everything(stranger: RoundsmanCommand) -> None:
    result = stranger("migrate", "inspect", "--source", SEED, "--json")

    report: dict[str, Any] = json.loads(result.stdout)
    orphans = {one["subject"]: one["count"] for one in report["findings"] if one["code"] == "customer_without_user"}
    assert orphans == {"customers": 3, "customers_v2": 5}
    assert report["findings"][0].keys() == {"code", "subject", "level", "count", "examples", "meaning"}
    assert report["forms"]["users.password"] == {"bcrypt": 3}


@pytest.mark.usefixtures("target")
def test_a_database_is_told_as_its_folder_is(roundsman: RoundsmanCommand, target_uri: str) -> None:
    roundsman("legacy", "load", SEED, "--into", target_uri)

    of_folder = json.loads(roundsman("migrate", "inspect", "--source", SEED, "--json").stdout)
    of_database = json.loads(roundsman("migrate", "inspect", "--source", target_uri, "--json").stdout)

    assert of_database["findings"] == of_folder["findings"]
    assert of_database["collections"] == of_folder["collections"]
    assert ":" not in of_database["source"].rpartition("//")[2].split("/")[0].rpartition("@")[0], "no password"


def test_findings_fail_the_command_on_demand(stranger: RoundsmanCommand) -> None:
    assert stranger("migrate", "inspect", "--source", SEED, "--fail-on", "action").returncode == 1


def test_a_source_without_people_fails(stranger: RoundsmanCommand) -> None:
    (stranger.directory / "world").mkdir()
    (stranger.directory / "world" / "areas.jsonl").write_text('{"_id": 1}\n')

    result = stranger("migrate", "inspect", "--source", "world")

    assert result.returncode == 1
    assert "people_missing" in result.stdout


def test_a_malformed_line_is_named(stranger: RoundsmanCommand) -> None:
    (stranger.directory / "world").mkdir()
    (stranger.directory / "world" / "users.jsonl").write_text('{"_id": 1}\n\n{"_id": \n')

    result = stranger("migrate", "inspect", "--source", "world")

    assert result.returncode == 2
    assert "users.jsonl, line 3" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_empty_folder_is_one_sentence(stranger: RoundsmanCommand) -> None:
    (stranger.directory / "world").mkdir()

    result = stranger("migrate", "inspect", "--source", "world")

    assert result.returncode == 2
    assert "world is no folder with .jsonl files" in result.stderr


@pytest.mark.parametrize(
    ("profile", "said"), [("daybird", "there are: earlybird"), ("none.toml", "none.toml cannot be read")]
)
def test_an_unknown_profile_is_one_sentence(stranger: RoundsmanCommand, profile: str, said: str) -> None:
    result = stranger("migrate", "inspect", "--source", SEED, "--profile", profile)

    assert result.returncode == 2
    assert said in result.stderr


def test_a_profile_of_ones_own_is_used(stranger: RoundsmanCommand) -> None:
    (stranger.directory / "own.toml").write_text(
        'name = "own"\nversion = 1\ntimezone = "Asia/Kolkata"\n'
        '[collections.customers_v2]\nkind = "customer"\n[collections.customers_v2.fields]\nname = "name"\n'
    )

    result = stranger("migrate", "inspect", "--source", SEED, "--profile", "own.toml", "--json")

    kinds = {one["name"]: one["kind"] for one in json.loads(result.stdout)["collections"]}
    assert kinds["customers_v2"] == "customer"
    assert kinds["users"] is None


def test_a_server_that_does_not_answer_is_one_sentence(stranger: RoundsmanCommand) -> None:
    result = stranger("migrate", "inspect", "--source", "mongodb://127.0.0.1:1/x")

    assert result.returncode == 3
    assert "Traceback" not in result.stderr
