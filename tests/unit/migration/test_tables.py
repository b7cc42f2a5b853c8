"""What a list of customers says, however it was saved."""

import contextlib
import io
import random
import re
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.customers.customers import CustomerStatus
from roundsman.ids import UserId
from roundsman.migration.conversion import Reading, customer_of
from roundsman.migration.plan import DocumentRow, Fate
from roundsman.migration.profile import Kind
from roundsman.migration.records import PersonRecord, read_person
from roundsman.migration.sources.list_columns import profile_of_row
from roundsman.migration.sources.opening import open_source, open_with_profile
from roundsman.migration.sources.port import SourceDocument, SourceUnreadable
from roundsman.migration.sources.table import OpenedTable, is_table, open_table
from tests.migration_builders import AS_OF, EARLYBIRD, PHONE, completed, object_id
from tests.workbooks import workbook

Rows = Sequence[Sequence[Any]]


def csv(folder: Path, text: str | bytes, name: str = "march.csv") -> OpenedTable:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return open_table(folder / name, EARLYBIRD)


def excel(folder: Path, *rows: Sequence[object], name: str = "march.xlsx") -> OpenedTable:
    return open_table(workbook(folder / name, {"Sheet1": rows}), EARLYBIRD)


def documents(table: OpenedTable) -> list[SourceDocument]:
    (collection,) = table.profile.collections

    async def read() -> list[SourceDocument]:
        return [document async for batch in table.source.read(collection.name) for document in batch]

    return completed(read())


def rows(table: OpenedTable) -> list[Mapping[str, Any]]:
    return [{name: value for name, value in one.fields.items() if name != "_id"} for one in documents(table)]


def ids(table: OpenedTable) -> list[str]:
    return [document.id for document in documents(table)]


def people(table: OpenedTable) -> list[PersonRecord]:
    (collection,) = table.profile.collections
    return [read_person(document, collection, table.profile) for document in documents(table)]


def customer(table: OpenedTable) -> Any:  # noqa: ANN401 - a customer, whose fields the tests look at
    (document, *_), (collection,) = documents(table), table.profile.collections
    row = DocumentRow(
        collection=collection.name,
        source_id="",
        sha256=document.sha256,
        user_id=UserId(object_id("user")),
        fate=Fate.LINKED,
        rule="C1",
        evidence=(),
        profile_id=object_id("profile"),
        makes_profile=True,
    )
    reading = Reading(document, collection, table.profile, AS_OF)
    return customer_of(reading, row, created_by="test", delivery_boy_id=None)


async def none_of(table: OpenedTable) -> None:
    assert list(await table.source.fetch("customers", [1])) == []
    assert [batch async for batch in table.source.read("customers")] == []


def test_a_list_is_one_collection_of_customers_named_after_its_file(tmp_path: Path) -> None:
    table = csv(tmp_path, "Customer Name,Contact No.,Notes\nAsha,98450 12367,gate 4\n", "Leads: March.csv")

    (collection,) = table.profile.collections
    assert (collection.name, collection.kind) == ("list/Leads- March", Kind.CUSTOMER)
    assert completed(table.source.count_documents()) == {collection.name: 1}
    assert rows(table) == [{"Customer Name": "Asha", "Contact No.": "98450 12367", "Notes": "gate 4"}]
    assert [person.phone for person in people(table)] == [f"+91{PHONE}"]
    assert table.notes[-1] == "kept in the copy of each row, but used for nothing: Notes"
    completed(none_of(table))
    completed(table.source.close())


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
def test_any_usual_form_of_csv_says_the_same(tmp_path: Path, delimiter: str, encoding: str, line: str) -> None:
    table = [["नाम", "Mobile", "Address"], ["अशोक", PHONE, '"12, MG Road; near the lake"'], ["", " ", ""]]
    text = line.join(delimiter.join(cells) for cells in table)

    read = csv(tmp_path, text.encode(encoding))

    assert rows(read) == [{"नाम": "अशोक", "Mobile": PHONE, "Address": "12, MG Road; near the lake"}]
    assert read.notes == ("columns: नाम is the name, Mobile is the phone, Address is the address",)


def test_a_code_page_of_windows_is_read_and_said(tmp_path: Path) -> None:
    table = csv(tmp_path, "Name,Phone\nJosé,9845012367\n".encode("cp1252"))

    assert [person.name for person in people(table)] == ["José"]
    assert "read as Windows-1252" in table.notes[0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Name,Phone\nAsha\x81,1\n", r"byte 15: neither UTF-8 nor Windows-1252"),
        (b'Name,Phone\nAsha,1\n"Babu,2\nChitra,3\n', r"line 4: unexpected end of data"),
        (b"Name,Address\nAsha,12 MG Road\n", r"no header line .* holds: Name, Address"),
        (b"Phone,Address\n1,12 MG Road\n", r"no header line .* holds: Phone, Address"),
        (b"Asha,9845012367\n", r"no header line .* holds: Asha, 9845012367"),
        (b"", r"no header line .* holds: nothing"),
    ],
)
def test_a_csv_that_is_no_list_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(SourceUnreadable, match=sentence):
        csv(tmp_path, content)


def test_the_traps_of_excel_change_no_value(tmp_path: Path) -> None:
    table = excel(
        tmp_path,
        ("Customers of March", None, None),
        (),
        ("Name", "Phone", "Phone", None, "Created", "Active", "Area"),
        ("Asha", 9845012367.0, None, "x", datetime(2026, 3, 1, 9, 30), True, None),  # noqa: DTZ001 - Excel's have none
        ("Babu", None, 9845067812, None, 46082, False),
        ("Chitra", "9.7E9", None, None, date(2026, 3, 2), None, time(7, 30)),
        ("Dev", 10**30, None, None, None, None, timedelta(hours=30)),
        ("Name", "Phone", "Phone", None, "Created", "Active", "Area"),
        (None, "  ", ""),
        *[(None,)] * 50,
    )

    first, second, third, fourth = rows(table)
    assert (first["Name"], first["Phone"], first["column 4"], first["Active"]) == ("Asha", 9845012367, "x", True)
    assert first["Created"] == "2026-03-01T09:30:00"
    assert second == {"Name": "Babu", "Phone (2)": 9845067812, "Created": 46082, "Active": False}
    assert third == {"Name": "Chitra", "Phone": "9.7E9", "Created": "2026-03-02T00:00:00", "Area": "07:30:00"}
    assert float(fourth["Phone"]) == 1e30
    assert [person.phone for person in people(table)] == [f"+91{PHONE}", "+919845067812", None, None]
    assert people(table)[0].created_at == datetime(2026, 3, 1, 4, tzinfo=UTC)
    assert "what stands above the header line (1 lines) is left out" in table.notes
    assert customer(table).status is CustomerStatus.ACTIVE


def test_merged_cells_hold_their_value_once(tmp_path: Path) -> None:
    rows_of_family = [("Name", "Phone", "Address"), ("Asha", PHONE, "12 MG Road"), ("Ravi", 9845067812, None)]
    file = workbook(tmp_path / "march.xlsx", {"Sheet1": rows_of_family}, merged="C2:C3")

    assert [row.get("Address") for row in rows(open_table(file, EARLYBIRD))] == ["12 MG Road", None]


@pytest.mark.parametrize(
    ("pattern", "edited"),
    [(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"'), (rb"</f><v ?/>", f"</f><v>{PHONE}</v>".encode())],
)
def test_a_wrong_size_of_the_sheet_cuts_nothing_and_of_a_formula_its_saved_value_counts(
    tmp_path: Path, pattern: bytes, edited: bytes
) -> None:
    file = workbook(tmp_path / "march.xlsx", {"Sheet1": [("Name", "Phone"), ("Asha", "=9845012366+1"), ("Babu", "1")]})
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts[sheet], changed = re.subn(pattern, edited, parts[sheet])
    with zipfile.ZipFile(file, "w") as written:
        for name, part in parts.items():
            written.writestr(name, part)

    first, second = rows(open_table(file, EARLYBIRD))

    assert changed == 1
    assert second == {"Name": "Babu", "Phone": "1"}
    assert first.get("Phone") == (int(PHONE) if b"</f>" in edited else None)


def test_of_several_sheets_the_one_that_is_a_list_is_taken(tmp_path: Path) -> None:
    one = [("Name", "Phone"), ("Asha", PHONE)]
    table = open_table(workbook(tmp_path / "a.xlsx", {"Notes": [("hello",)], "Sheet1": one, "Empty": []}), EARLYBIRD)

    assert len(rows(table)) == 1
    assert "the sheet Notes is no list of customers and is left out" in table.notes
    with pytest.raises(SourceUnreadable, match=r"several lists \(March, April\)"):
        open_table(workbook(tmp_path / "b.xlsx", {"March": one, "April": one}), EARLYBIRD)


@pytest.mark.parametrize(("written", "meant"), [("ON HOLD", "paused"), ("Churned", "stopped"), (False, "stopped")])
def test_words_and_booleans_of_a_status_column_are_understood(tmp_path: Path, written: object, meant: str) -> None:
    table = excel(tmp_path, ("First Name", "Surname", "Cell", "Is Active?"), ("Asha", "Verma", PHONE, written))

    assert customer(table).status.value == meant
    assert customer(table).name == "Asha Verma"


def test_of_several_columns_of_one_meaning_the_first_that_holds_anything_counts(tmp_path: Path) -> None:
    table = csv(tmp_path, f"Name,WhatsApp,Mobile\nAsha,{PHONE},\nBabu,1,9845067812\n")

    assert [person.phone for person in people(table)] == [f"+91{PHONE}", "+919845067812"]


# Ids

LIST: Rows = [
    ["Name", "Phone", "Email", "Address", "Status", "Remarks"],
    ["Asha Verma", PHONE, "", "12 MG Road", "active", ""],
    ["Babu", "", "babu@example.in", "", "active", "x"],
    ["Ramesh", "", "", "1 First Street", "", ""],
    ["Ramesh", "", "", "2 Second Street", "", ""],
    ["Twice", "9845067812", "", "here", "", ""],
    ["Twice", "9845067812", "", "there", "", ""],
]


def text_of(table: Rows, delimiter: str = ",") -> str:
    return "".join(delimiter.join(map(str, row)) + "\n" for row in table)


def test_a_row_is_the_same_document_in_a_grown_list_and_in_another_format(tmp_path: Path) -> None:
    before = ids(csv(tmp_path, text_of(LIST)))
    header, asha, babu, *rest = LIST
    respelled = ["asha  VERMA", f"+91-{PHONE[:5]} {PHONE[5:]}", "", "13 MG Road", "stopped", "moved"]
    grown = [[*header, "New"], ["First", 9731145602, None, None, None, None, 1], *rest[:2], respelled, babu, *rest[2:]]

    again = ids(csv(tmp_path, text_of(LIST, ";")))
    in_excel = ids(excel(tmp_path, *[[value or None for value in row] for row in grown]))

    assert len(set(before)) == len(LIST) - 1
    assert again == before
    assert in_excel[1:] == [*before[2:4], before[0], before[1], *before[4:]]
    assert asha[0] == "Asha Verma"


def test_the_lists_own_id_names_a_row_where_it_is_unique(tmp_path: Path) -> None:
    table = excel(
        tmp_path, ("Customer ID", "Name", "Phone"), (7.0, "A", 1), ("C-8", "B", 2), (9, "C", 3), ("9", "D", 4)
    )

    assert ids(table)[:2] == ["march/7", "march/C-8"]
    assert all(one.startswith("march/row ") for one in ids(table)[2:])
    assert [person.app_id for person in people(table)] == [None] * 4


CELLS = st.text(max_size=8) | st.sampled_from(["", PHONE, "asha@example.in", "Asha", "\x00", "a,b", '"', "\ud7ff"])


@given(table=st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=8), seed=st.integers(0, 3))
def test_ids_are_distinct_and_do_not_depend_on_the_order_of_different_rows(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("list")

    def read(rows_of_list: list[list[str]]) -> list[str]:
        quoted = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in [LIST[0], *rows_of_list]]
        return ids(csv(folder, text_of(quoted)))

    found = read(table)
    shuffled = list(table)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order, no secret

    assert len(set(found)) == len(found)
    assert sorted(read(shuffled)) == sorted(found)
    assert set(found) <= set(read([*table, ["New", "9731145602", "", "", "", ""]]))


# Whatever a file holds

EXCEL_PARTS = st.sampled_from(["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])


def damaged(folder: Path, part: str, start: int, junk: bytes) -> bytes:
    """A workbook with some bytes of one part replaced."""
    file = workbook(folder / "whole.xlsx", {"Sheet1": [("Name", "Phone"), ("Asha", PHONE)]})
    content = io.BytesIO()
    with zipfile.ZipFile(file) as packed, zipfile.ZipFile(content, "w") as written:
        for name in packed.namelist():
            text = packed.read(name)
            written.writestr(name, text[:start] + junk + text[start + len(junk) :] if name == part else text)
    return content.getvalue()


def read_or_refuse(folder: Path, content: bytes, name: str) -> None:
    (folder / name).write_bytes(content)
    with warnings.catch_warnings(action="error"), contextlib.suppress(SourceUnreadable):
        assert documents(open_table(folder / name, EARLYBIRD)) is not None


@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"Name,Phone\n{text}".encode()))
def test_any_bytes_are_rows_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("list")

    read_or_refuse(folder, content, "march.csv")
    read_or_refuse(folder, content, "march.xlsx")


@given(part=EXCEL_PARTS, start=st.integers(0, 1500), junk=st.binary(min_size=1, max_size=6), cut=st.integers(0, 300))
def test_any_damaged_workbook_is_rows_or_refused(
    tmp_path_factory: pytest.TempPathFactory, part: str, start: int, junk: bytes, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("list")
    content = damaged(folder, part, start, junk)

    read_or_refuse(folder, content, "march.xlsx")
    read_or_refuse(folder, content[: len(content) - cut], "march.xlsx")


# Finding it


@pytest.mark.parametrize(
    ("locator", "table"), [("a.CSV", True), ("b.xlsx", True), ("c", False), ("mongodb://h/d.csv", False)]
)
def test_a_list_is_told_by_its_ending(locator: str, *, table: bool) -> None:
    assert is_table(locator) is table


def test_only_commands_that_make_a_profile_of_the_header_open_a_list(tmp_path: Path) -> None:
    csv(tmp_path, f"Name,Phone\nAsha,{PHONE}\n")

    opened = open_with_profile(str(tmp_path / "march.csv"), EARLYBIRD)
    assert [one.name for one in opened.profile.collections] == ["list/march"]
    with pytest.raises(SourceUnreadable, match="is a list"):
        open_source(str(tmp_path / "march.csv"))


def test_a_kept_row_of_a_list_still_says_what_it_means(tmp_path: Path) -> None:
    (document,) = documents(csv(tmp_path, f"Remarks,Mobile,Name\n,{PHONE},Asha\n"))

    profile = profile_of_row("list/march", document.fields, EARLYBIRD)

    assert profile is not None
    person = read_person(document, profile.collections[0], profile)
    assert (person.name, person.phone) == ("Asha", f"+91{PHONE}")
    assert profile_of_row("customers", document.fields, EARLYBIRD) is None


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    for name in ("none.csv", "none.xlsx"):
        with pytest.raises(SourceUnreadable, match="No such file"):
            open_table(tmp_path / name, EARLYBIRD)
