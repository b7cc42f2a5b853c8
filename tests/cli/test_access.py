"""`roundsman access audit` starts the target's own Python, and says by its exit code what it found."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from roundsman.cli.access import TargetNotFound, TargetNotImportable, app, inspected
from roundsman.cli.output import exit_code

TARGET = """
import sys
from fastapi import Depends, FastAPI
print("this must not be taken for the answer")
def public(): ...
def create():
    app = FastAPI(openapi_url=None)
    app.get("/health", dependencies=[Depends(public)])(public)
    if "open" in sys.argv[1]:
        app.get("/open")(public)
    return app
def create_open():
    return create()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    # A module of the target may be named like one that stands beside the inspector.
    (tmp_path / "roles.py").write_text(TARGET)
    return tmp_path


def test_a_finding_decides_the_exit_code(folder: Path) -> None:
    page = folder / "page.md"
    arguments = ["audit", "--app", "roles:create_open()", "--cwd", str(folder), "--json", "--markdown", str(page)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert [(one["route"], one["protection"]) for one in told["routes"]] == [
        ("GET /health", "public by declaration"),
        ("GET /open", "unprotected"),
    ]
    assert [(one["code"], one["level"], one["route"]) for one in told["findings"]] == [
        ("no_authentication", "blocker", "GET /open")
    ]
    assert "| GET /open | unprotected |" in page.read_text("utf-8")


def test_without_findings_all_is_well(folder: Path) -> None:
    result = CliRunner().invoke(app, ["audit", "--app", "roles:create()", "--cwd", str(folder), "--fail-on", "info"])
    assert result.exit_code == 0
    assert "Nothing was found" in result.stdout
    assert "must not be taken" not in result.stdout


@pytest.mark.parametrize("target", ["roles:missing", "missing:app", "roles:public"])
def test_what_cannot_be_imported_is_out_of_reach(folder: Path, target: str) -> None:
    with pytest.raises(TargetNotImportable) as caught:
        inspected(target, Path("python3"), folder)
    assert exit_code(caught.value) == 3


def test_a_python_that_is_not_there_is_wrong_input(folder: Path) -> None:
    with pytest.raises(TargetNotFound) as caught:
        inspected("roles:create()", folder / "python", folder)
    assert exit_code(caught.value) == 2
