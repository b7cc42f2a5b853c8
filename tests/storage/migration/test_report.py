"""The data cleanup report says what is in the database, and the one among the documents is the program's own."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from roundsman.database.collections import REVIEWS, SOURCE_DOCUMENTS, USERS
from roundsman.migration.inspection.inspector import inspect_source
from roundsman.migration.report import markdown
from roundsman.migration.reporting import gather_report
from roundsman.runtime import Runtime
from tests.demo_report import demo_report
from tests.imports import Database, Import, fill
from tests.storage.migration.worlds import everything

pytestmark = pytest.mark.whole

PAGE = Path(__file__).parents[3] / "docs" / "reports" / "DATA_CLEANUP_REPORT.md"


async def test_the_report_among_the_documents_is_fresh(runtime: Runtime, tmp_path: Path) -> None:
    written = PAGE.read_text("utf-8")

    assert written == await demo_report(runtime, tmp_path / "world"), "run: make docs"


async def test_the_numbers_of_a_report_are_those_of_the_database(
    importing: Import, runtime: Runtime, source_database: Database
) -> None:
    await fill(source_database, everything())
    await importing.run()

    before = await inspect_source(importing.source, importing.profile)
    report = markdown(await gather_report(runtime.tx, await importing.verify(), before=before))

    database = runtime.tx.database
    for name, _, count in table(report, "After"):
        assert await database[name].count_documents({}) == int(count), name
    fates = Counter([one["fate"] async for one in database[SOURCE_DOCUMENTS].find({})])
    assert told(cell for *_, cell, _ in table(report, "Decisions by rule")) == fates
    questions = Counter([f"{one['list']} {one['rule']}" async for one in database[REVIEWS].find({"status": "open"})])
    assert (
        Counter({f"{kind} {rule}": int(n) for kind, _, rule, _, n in table(report, "Held for somebody")}) == questions
    )
    users = Counter([one["status"] async for one in database[USERS].find({})])
    assert f"Users by status: {', '.join(f'{users[status]} {status}' for status in sorted(users))}." in report
    sizes = {name: await source_database[name].count_documents({}) for name in everything()}
    assert {name: int(n) for name, _, n in table(report, "Before")} == {name: n for name, n in sizes.items() if n}


def table(report: str, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading."""
    lines = report.partition(f"\n## {heading}")[2].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| ---"))
    rows = []
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        rows.append([re.sub(r"^[\d,]+$", _plain, cell.strip()) for cell in line[1:-1].split("|")])
    return rows


def _plain(number: re.Match[str]) -> str:
    return number[0].replace(",", "")


def told(cells: Iterable[str]) -> Counter[str]:
    """What cells such as `17 kept, 3 created for` say together."""
    counts: Counter[str] = Counter()
    for cell in cells:
        for number, fate in re.findall(r"([\d,]*\d) ([a-z][a-z ]*)", cell):
            counts[fate.strip().replace(" ", "_")] += int(number.replace(",", ""))
    return counts
