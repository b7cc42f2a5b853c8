"""A part of a source: documents that were read already, for a plan about them alone."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from roundsman.migration.sources.port import Source, SourceDocument


class SubsetSource:
    """Reads these documents and no others; fetching asks the source itself, which may have changed since."""

    def __init__(self, source: Source, documents: Mapping[str, Sequence[SourceDocument]]) -> None:
        self._source = source
        self._documents = documents
        self.locator = source.locator

    async def count_documents(self) -> dict[str, int]:
        """Count the documents of the part."""
        return {name: len(documents) for name, documents in sorted(self._documents.items()) if documents}

    async def read(self, collection: str) -> AsyncIterator[Sequence[SourceDocument]]:
        """All documents of the part that stand in the collection, as they were when they were read."""
        if documents := self._documents.get(collection):
            yield documents

    async def fetch(self, collection: str, ids: Sequence[Any]) -> Sequence[SourceDocument]:
        """Those of the documents that exist in the source now."""
        return await self._source.fetch(collection, ids)

    def fetch_batches(self, collection: str, ids: Sequence[Any]) -> AsyncIterator[Sequence[SourceDocument]]:
        """The same in batches."""
        return self._source.fetch_batches(collection, ids)

    async def close(self) -> None:
        """The source is closed by whoever opened it."""
