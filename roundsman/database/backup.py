"""Taking a backup: every collection of Roundsman's database as it was at one instant.

All collections are read in one snapshot session, so that an order never stands in a backup without its customer. The
server keeps the history for that only for a while (five minutes unless its administrator says otherwise). A database
that takes longer is refused with the setting to raise: a backup whose collections are of different instants would be
found out only when it is needed. Indexes and validators are not in it; the schema upgrade makes them again.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from roundsman.database.backup_folder import (
    KeyFolder,
    finish_folder,
    place_errors,
    prepare_folder,
    private_file,
    write_keys,
)
from roundsman.database.backup_manifest import CollectionFile, Manifest, read_manifest
from roundsman.database.collections import SYSTEM
from roundsman.database.raw import split_documents
from roundsman.database.snapshots import SNAPSHOT_UNAVAILABLE, at_one_instant
from roundsman.database.transaction import Document, Tx
from roundsman.database.upgrade import stored_schema
from roundsman.database.wholeness import require_whole
from roundsman.errors import NotFound, Unavailable

_LAST_BACKUP: Final = "last_backup"
_SNAPSHOT_TOO_OLD: Final = 239


class NothingToBackUp(NotFound):
    """There is no database of Roundsman's under this name."""

    code = "nothing_to_back_up"


class HistoryTooShort(Unavailable):
    """Reading took longer than the server keeps the history of one instant."""

    code = "history_too_short"


@dataclass(frozen=True, slots=True)
class BackupNote:
    """The backup that was taken last, as Roundsman's database remembers it."""

    at: datetime
    digest: str
    directory: Path


async def take_backup(
    database: AsyncDatabase[Document], directory: Path, *, keys: KeyFolder, program: str, now: datetime
) -> Manifest:
    """Write a backup into a new or empty folder (an absolute path), read it back, and note it in the database.

    Raises NothingToBackUp, DatabaseHalfRestored, BackupPlaceTaken, BackupPlaceUnusable, HistoryTooShort, or
    BackupDamaged when what was written reads differently.
    """
    await require_whole(database)
    schema = await stored_schema(database)
    if not schema:
        raise NothingToBackUp(f"The server has no database of Roundsman's named {database.name}.")
    with place_errors(directory):
        prepare_folder(directory)
        manifest = Manifest(
            program=program,
            database=database.name,
            schema_version=schema["version"],
            taken_at=now,
            collections=tuple(await _write_collections(database, directory)),
            keys=tuple(write_keys(keys, directory)),
        )
        await asyncio.to_thread(finish_folder, directory, manifest)
    finished = read_manifest(directory)
    await _note(Tx(database), BackupNote(now, finished.digest, directory))
    return finished


async def find_last_backup(tx: Tx) -> BackupNote | None:
    """Return the backup that was taken last; whether its files are still there is for the caller to see."""
    found = await tx.database[SYSTEM].find_one({"_id": _LAST_BACKUP}, session=tx.session)
    return None if found is None else BackupNote(found["at"], found["digest"], Path(found["directory"]))


async def _note(tx: Tx, note: BackupNote) -> None:
    document = {"at": note.at, "digest": note.digest, "directory": str(note.directory)}
    await tx.database[SYSTEM].replace_one({"_id": _LAST_BACKUP}, document, upsert=True)


async def _write_collections(database: AsyncDatabase[Document], directory: Path) -> list[CollectionFile]:
    names = await database.list_collection_names(filter={"type": "collection"})
    taken = sorted(name for name in names if not name.startswith("system."))
    try:
        async with at_one_instant(database, taken) as session:
            return [await _write_collection(database, name, session, directory) for name in taken]
    except OperationFailure as error:
        if error.code not in (_SNAPSHOT_TOO_OLD, SNAPSHOT_UNAVAILABLE):
            raise
        raise HistoryTooShort(
            f"The database {database.name} cannot be read within the time for which its server keeps the history of one "
            "instant. Let it keep more, then try again: in mongosh, db.adminCommand({setParameter: 1, "
            "minSnapshotHistoryWindowInSeconds: 3600})"
        ) from error


async def _write_collection(
    database: AsyncDatabase[Document], name: str, session: AsyncClientSession, directory: Path
) -> CollectionFile:
    documents = size = 0
    digest = hashlib.sha256()
    with private_file(directory / CollectionFile(name, 0, 0, "").file) as file:
        batch: Any  # bytes, though the driver declares documents
        async for batch in database[name].find_raw_batches({}, session=session):
            file.write(batch)
            digest.update(batch)
            documents += sum(1 for _ in split_documents(batch))
            size += len(batch)
    return CollectionFile(name, documents, size, digest.hexdigest())
