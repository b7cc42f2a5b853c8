"""A list of customers as source: a CSV or Excel file, one row a customer, with a header line.

The list is one collection, named after the file, so two lists never mix and no collection of an application is meant. A
row is the same document whenever the list is imported again, also after it grew: by the list's own id where it has one
that is unique, else by what tells who it is about. That is name, phone and e-mail; without phone and e-mail it is all
that a known column says except the status, so that two people of one name are not taken for each other when a line moves.
Equal rows are numbered.
"""

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bson

from roundsman.migration.profile import SourceProfile
from roundsman.migration.reading import source_id_text
from roundsman.migration.sources.list_columns import Columns, columns_of, list_profile
from roundsman.migration.sources.port import SourceDocument, SourceUnreadable
from roundsman.migration.sources.sheets import Cell, Row, Sheets, read_csv, read_excel

Record = Mapping[str, Cell]

_READERS = {".csv": read_csv, ".xlsx": read_excel}
_BATCH = 1_000
_ROWS_TO_SEARCH = 20
_DIGITS_OF_A_NUMBER = 10
_DIGEST_LENGTH = 24
_WHO = ("name", "last_name", "email")
_BESIDES = ("phone", "address", "area", "created_at")


class TableSource:
    """The rows of one list, in their order."""

    def __init__(self, locator: str, collection: str, documents: Sequence[SourceDocument]) -> None:
        self.locator = locator
        self._collection = collection
        self._documents = {source_id_text(document.id): document for document in documents}

    async def count_documents(self) -> dict[str, int]:
        """Count the rows."""
        return {self._collection: len(self._documents)}

    async def read(self, collection: str) -> AsyncIterator[Sequence[SourceDocument]]:
        """All rows in their order, in batches."""
        documents = list(self._documents.values()) if collection == self._collection else []
        for start in range(0, len(documents), _BATCH):
            yield documents[start : start + _BATCH]

    async def fetch(self, collection: str, ids: Sequence[Any]) -> Sequence[SourceDocument]:
        """Those of the rows that exist."""
        if collection != self._collection:
            return []
        return [self._documents[key] for one in ids if (key := source_id_text(one)) in self._documents]

    async def fetch_batches(self, collection: str, ids: Sequence[Any]) -> AsyncIterator[Sequence[SourceDocument]]:
        """All at once: the rows are in memory already."""
        if found := await self.fetch(collection, ids):
            yield found

    async def close(self) -> None:
        """Nothing is held open."""


@dataclass(frozen=True, slots=True)
class OpenedTable:
    """A list, the profile that its header line makes, and what its owner should know of how it was read."""

    source: TableSource
    profile: SourceProfile
    notes: tuple[str, ...]


def is_table(locator: str) -> bool:
    """Whether the locator names a list."""
    return Path(locator).suffix.lower() in _READERS and not locator.startswith("mongodb")


def open_table(file: Path, business: SourceProfile) -> OpenedTable:
    """Read a list. Raises SourceUnreadable if the file is damaged, or has no header line of customers."""
    sheets = _READERS[file.suffix.lower()](file)
    sheet, header = _find_header(sheets, file)
    rows = sheets.rows[sheet]
    columns = columns_of(rows[header], width=max(map(len, rows)))
    # The header line stands again where lists were joined.
    records = [_record(row, columns) for row in rows[header + 1 :] if row != rows[header]]
    name = _list_name(file)
    profile = list_profile(name, columns, business)
    source = TableSource(str(file), profile.collections[0].name, list(_documents(records, columns, name)))
    notes = (*sheets.notes, *_left_out(sheets, sheet, header), *_meanings(columns, records))
    return OpenedTable(source, profile, notes)


def _find_header(sheets: Sheets, file: Path) -> tuple[str, int]:
    """The sheet and the row of it that is the header line; a title may stand above it."""
    found = [(sheet, number) for sheet, rows in sheets.rows.items() if (number := _header_of(rows)) is not None]
    if len(found) > 1:
        named = ", ".join(sheet for sheet, _ in found)
        raise SourceUnreadable(f"{file} holds several lists ({named}); save each sheet as a file of its own")
    if found:
        return found[0]
    first = next((rows[0] for rows in sheets.rows.values() if rows), ())
    headers = ", ".join(str(cell) for cell in first if cell is not None) or "nothing"
    raise SourceUnreadable(
        f"{file} has no header line with a name and a phone or e-mail; its first line holds: {headers}. "
        "Call the columns Name and Phone"
    )


def _header_of(rows: Sequence[Row]) -> int | None:
    return next((number for number, row in enumerate(rows[:_ROWS_TO_SEARCH]) if columns_of(row).are_of_customers), None)


def _record(row: Row, columns: Columns) -> Record:
    """The cells of a row by column; an empty cell is no field."""
    return {name: cell for name, cell in zip(columns.names, row, strict=False) if cell is not None}


def _list_name(file: Path) -> str:
    """The file's name without its ending; a colon would end the name of the collection in a copy's key."""
    readable = os.fsencode(file.stem).decode("utf-8", "replace")
    return unicodedata.normalize("NFC", readable).replace(":", "-").strip()


def _left_out(sheets: Sheets, sheet: str, header: int) -> Iterator[str]:
    for other, rows in sheets.rows.items():
        if other != sheet and rows:
            yield f"the sheet {other} is no list of customers and is left out"
    if header:
        yield f"what stands above the header line ({header} lines) is left out"


def _meanings(columns: Columns, records: Sequence[Record]) -> Iterator[str]:
    meant = (f"{' or '.join(names)} is the {meaning}" for meaning, names in columns.fields.items())
    yield f"columns: {', '.join(meant)}"
    used = {name for record in records for name in record}
    if unknown := [name for name in columns.unknown if name in used]:
        yield f"kept in the copy of each row, but used for nothing: {', '.join(unknown)}"


def _documents(records: Sequence[Record], columns: Columns, list_name: str) -> Iterator[SourceDocument]:
    for identity, record in zip(_identities(records, columns), records, strict=True):
        yield SourceDocument(bson.encode({"_id": f"{list_name}/{identity}", **record}))


def _identities(records: Sequence[Record], columns: Columns) -> Iterator[str]:
    own = [_text(_first(record, columns.id_columns)) for record in records]
    times = Counter(own)
    seen: Counter[str] = Counter()
    for written, record in zip(own, records, strict=True):
        if written and times[written] == 1:
            yield written
            continue
        content = _content(record, columns)
        seen[content] += 1
        yield content if seen[content] == 1 else f"{content}-{seen[content]}"


def _content(record: Record, columns: Columns) -> str:
    """A digest of what tells whom the row is about, however it is spelled."""
    digits = _digits(_first(record, columns.fields.get("phone", ())))
    who = [_folded(_first(record, columns.fields.get(meaning, ()))) for meaning in _WHO]
    is_telling = len(digits) == _DIGITS_OF_A_NUMBER or bool(who[-1])
    besides = () if is_telling else (_folded(_first(record, columns.fields.get(meaning, ()))) for meaning in _BESIDES)
    parts = [*who, digits, *besides]
    return "row " + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:_DIGEST_LENGTH]


def _first(record: Record, names: Sequence[str]) -> Cell:
    return next((record[name] for name in names if name in record), None)


def _text(cell: Cell) -> str:
    """A value as text; a whole number is the same whether Excel saved it as an integer, a float or text."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else unicodedata.normalize("NFKC", str(cell)).strip().removesuffix(".0")


def _folded(cell: Cell) -> str:
    return " ".join(_text(cell).casefold().split())


def _digits(cell: Cell) -> str:
    """The last ten digits: what is before them is how the country is written."""
    digits = "".join(str(unicodedata.decimal(one)) for one in _text(cell) if one.isdecimal())
    return digits[-_DIGITS_OF_A_NUMBER:]
