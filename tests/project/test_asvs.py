"""docs/asvs.md names tests that exist, and says of every requirement of level 1 what holds."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "asvs.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d\.\d\.\d) \| [^|]+ \| ([^|]+) \| (.+) \|$", PAGE, re.MULTILINE)
# The requirements of level 1 in chapters 6 to 9 of the standard, version 5.0.
LEVEL_1 = [
    "6.1.1",
    "6.2.1",
    "6.2.2",
    "6.2.3",
    "6.2.4",
    "6.2.5",
    "6.2.6",
    "6.2.7",
    "6.2.8",
    "6.3.1",
    "6.3.2",
    "6.4.1",
    "6.4.2",
    "7.2.1",
    "7.2.2",
    "7.2.3",
    "7.2.4",
    "7.4.1",
    "7.4.2",
    "8.1.1",
    "8.2.1",
    "8.2.2",
    "8.3.1",
    "9.1.1",
    "9.1.2",
    "9.1.3",
    "9.2.1",
]


def test_every_requirement_of_level_1_has_its_row() -> None:
    assert [number for number, _, _ in ROWS] == LEVEL_1
    assert {state for _, state, _ in ROWS} <= {"met", "partly", "not yet", "not applicable"}


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)
    assert named
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).exists() or f"def {name}(" not in (ROOT / path).read_text("utf-8")
    ]
    assert missing == []


def test_what_is_met_names_a_test() -> None:
    assert [number for number, state, why in ROWS if state == "met" and "::test_" not in why] == []
