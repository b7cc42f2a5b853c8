"""What the documentation says is there is there."""

import re
import tomllib
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from roundsman.cli.commands import commands_of, commands_page
from roundsman.cli.main import app
from roundsman.migration.matching import Rule
from roundsman.migration.profile import MEANINGS, parse_profile

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
GROUP = get_command(app)
assert isinstance(GROUP, TyperGroup)
COMMANDS = commands_of(GROUP)
TARGETS = frozenset(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
OPTIONS = re.compile(r"(?<!\S)--[a-z-]+")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_of(page: Path) -> list[str]:
    """The lines of code blocks and the code in sentences, without comments."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for language, block in blocks if language in {"", "sh"} for line in block.splitlines()]
    lines += [
        line[2:]
        for language, block in blocks
        if language == "console"
        for line in block.splitlines()
        if line[:2] == "$ "
    ]
    return [code.partition(" #")[0].strip() for code in (*lines, *re.findall(r"`([^`\n]+)`", prose))]


def invocations_of(page: Path) -> list[str]:
    found = (re.search(r"(?:^|/|\()(roundsman (?!--)[^)]*)", code) for code in code_of(page))
    return [match[1].partition(" > ")[0] for match in found if match]


def is_real(invocation: str) -> bool:
    """Whether a command, or a group of commands, is called so, and has the options given."""
    words = re.split(r" (?=-|[A-Z])", invocation)[0]
    if any(name.startswith(f"{words} ") for name in COMMANDS):
        return words == invocation
    command = next((COMMANDS[name] for name in COMMANDS if words == name or words.startswith(f"{name} ")), None)
    if command is None:
        return False
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    return set(OPTIONS.findall(invocation)) <= known | {"--help"}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_and_options_that_a_page_names_exist(page: Path) -> None:
    assert [one for one in invocations_of(page) if not is_real(one)] == []


@pytest.mark.parametrize("invented", ["roundsman sing", "roundsman migrate plan --fast", "roundsman migrate --all"])
def test_an_invented_command_would_be_noticed(invented: str) -> None:
    assert not is_real(invented)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_that_a_page_names_exist(page: Path) -> None:
    named = {match[1] for code in code_of(page) if (match := re.match(r"make ([a-z]+)$", code))}
    assert named <= TARGETS


def test_the_readme_names_commands_at_all() -> None:
    readme = ROOT / "README.md"
    assert {"make run", "make test"} <= set(code_of(readme))
    assert "roundsman migrate inspect" in invocations_of(readme)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_into_a_page_lead_to_a_heading(page: Path) -> None:
    for link, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)]+)\)", page.read_text("utf-8")):
        target = (page.parent / link) if link else page
        headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_the_page_of_commands_is_fresh() -> None:
    assert isinstance(GROUP, TyperGroup)
    page = (DOCS / "commands.md").read_text("utf-8")
    assert page == commands_page(GROUP) + "\n", "run: make docs"


def test_every_command_and_option_says_what_it_is_for() -> None:
    assert [name for name, command in COMMANDS.items() if not command.help] == []
    bare = [
        f"{name} {one.name}"
        for name, command in COMMANDS.items()
        for one in command.params
        if not getattr(one, "help", "")
    ]
    assert bare == []


def test_every_direct_dependency_has_its_line_and_no_other_has() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    wanted = {re.split(r"[<>=!~;\[ ]", one)[0] for group in groups for one in group}
    rows = re.findall(r"^\| (\S+) \|(.*)\|$", (DOCS / "dependencies.md").read_text("utf-8"), re.MULTILINE)
    told = {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows if name != "package"}
    assert set(told) == wanted
    assert [name for name, cells in told.items() if not all(cells)] == []


def test_the_files_that_the_plan_points_at_exist() -> None:
    paths = re.findall(r"(?:roundsman|tests)/[\w/]+\.py", (DOCS / "plan.md").read_text("utf-8"))
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_pages_tell_every_rule_and_every_meaning() -> None:
    guide = (DOCS / "migration.md").read_text("utf-8")
    told = set(re.findall(r"^\| ([A-Z]\d) \|", guide, re.MULTILINE))
    assert told >= {rule.value for rule in Rule if rule is not Rule.FOLLOWED}
    sources = (DOCS / "sources.md").read_text("utf-8")
    for kind, meanings in MEANINGS.items():
        assert f"| {kind} | {', '.join(sorted(meanings))} |" in sources


def test_the_example_of_a_source_profile_is_one() -> None:
    example = re.search(r"```toml\n(.*?)```", (DOCS / "sources.md").read_text("utf-8"), re.DOTALL)
    assert example
    assert parse_profile(example[1]).name == "mine"


def test_the_changelog_tells_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0].startswith(version)


def test_pictures_are_small_enough_to_clone() -> None:
    pictures = sorted((DOCS / "pictures").iterdir())
    assert pictures
    assert [name_of(one) for one in pictures if one.stat().st_size > 150_000] == []
