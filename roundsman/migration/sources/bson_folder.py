"""A dump of a database as source: the folder with one `<collection>.bson` each that mongodump writes, also compressed.

Every document is read once when the folder is opened, so that a damaged one stops the work before anything is done. What
is kept is where each document stands, in the order of `_id`; documents are decoded again when they are asked for. A
compressed file cannot be read from its middle, so it is unpacked into a nameless temporary file for as long as the source
is open.
"""

import gzip
import shutil
import tempfile
import zlib
from array import array
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from bson.errors import BSONError

from roundsman.migration.reading import source_id_text
from roundsman.migration.sources.batching import in_batches
from roundsman.migration.sources.bson_order import Place, place_of
from roundsman.migration.sources.port import SourceDocument, SourceUnreadable

_BATCH = 1_000
_SUFFIX, _COMPRESSED = ".bson", ".bson.gz"
_SYSTEM = "system."
_LENGTH_BYTES = 4
_SMALLEST = 5
_LARGEST = 17 * 1024 * 1024
"""No document of a server is larger than 16 MiB and a little; what says it is larger is no document."""


@dataclass(slots=True)
class _Collection:
    """One file: the offsets and lengths of its documents in the order of `_id`."""

    file: Path
    content: IO[bytes]
    offsets: "array[int]"
    lengths: "array[int]"
    by_id: dict[str, int] | None = None

    def document(self, number: int) -> SourceDocument:
        """The document at that place in the order."""
        self.content.seek(self.offsets[number])
        return _document(self.content.read(self.lengths[number]), self.file, self.offsets[number])

    def numbers(self) -> dict[str, int]:
        """The place in the order by `_id`; made when it is first needed, which is for people only."""
        if self.by_id is None:
            self.by_id = {source_id_text(self.document(number).id): number for number in range(len(self.offsets))}
        return self.by_id


class BsonFolderSource:
    """The documents of a dump, in the order of `_id`, as the database itself gives them."""

    def __init__(self, folder: Path) -> None:
        files = dump_files(folder)
        if not files:
            raise SourceUnreadable(f"{folder} is no folder with {_SUFFIX} files")
        self.locator = str(folder)
        self._collections: dict[str, _Collection] = {}
        with ExitStack() as opened:
            for file in files:
                name = collection_name(file)
                if name in self._collections:
                    raise SourceUnreadable(f"{folder} holds {name} twice, as it is and compressed; leave one of them")
                if not name.startswith(_SYSTEM):
                    self._collections[name] = _index(file, opened.enter_context(_content(file)))
            self._opened = opened.pop_all()

    async def count_documents(self) -> dict[str, int]:
        """Count the documents of every file; collections of the server's own are left out."""
        return {name: len(self._collections[name].offsets) for name in sorted(self._collections)}

    async def read(self, collection: str) -> AsyncIterator[Sequence[SourceDocument]]:
        """All documents in the order of `_id`, in batches."""
        if found := self._collections.get(collection):
            for batch in in_batches(map(found.document, range(len(found.offsets))), most=_BATCH):
                yield batch

    async def fetch(self, collection: str, ids: Sequence[Any]) -> Sequence[SourceDocument]:
        """Those of the documents that exist."""
        return [document async for batch in self.fetch_batches(collection, ids) for document in batch]

    async def fetch_batches(self, collection: str, ids: Sequence[Any]) -> AsyncIterator[Sequence[SourceDocument]]:
        """The same in batches."""
        if found := self._collections.get(collection):
            numbers = found.numbers()
            places = [numbers[key] for one in ids if (key := source_id_text(one)) in numbers]
            for batch in in_batches(map(found.document, places), most=_BATCH):
                yield batch

    async def close(self) -> None:
        """Close the files; unpacked ones are gone with it."""
        self._opened.close()


def dump_files(folder: Path) -> list[Path]:
    """The files of a dumped database in a folder; none if it is something else."""
    if not folder.is_dir():
        return []
    return sorted(file for file in folder.iterdir() if file.name.endswith((_SUFFIX, _COMPRESSED)) and file.is_file())


def collection_name(file: Path) -> str:
    """The name of a dumped collection: characters that file names may not hold are written as %XX."""
    return unquote(file.name.removesuffix(".gz").removesuffix(_SUFFIX))


def _content(file: Path) -> IO[bytes]:
    try:
        return _unpacked(file) if file.name.endswith(_COMPRESSED) else file.open("rb")
    except OSError as error:
        raise SourceUnreadable(f"{file}: cannot be read: {error.strerror or error}") from error


def _unpacked(file: Path) -> IO[bytes]:
    with ExitStack() as opened:
        content = opened.enter_context(tempfile.TemporaryFile(prefix="roundsman-"))
        try:
            with gzip.open(file) as packed:
                shutil.copyfileobj(packed, content)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise SourceUnreadable(f"{file}, byte {content.tell()} of what is packed in it: {error}") from error
        content.seek(0)
        opened.pop_all()
        return content


def _index(file: Path, content: IO[bytes]) -> _Collection:
    places: list[Place] = []
    offsets, lengths = array("Q"), array("I")
    for offset, raw in _split(file, content):
        places.append(place_of(_document(raw, file, offset).id))
        offsets.append(offset)
        lengths.append(len(raw))
    order = sorted(range(len(places)), key=places.__getitem__)
    for before, number in pairwise(order):
        if places[before] == places[number]:
            raise SourceUnreadable(f"{file}, byte {offsets[number]}: the _id of byte {offsets[before]} stands again")
    return _Collection(
        file, content, array("Q", (offsets[number] for number in order)), array("I", (lengths[n] for n in order))
    )


def _split(file: Path, content: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """The documents one after another with where they begin; each begins with its length."""
    offset = 0
    while head := content.read(_LENGTH_BYTES):
        length = int.from_bytes(head, "little")
        if len(head) == _LENGTH_BYTES and not _SMALLEST <= length <= _LARGEST:
            raise SourceUnreadable(f"{file}, byte {offset}: no BSON document begins here")
        raw = head + content.read(max(length - _LENGTH_BYTES, 0))
        if len(raw) < max(length, _SMALLEST):
            raise SourceUnreadable(f"{file}, byte {offset}: the file ends within this document")
        yield offset, raw
        offset += length


def _document(raw: bytes, file: Path, offset: int) -> SourceDocument:
    try:
        document = SourceDocument(raw)
        is_identified = "_id" in document.fields
    except (ValueError, TypeError, KeyError, OverflowError, BSONError, RecursionError) as error:
        raise SourceUnreadable(f"{file}, byte {offset}: not a BSON document: {error}") from error
    if not is_identified:
        raise SourceUnreadable(f"{file}, byte {offset}: not a document with an _id")
    return document
