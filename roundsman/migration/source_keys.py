"""Which source documents share a phone, an e-mail, a GSTIN or an old id: how a followed change finds whom it concerns.

Hashes of the keys are kept, not the keys, so that this is no further place with people's phones. It is an aid, filled by
every whole comparison; nothing is decided by it.
"""

import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from typing import Any

from bson import Int64
from pymongo import ReplaceOne

from roundsman.database.collections import SOURCE_KEYS
from roundsman.database.transaction import Document, Tx
from roundsman.migration.profile import PEOPLE, SourceProfile
from roundsman.migration.records import PersonRecord, read_person
from roundsman.migration.sources.port import Source, SourceDocument

_HASH_BYTES = 8


def person_keys(record: PersonRecord) -> Iterator[str]:
    """Everything by which another document may be connected with this one; who carries an old id and who names it alike."""
    if record.phone:
        yield f"phone:{record.phone}"
    if record.email:
        yield f"email:{record.email}"
    if record.sign_in_email:
        yield f"email:{record.sign_in_email}"
    if record.gstin:
        yield f"gstin:{record.gstin}"
    yield from map(old_id_key, record.aliases)
    yield from link_keys(record)


def link_keys(record: PersonRecord) -> Iterator[str]:
    """The keys of those whom the document names."""
    return (old_id_key(alias) for _, alias in record.links)


def old_id_key(alias: str) -> str:
    """The key of an old id."""
    return f"alias:{alias}"


async def note_keys(tx: Tx, records: Iterable[PersonRecord]) -> None:
    """Keep the keys of these documents as they are now; what is kept already is not written again."""
    wanted = {record.key: _document(record) for record in records}
    async for kept in tx.database[SOURCE_KEYS].find({"_id": {"$in": list(wanted)}}):
        if wanted[kept["_id"]] == kept:
            del wanted[kept["_id"]]
    if wanted:
        writes = [ReplaceOne({"_id": key}, document, upsert=True) for key, document in wanted.items()]
        await tx.database[SOURCE_KEYS].bulk_write(writes, ordered=False)


async def documents_with(tx: Tx, keys: Collection[str], *, most: int) -> list[str]:
    """The documents that share any of the keys, by `collection:source id`, at most so many."""
    if not keys:
        return []
    query = {"keys": {"$in": sorted({_hashed(key) for key in keys})}}
    return [found["_id"] async for found in tx.database[SOURCE_KEYS].find(query, {"_id": 1}).limit(most)]


def _document(record: PersonRecord) -> Document:
    return {"_id": record.key, "keys": sorted({_hashed(key) for key in person_keys(record)})}


def _hashed(key: str) -> Int64:
    return Int64(int.from_bytes(hashlib.sha256(key.encode()).digest()[:_HASH_BYTES], "big", signed=True))


class KeyNoting:
    """A source that keeps the keys of the people who are read from it."""

    def __init__(self, tx: Tx, source: Source, profile: SourceProfile) -> None:
        self._tx, self._source, self._profile = tx, source, profile
        self._people = {collection.name: collection for collection in profile.of_kind(*PEOPLE)}
        self.locator = source.locator

    async def count_documents(self) -> dict[str, int]:
        """Count as the source does."""
        return await self._source.count_documents()

    async def read(self, collection: str) -> AsyncIterator[Sequence[SourceDocument]]:
        """Read as the source does, and keep the keys of people on the way."""
        async for batch in self._source.read(collection):
            if people := self._people.get(collection):
                await note_keys(self._tx, (read_person(document, people, self._profile) for document in batch))
            yield batch

    async def fetch(self, collection: str, ids: Sequence[Any]) -> Sequence[SourceDocument]:
        """Fetch as the source does."""
        return await self._source.fetch(collection, ids)

    def fetch_batches(self, collection: str, ids: Sequence[Any]) -> AsyncIterator[Sequence[SourceDocument]]:
        """The same in batches."""
        return self._source.fetch_batches(collection, ids)

    async def close(self) -> None:
        """The source is closed by whoever opened it."""
