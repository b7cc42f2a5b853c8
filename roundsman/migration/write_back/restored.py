"""The source as it was before anything was written back to it, for everybody who reads it for the import.

What Roundsman wrote is never evidence. A document that still holds it is presented with the bytes that were there, so that
planning, applying and verification see the document they knew; one that somebody else changed since is as it is.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from roundsman.database.transaction import Tx
from roundsman.migration.erased import without_erased
from roundsman.migration.profile import Path
from roundsman.migration.reading import source_id_text
from roundsman.migration.sources.port import Source, SourceDocument
from roundsman.migration.write_back.fields import restored
from roundsman.migration.write_back.journal import rows_by_key
from roundsman.migration.write_back.progress import written_places
from roundsman.migration.write_back.raw_values import RawValue
from roundsman.migration.write_back.rows import Row, row_key


async def as_before_write_back(tx: Tx, source: Source) -> Source:
    """The source itself where nothing was ever written back or erased, which costs two reads; else the view of it."""
    source = await without_erased(tx, source)
    places = await written_places(tx)
    return RestoredSource(source, tx, places) if places else source


class RestoredSource:
    """A source with the journaled fields as they were."""

    def __init__(self, source: Source, tx: Tx, places: Mapping[str, tuple[Path, ...]]) -> None:
        self._source, self._tx, self._places = source, tx, places
        self.locator = source.locator

    async def count_documents(self) -> dict[str, int]:
        """Writing back adds no document and removes none."""
        return await self._source.count_documents()

    async def read(self, collection: str) -> AsyncIterator[Sequence[SourceDocument]]:
        """All documents in batches, in the order of the source."""
        async for batch in self._source.read(collection):
            yield await self._restored(collection, batch)

    async def fetch(self, collection: str, ids: Sequence[Any]) -> Sequence[SourceDocument]:
        """Those of the documents that exist."""
        return await self._restored(collection, await self._source.fetch(collection, ids))

    async def fetch_batches(self, collection: str, ids: Sequence[Any]) -> AsyncIterator[Sequence[SourceDocument]]:
        """The same in batches."""
        async for batch in self._source.fetch_batches(collection, ids):
            yield await self._restored(collection, batch)

    async def close(self) -> None:
        """Close the source."""
        await self._source.close()

    async def _restored(self, collection: str, batch: Sequence[SourceDocument]) -> Sequence[SourceDocument]:
        paths = self._places.get(collection, ())
        held = [path for path in paths if any(path[0] in document.fields for document in batch)]
        if not held:
            return batch
        keys = [[row_key(f"{collection}:{source_id_text(one.id)}", path) for path in held] for one in batch]
        rows = await rows_by_key(self._tx, [key for some in keys for key in some])
        return [
            _as_before(document, [rows[key] for key in some if key in rows])
            for document, some in zip(batch, keys, strict=True)
        ]


def _as_before(document: SourceDocument, rows: Sequence[Row]) -> SourceDocument:
    raw = document.bson
    for row in rows:
        raw = restored(raw, row.path, row.old, RawValue.of(row.new))
    return document if raw is document.bson else SourceDocument(raw)
