"""A folder of Extended JSON lines as source: `<collection>.jsonl`, one document a line.

Every line is read once when the folder is opened, so that a malformed one stops the work before anything is done. What
is kept is where each document's line stands; documents are parsed again when they are asked for.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bson
from bson import json_util
from bson.codec_options import DatetimeConversion
from bson.errors import BSONError

from roundsman.migration.reading import source_id_text
from roundsman.migration.sources.batching import in_batches
from roundsman.migration.sources.port import SourceDocument, SourceUnreadable

_BATCH = 1_000
_SUFFIX = ".jsonl"
_LENIENT_JSON = json_util.JSONOptions(tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO)


@dataclass(frozen=True, slots=True)
class _Line:
    offset: int
    length: int


class FolderSource:
    """The documents of a folder, in the order of their lines."""

    def __init__(self, folder: Path) -> None:
        files = line_files(folder)
        if not files:
            raise SourceUnreadable(f"{folder} is no folder with {_SUFFIX} files")
        self.locator = str(folder)
        self._files = {file.name.removesuffix(_SUFFIX): file for file in files}
        self._lines = {name: _index(file) for name, file in self._files.items()}

    async def count_documents(self) -> dict[str, int]:
        """Count the lines of every file."""
        return {name: len(lines) for name, lines in self._lines.items()}

    async def read(self, collection: str) -> AsyncIterator[Sequence[SourceDocument]]:
        """All documents in the order of their lines, in batches."""
        if places := list(self._lines.get(collection, {}).values()):
            for batch in in_batches(self._documents(collection, places), most=_BATCH):
                yield batch

    async def fetch(self, collection: str, ids: Sequence[Any]) -> Sequence[SourceDocument]:
        """Those of the documents that exist."""
        return [document async for batch in self.fetch_batches(collection, ids) for document in batch]

    async def fetch_batches(self, collection: str, ids: Sequence[Any]) -> AsyncIterator[Sequence[SourceDocument]]:
        """The same in batches."""
        lines = self._lines.get(collection, {})
        if places := [lines[key] for one in ids if (key := source_id_text(one)) in lines]:
            for batch in in_batches(self._documents(collection, places), most=_BATCH):
                yield batch

    async def close(self) -> None:
        """Nothing is held open."""

    def _documents(self, collection: str, places: Sequence[_Line]) -> Iterator[SourceDocument]:
        with self._files[collection].open("rb") as file:
            for place in places:
                file.seek(place.offset)
                yield parse_line(file.read(place.length), self._files[collection], None)


def line_files(folder: Path) -> list[Path]:
    """The files of a folder that hold Extended JSON lines."""
    return sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else []


def read_lines(file: Path) -> Iterator[SourceDocument]:
    """Every document of one file. Raises SourceUnreadable with file and line number at the first malformed one."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield parse_line(line, file, number)


def parse_line(line: bytes, file: Path, number: int | None) -> SourceDocument:
    """One line as a document with an `_id`; a document written without one cannot be told from others."""
    place = f"{file}, line {number}" if number else f"{file}"
    try:
        document = json_util.loads(line.decode(), json_options=_LENIENT_JSON)
        if not isinstance(document, dict) or "_id" not in document:
            raise SourceUnreadable(f"{place}: not a document with an _id")
        return SourceDocument(bson.encode(document))
    except (ValueError, TypeError, KeyError, OverflowError, BSONError, RecursionError) as error:
        raise SourceUnreadable(f"{place}: not Extended JSON: {error}") from error


def _index(file: Path) -> dict[str, _Line]:
    lines: dict[str, _Line] = {}
    offset = 0
    with file.open("rb") as handle:
        for number, line in enumerate(handle, start=1):
            if line.strip():
                key = source_id_text(parse_line(line, file, number).id)
                if key in lines:
                    raise SourceUnreadable(f"{file}, line {number}: the _id {key} stands twice")
                lines[key] = _Line(offset, len(line))
            offset += len(line)
    return lines
