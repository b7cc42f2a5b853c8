"""Putting a backup back, so that a half-restored database never looks like a whole one.

MongoDB cannot rename a database, and moving collections one by one into their place would be as little at once as
writing them there. So the database is marked first, written in place, compared with the backup's files document by
document, brought to this version's schema, and unmarked last; see `wholeness` for who heeds the mark. Restoring that
was broken off is done again from the beginning.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from bson.raw_bson import RawBSONDocument
from pymongo import WriteConcern
from pymongo.asynchronous.database import AsyncDatabase

from roundsman.database.backup_manifest import BackupDamaged, CollectionFile, Manifest, require_intact
from roundsman.database.collections import SYSTEM
from roundsman.database.raw import split_documents
from roundsman.database.transaction import Document
from roundsman.database.upgrade import SCHEMA_ID, SCHEMA_VERSION, DatabaseIsNewer, upgrade
from roundsman.database.wholeness import RESTORING_ID, Restoring, find_restoring, mark_restoring, mark_whole
from roundsman.errors import Conflict, IntegrityBroken

_LENGTH_BYTES: Final = 4
_SHORTEST_DOCUMENT: Final = 5
_BATCH_BYTES: Final = 8 * 1024 * 1024
_BATCH_DOCUMENTS: Final = 1_000
_NOT_THE_MARK: Final[Document] = {"_id": {"$ne": RESTORING_ID}}


class DatabaseNotEmpty(Conflict):
    """The database holds something that restoring would take away."""

    code = "database_not_empty"


class RestoredDiffers(IntegrityBroken):
    """What the database holds after restoring is not what the backup holds."""

    code = "restored_differs"


@dataclass(frozen=True, slots=True)
class _Fingerprint:
    """What documents are, whatever their order: how many, and the sum of their SHA-256."""

    documents: int = 0
    sum: int = 0

    def with_document(self, document: bytes) -> "_Fingerprint":
        digest = int.from_bytes(hashlib.sha256(document).digest())
        return _Fingerprint(self.documents + 1, (self.sum + digest) % (1 << 256))


async def count_to_lose(database: AsyncDatabase[Document]) -> int:
    """Count the documents that restoring would take away; a half-restored database has none worth asking for."""
    if await find_restoring(database):
        return 0
    own = {"_id": {"$ne": SCHEMA_ID}}
    return sum([await database[name].count_documents(own) for name in await _collections(database)])


async def restore_backup(
    database: AsyncDatabase[Document], directory: Path, manifest: Manifest, *, replace: bool, now: datetime
) -> None:
    """Make the database what the backup in the folder (an absolute path) holds.

    Raises BackupDamaged, DatabaseIsNewer and, unless everything may be replaced, DatabaseNotEmpty before anything is
    touched; RestoredDiffers when somebody wrote meanwhile, after which the database stays marked.
    """
    await asyncio.to_thread(require_intact, directory, manifest)
    _require_readable(manifest)
    if not replace and (documents := await count_to_lose(database)):
        raise DatabaseNotEmpty(f"The database {database.name} holds {documents} documents: --replace takes them away.")
    await mark_restoring(database, Restoring(str(directory), manifest.digest, now))
    await _empty(database)
    durable = database.with_options(write_concern=WriteConcern("majority"))
    written = {one.name: await _write(durable, directory, one) for one in manifest.collections}
    await _require_same(database, written)
    await _create_empty(database, manifest)
    await upgrade(database)
    await mark_whole(database)


def _require_readable(manifest: Manifest) -> None:
    if manifest.schema_version > SCHEMA_VERSION:
        raise DatabaseIsNewer(
            f"The backup is of a newer Roundsman ({manifest.program}, schema {manifest.schema_version}; this one knows "
            f"{SCHEMA_VERSION}): install that version or a newer one."
        )


async def _collections(database: AsyncDatabase[Document]) -> list[str]:
    names = await database.list_collection_names(filter={"type": "collection"})
    return sorted(name for name in names if not name.startswith("system."))


async def _empty(database: AsyncDatabase[Document]) -> None:
    """Remove everything but the mark; validators and indexes go too, and come back when all documents are there."""
    for name in await _collections(database):
        if name != SYSTEM:
            await database.drop_collection(name)
    await database[SYSTEM].delete_many(_NOT_THE_MARK)


async def _write(database: AsyncDatabase[Document], directory: Path, one: CollectionFile) -> _Fingerprint:
    fingerprint = _Fingerprint()
    for batch in _batches(documents_in(directory / one.file)):
        for document in batch:
            fingerprint = fingerprint.with_document(document)
        # What was stored may be what a validator of today refuses.
        await database[one.name].insert_many(map(RawBSONDocument, batch), bypass_document_validation=True)
    return fingerprint


async def _create_empty(database: AsyncDatabase[Document], manifest: Manifest) -> None:
    for name in sorted({one.name for one in manifest.collections}.difference(await _collections(database))):
        await database.create_collection(name)


async def _require_same(database: AsyncDatabase[Document], written: dict[str, _Fingerprint]) -> None:
    for name in sorted({*written, *await _collections(database)}):
        stored, wanted = await _stored(database, name), written.get(name, _Fingerprint())
        if stored != wanted:
            raise RestoredDiffers(
                f"{name} holds {stored.documents} documents that are not the {wanted.documents} of the backup: something "
                f"else writes to the database {database.name}. Stop every Roundsman that uses it, then restore again."
            )


async def _stored(database: AsyncDatabase[Document], name: str) -> _Fingerprint:
    fingerprint = _Fingerprint()
    async for batch in database[name].find_raw_batches(_NOT_THE_MARK if name == SYSTEM else {}):
        for document in split_documents(batch):
            fingerprint = fingerprint.with_document(document)
    return fingerprint


def documents_in(path: Path) -> Iterator[bytes]:
    """Read the documents of a file one after another. Raises BackupDamaged at the end of what can be read."""
    with path.open("rb") as file:
        while head := file.read(_LENGTH_BYTES):
            length = int.from_bytes(head, "little")
            document = head + file.read(max(0, length - _LENGTH_BYTES))
            if length < _SHORTEST_DOCUMENT or len(document) != length:
                raise BackupDamaged(f"The backup's file {path} is damaged: a document in it is cut.")
            yield document


def _batches(documents: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document)
        if size >= _BATCH_BYTES or len(batch) >= _BATCH_DOCUMENTS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
