"""`roundsman migrate inspect --suggest` and `--html`, as they are called."""

import json
from pathlib import Path

import pytest
from bson import json_util

from tests.commands import RoundsmanCommand
from tests.shop_shapes import mongoose_shop


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, documents in mongoose_shop().items():
        (folder / f"{name}.jsonl").write_text("".join(json_util.dumps(one) + "\n" for one in documents), "utf-8")
    return folder


def test_a_draft_is_written_once_and_read_by_the_next_inspection(shop: Path, tmp_path: Path) -> None:
    roundsman, file, page = RoundsmanCommand(tmp_path), tmp_path / "shop.toml", tmp_path / "shop.html"

    first = roundsman("migrate", "inspect", "--source", str(shop), "--suggest", str(file))
    assert (first.returncode, "orders" in first.stdout, "not taken: migrations" in first.stdout) == (0, True, True)
    assert 'name = "shop"' in file.read_text("utf-8")

    inspected = roundsman(
        "migrate", "inspect", "--source", str(shop), "--profile", str(file), "--html", str(page), "--json"
    )
    assert inspected.returncode == 0
    assert json.loads(inspected.stdout)["profile"] == "shop"
    assert page.read_text("utf-8").startswith("<!doctype html>")

    again = roundsman("migrate", "inspect", "--source", str(shop), "--suggest", str(file))
    assert (again.returncode, "is there already" in again.stderr) == (4, True)


def test_what_cannot_be_written_is_one_sentence(shop: Path, tmp_path: Path) -> None:
    roundsman, nowhere = RoundsmanCommand(tmp_path), tmp_path / "no" / "where"

    for option, file, expected in (
        ("--html", nowhere / "a.html", "cannot be written"),
        ("--suggest", nowhere / "a.toml", "cannot be written"),
        ("--suggest", tmp_path / "a.txt", "ends in .toml"),
    ):
        result = roundsman("migrate", "inspect", "--source", str(shop), option, str(file))
        assert (result.returncode, expected in result.stderr, "Traceback" in result.stderr) == (2, True, False)
