"""The rules of the house that no linter knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "roundsman").rglob("*.py"))
LONGEST_MODULE = 400
LONGEST_FUNCTION = 50
# The inspector is handed to another Python as one file, so it cannot be parted.
LONGER = {"roundsman/access/inspector.py": 640}
REGISTRIES = ("pypi." + "org", "pythonhosted." + "org", "registry." + "npmjs")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions_of(path: Path) -> Iterator[Function]:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return (node for node in nodes if isinstance(node, Function))


def lines_of(function: Function) -> int:
    """Without what stands above the `def`: decorators decide nothing."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def files_of_the_project() -> Iterator[Path]:
    """All text we write; not what tools put beside it."""
    yield from (path for path in ROOT.iterdir() if path.is_file())
    for folder in (".ci", "benchmarks", "docs", "requirements", "roundsman", "tests"):
        yield from (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_and_is_short(path: Path) -> None:
    text = path.read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)), "begins with a docstring"
    assert text.count("\n") <= LONGER.get(name_of(path), LONGEST_MODULE)
    assert {one.name: lines_of(one) for one in functions_of(path) if lines_of(one) > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=name_of)
def test_a_package_holds_its_paragraph_and_nothing_else(path: Path) -> None:
    assert len(ast.parse(path.read_text("utf-8")).body) == 1


def test_every_folder_of_the_program_is_a_package() -> None:
    assert {path.parent for path in MODULES} == {path.parent for path in MODULES if path.name == "__init__.py"}


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.txt")), ids=name_of)
def test_a_lock_names_hashes_and_no_place_to_install_from(lock: Path) -> None:
    lines = [line.strip() for line in lock.read_text("utf-8").splitlines()]
    packages = [line for line in lines if line and not line.startswith(("#", "--"))]
    assert all("==" in package for package in packages)
    assert len(packages) <= sum(line.startswith("--hash=sha256:") for line in lines)
    assert [line for line in lines if "://" in line or line.startswith(("--index", "--extra", "-i ", "-f "))] == []


def test_no_file_names_a_package_registry() -> None:
    texts = ((path, path.read_bytes()) for path in files_of_the_project())
    assert [name_of(path) for path, text in texts if any(place.encode() in text for place in REGISTRIES)] == []


def test_one_module_alone_writes_to_a_source() -> None:
    """Sources are read; what writes to one is write-back's target, and only write-back and its command hold it."""
    writing = re.compile(r"\.((insert|update|replace|delete)_(one|many)|bulk_write|find_one_and_\w+|drop\w*)\(")
    migration = ROOT / "roundsman" / "migration"
    assert [
        name_of(path) for path in (migration / "sources").glob("*.py") if writing.search(path.read_text("utf-8"))
    ] == []
    holders = {path for path in MODULES if "WriteBackTarget" in path.read_text("utf-8")}
    assert {name_of(path.parent) for path in holders} == {"roundsman/cli", "roundsman/migration/write_back"}
    assert {name_of(path) for path in holders if path.parent.name == "cli"} == {"roundsman/cli/write_back.py"}
