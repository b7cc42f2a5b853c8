"""The page of an inspection stands alone, escapes what a source says, and can be read by everybody."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from roundsman.cli.inspection_page import inspection_page
from roundsman.migration.inspection.findings import CollectionSummary, Finding, Inspection, Level
from roundsman.migration.inspection.inspector import inspect_source
from tests.migration_builders import EARLYBIRD, OTHER_PHONE, PHONE, MemorySource, account, completed, doc

HOSTILE = "<script>alert('x')</script>&\"'><img src=//evil.example>"
WORLD = {
    "users": [account("1", "Asha Rao", phone=PHONE), account("2", "Binod Das", phone=PHONE, role="chef")],
    "customers_v2": [doc("3", "Chitra Nair", phone="98450"), doc("4", "Deepa Iyer", phone=OTHER_PHONE, user_id="gone")],
    "plants": [{"_id": 1}],
}
_MUST_LOAD_NOTHING = re.compile(r"<(script|link|img|iframe|object|embed|base|form)\b|\bon\w+=|@import|url\(|https?://")


class _Reader(HTMLParser):
    """Collects what assistive technology would ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    return reader


@pytest.fixture(scope="module")
def inspection() -> Inspection:
    return completed(inspect_source(MemorySource(WORLD), EARLYBIRD))


def test_the_page_says_every_finding_with_its_count_and_meaning(inspection: Inspection) -> None:
    text = re.sub(r"\s+", " ", read(inspection_page(inspection)).text)

    assert inspection.findings
    for finding in inspection.findings:
        assert finding.code.replace("_", " ") in text
        assert finding.meaning in text
        assert f"{finding.subject or 'the whole source'} {finding.count}" in text


def test_the_page_shows_nothing_personal(inspection: Inspection) -> None:
    page = inspection_page(inspection)

    assert not [one for one in (PHONE, OTHER_PHONE, "Asha", "Chitra", "Deepa", "Binod") if one in page]


def test_the_page_needs_nothing_but_itself(inspection: Inspection) -> None:
    assert not _MUST_LOAD_NOTHING.search(inspection_page(inspection))


def test_whatever_a_source_says_is_text(inspection: Inspection) -> None:
    finding = Finding("role_unknown", HOSTILE, Level.ACTION, 1, ((HOSTILE, HOSTILE),), HOSTILE)
    counts = {HOSTILE: {HOSTILE: 1}}
    hostile = replace(
        inspection,
        source=HOSTILE,
        profile=HOSTILE,
        collections=(CollectionSummary(HOSTILE, None, 1),),
        findings=(finding,),
        words=counts,
        forms=counts,
        spellings=counts,
    )
    page = inspection_page(hostile)

    assert not _MUST_LOAD_NOTHING.search(page)
    assert read(page).text.count(HOSTILE) >= 12


def test_tables_have_captions_and_headers_say_what_they_head(inspection: Inspection) -> None:
    tags = read(inspection_page(inspection)).tags
    names = [tag for tag, _ in tags]
    headings = [tag for tag in names if re.fullmatch(r"h[1-6]", tag)]

    assert names.count("table") == names.count("caption") > 3
    assert all(attributes.get("scope") for tag, attributes in tags if tag == "th")
    assert headings[0] == "h1"
    assert set(headings[1:]) == {"h2"}
    assert ("html", {"lang": "en"}) in tags


def test_colours_of_light_dark_and_print_are_told_apart_by_everybody(inspection: Inspection) -> None:
    themes = re.findall(r":root \{(.*?)\}", inspection_page(inspection), re.DOTALL)
    assert len(themes) == 3
    for theme in themes:
        colours = dict(re.findall(r"--([\w-]+): (#\w+);", theme))
        grounds = {name.removesuffix("-ground") for name in colours if name.endswith("-ground")} - {"key"}
        pairs = [(text, ground) for text in ("text", "quiet") for ground in ("ground", "panel", "key-ground")]
        for text, ground in [*pairs, *((level, f"{level}-ground") for level in grounds)]:
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def contrast(one: str, other: str) -> float:
    """Compute the contrast of two colours as WCAG 2 does."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
