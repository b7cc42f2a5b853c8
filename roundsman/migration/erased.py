"""The source without the documents of people who closed their accounts: nothing takes them again.

Of each a tombstone is left among the copies: its key, the hash of what was taken, and ids that name nobody here.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Tx
from roundsman.migration.sources.port import Source, SourceDocument


async def without_erased(tx: Tx, source: Source) -> Source:
    """The source itself where nobody closed his account, which costs one read; else the view of it."""
    erased = tx.database[SOURCE_DOCUMENTS].find({"erased_at": {"$exists": True}}, {"_id": 1})
    keys = frozenset([document["_id"] async for document in erased])
    return WithoutErased(source, keys) if keys else source


class WithoutErased:
    """A source as if these documents were not in it."""

    def __init__(self, source: Source, keys: frozenset[str]) -> None:
        self._source, self._keys = source, keys
        self.locator = source.locator

    async def count_documents(self) -> dict[str, int]:
        """Count as the source does: the few more are no matter where numbers are asked for."""
        return await self._source.count_documents()

    async def read(self, collection: str) -> AsyncIterator[Sequence[SourceDocument]]:
        """All other documents in batches, in the order of the source."""
        async for batch in self._source.read(collection):
            yield self._others(collection, batch)

    async def fetch(self, collection: str, ids: Sequence[Any]) -> Sequence[SourceDocument]:
        """Those of the documents that exist and were not erased."""
        return self._others(collection, await self._source.fetch(collection, ids))

    async def fetch_batches(self, collection: str, ids: Sequence[Any]) -> AsyncIterator[Sequence[SourceDocument]]:
        """The same in batches."""
        async for batch in self._source.fetch_batches(collection, ids):
            yield self._others(collection, batch)

    async def close(self) -> None:
        """Close the source."""
        await self._source.close()

    def _others(self, collection: str, batch: Sequence[SourceDocument]) -> Sequence[SourceDocument]:
        return [one for one in batch if f"{collection}:{one.id_text}" not in self._keys]
