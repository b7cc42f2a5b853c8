"""The rows of a CSV or Excel file, as values that a document may hold.

Values pass on as they are: whether a number is a phone is for those to judge who read phones. What has no like in a
document becomes text: Excel's dates have no time zone, and as text they are read in the business's own.
"""

import csv
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from roundsman.migration.sources.list_columns import columns_of
from roundsman.migration.sources.port import SourceUnreadable

Cell = str | int | float | bool | None
Row = tuple[Cell, ...]

_DELIMITERS = (",", ";", "\t")
_LINES_TO_SNIFF = 20
_MOST_ROWS = 2**20
_LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Sheets:
    """The rows of each sheet in which anything stands, and what was peculiar about the file."""

    rows: Mapping[str, Sequence[Row]]
    notes: tuple[str, ...] = ()


def read_csv(file: Path) -> Sheets:
    """The rows of a text file with commas, semicolons or tabs. Raises SourceUnreadable with the line."""
    text, notes = _decoded(file)
    reader = _reader(text, _delimiter_of(text))
    try:
        rows = list(_with_values(reader))
    except csv.Error as error:
        raise SourceUnreadable(f"{file}, line {reader.line_num}: {error}") from error
    return Sheets({file.stem: rows}, notes)


def read_excel(file: Path) -> Sheets:
    """The rows of each sheet of a workbook; of a formula the value that Excel saved. Raises SourceUnreadable."""
    import openpyxl  # noqa: PLC0415 - a tenth of the time that every command takes to start, for Excel only

    content = io.BytesIO(_bytes_of(file))
    try:
        # What the library warns of (styles, validations, extensions) is nothing that rows could be wrong by.
        with warnings.catch_warnings(action="ignore"):
            workbook = openpyxl.load_workbook(content, read_only=True, data_only=True)
            return Sheets({sheet.title: list(_with_values(_rows_of(sheet))) for sheet in workbook.worksheets})
    except Exception as error:
        # The library raises whatever its parsing runs into.
        reason = str(error) or type(error).__name__
        raise SourceUnreadable(f"{file}: not an Excel workbook of today's form (.xlsx): {reason}") from error


def _rows_of(sheet: Any) -> Iterator[Sequence[object]]:  # noqa: ANN401 - a worksheet of a library without types
    # The size that a file says its sheet has is wrong in files of many a program, and would cut it.
    sheet.reset_dimensions()
    rows: Iterator[Sequence[object]] = sheet.iter_rows(max_row=_MOST_ROWS, values_only=True)
    return rows


def _with_values(rows: Iterator[Sequence[object]]) -> Iterator[Row]:
    """The rows in which anything stands, without the empty cells at their end."""
    for cells in rows:
        row = list(map(_cell, cells))
        while row and row[-1] is None:
            row.pop()
        if row:
            yield tuple(row)


def _cell(value: object) -> Cell:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode() if value.strip() else None
        case None | bool() | float():
            return value
        case int():
            return value if abs(value) <= _LARGEST_INTEGER else str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SourceUnreadable(f"{file}: cannot be read: {error.strerror or error}") from error


def _decoded(file: Path) -> tuple[str, tuple[str, ...]]:
    """The text, with a note if it is not UTF-8: Excel on Windows saves "CSV" in the code page of its country."""
    content = _bytes_of(file)
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError as no_utf8:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError as error:
            raise SourceUnreadable(f"{file}, byte {error.start}: neither UTF-8 nor Windows-1252 text") from error
        note = f"{file} is no UTF-8 (byte {no_utf8.start}); it was read as Windows-1252, so look at names with accents"
        return text, (note,)


def _reader(text: str, delimiter: str) -> Any:  # noqa: ANN401 - the reader's type has no public name
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _delimiter_of(text: str) -> str:
    """The one that makes a header line of customers; if none does, the one that makes most columns."""
    return max(_DELIMITERS, key=lambda delimiter: _fit(text, delimiter))


def _fit(text: str, delimiter: str) -> tuple[bool, int]:
    try:
        rows = list(islice(_reader(text, delimiter), _LINES_TO_SNIFF))
    except csv.Error:
        return False, 0
    return any(columns_of(row).are_of_customers for row in rows), max(map(len, rows), default=0)
