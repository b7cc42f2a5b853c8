"""A backup is the database of one instant, byte for byte; and what is not whole is neither a backup nor a database."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import bson
import pytest
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from roundsman.database import backup, restore
from roundsman.database.backup import HistoryTooShort, NothingToBackUp, find_last_backup, take_backup
from roundsman.database.backup_folder import BackupPlaceTaken, BackupPlaceUnusable, KeyFolder
from roundsman.database.backup_manifest import (
    DRAFT,
    MANIFEST,
    BackupDamaged,
    BackupOfOtherFormat,
    CollectionFile,
    Manifest,
    NotABackup,
    manifest_text,
    read_manifest,
    require_intact,
)
from roundsman.database.collections import ADDRESSES, SYSTEM, USERS
from roundsman.database.connection import Client
from roundsman.database.restore import DatabaseNotEmpty, RestoredDiffers, count_to_lose, restore_backup
from roundsman.database.transaction import Tx
from roundsman.database.upgrade import SCHEMA_ID, DatabaseIsNewer, ensure_schema, find_drift
from roundsman.database.wholeness import DatabaseHalfRestored, find_restoring, require_whole
from tests.conftest import Database

pytestmark = pytest.mark.whole

NOW = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
LARGEST = 16 * 1024 * 1024
ODD_NAME = "left over: 50 % of Gärtner/öl"
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


def of_every_type() -> bytes:
    """One field of each type of BSON, the deprecated and the unreadable ones too."""
    known = bson.encode(
        {
            "_id": "every type",
            "double": float("nan"),
            "string": "अशा\x00",
            "object": {"": {"$set": {"a.b": 1}}},
            "array": [1, [None]],
            "binary": Binary(b"\x00" * 9, 128),
            "uuid": Binary(b"1" * 16, 4),
            "object_id": ObjectId("0123456789ab0123456789ab"),
            "bool": False,
            "date": bson.DatetimeMS(-(2**63)),
            "null": None,
            "regex": Regex("^a", "imx"),
            "reference": DBRef("users", 1),
            "code": Code("f()"),
            "scoped": Code("f()", {"x": 1}),
            "int": -1,
            "timestamp": Timestamp(4294967295, 1),
            "long": Int64(1),
            "decimal": Decimal128("sNaN"),
            "min": MinKey(),
            "max": MaxKey(),
        }
    )
    undefined = b"\x06undefined\x00"
    pointer = b"\x0cpointer\x00" + (3).to_bytes(4, "little") + b"ab\x00" + bytes(range(12))
    symbol = b"\x0esymbol\x00" + (4).to_bytes(4, "little") + b"abc\x00"
    body = known[4:-1] + undefined + pointer + symbol + b"\x02latin\x00" + (2).to_bytes(4, "little") + b"\xfc\x00"
    return (len(body) + 5).to_bytes(4, "little") + body + b"\x00"


def almost_too_large() -> bytes:
    shell = len(bson.encode({"_id": "large", "bytes": b""}))
    return bson.encode({"_id": "large", "bytes": os.urandom(LARGEST - shell)})


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Database]:
    """A database of Roundsman's with documents no validator would let pass, and a collection nobody declared."""
    database = client[f"backup_{uuid4().hex[:12]}"]
    await ensure_schema(database)
    strange = [RawBSONDocument(of_every_type()), RawBSONDocument(almost_too_large())]
    await database[ADDRESSES].insert_many(strange, bypass_document_validation=True)
    await database[USERS].insert_many([{"_id": number} for number in range(2_500)], bypass_document_validation=True)
    await database[ODD_NAME].insert_one({"_id": {"x": 1}})
    await database.create_collection("nothing in it")
    yield database
    await client.drop_database(database)


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    folder = tmp_path / "data" / "keys"
    folder.mkdir(parents=True)
    (folder / "source-documents.key").write_bytes(b"k" * 64)
    return KeyFolder(folder, included=False)


@pytest.fixture
async def taken(shop: Database, keys: KeyFolder, tmp_path: Path) -> tuple[Path, Manifest]:
    """A backup of the shop."""
    folder = tmp_path / "backup"
    return folder, await take_backup(shop, folder, keys=keys, program="0.1.0", now=NOW)


async def documents(database: Database) -> dict[str, list[bytes]]:
    """Every document of every collection, as the server sends it; notes about backup and schema left out."""
    raw = database.with_options(codec_options=_RAW)
    left_out = {"_id": {"$nin": [SCHEMA_ID, "last_backup"]}}
    names = await database.list_collection_names(filter={"type": "collection"})
    return {name: sorted([bytes(one.raw) async for one in raw[name].find(left_out)]) for name in names}


async def test_a_restored_database_is_the_same_bytes_with_all_indexes_and_validators(
    shop: Database, taken: tuple[Path, Manifest], fresh_database: Database
) -> None:
    folder, manifest = taken
    before = await documents(shop)
    assert of_every_type() in before[ADDRESSES]

    await restore_backup(fresh_database, folder, read_manifest(folder), replace=False, now=NOW)

    assert await documents(fresh_database) == before
    assert {name: len(found) for name, found in before.items() if name != SYSTEM} == {
        one.name: one.documents for one in manifest.collections if one.name != SYSTEM
    }
    assert await find_drift(fresh_database) == ()
    await ensure_schema(fresh_database)
    last = await find_last_backup(Tx(shop))
    assert last is not None
    assert (last.at, last.digest, last.directory) == (NOW, manifest.digest, folder)


def test_only_its_owner_reads_a_backup(taken: tuple[Path, Manifest]) -> None:
    folder, _ = taken
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert not (folder / DRAFT).exists()


async def test_all_collections_are_of_one_instant(
    shop: Database, keys: KeyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = backup._write_collection

    async def and_somebody_writes(
        database: Database, name: str, session: AsyncClientSession, directory: Path
    ) -> CollectionFile:
        await database["first"].insert_one({})
        await database["second"].insert_one({})
        return await write(database, name, session, directory)

    await shop["first"].insert_one({})
    await shop["second"].insert_one({})
    monkeypatch.setattr(backup, "_write_collection", and_somebody_writes)

    manifest = await take_backup(shop, tmp_path / "backup", keys=keys, program="0.1.0", now=NOW)

    assert [one.documents for one in manifest.collections if one.name in {"first", "second"}] == [1, 1]


async def test_an_instant_that_the_server_forgets_is_refused_with_what_to_set(
    shop: Database, keys: KeyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = backup._write_collection

    async def after_an_index_was_made(
        database: Database, name: str, session: AsyncClientSession, directory: Path
    ) -> CollectionFile:
        await database[USERS].drop()
        await database.create_collection(USERS)
        return await write(database, name, session, directory)

    monkeypatch.setattr(backup, "_write_collection", after_an_index_was_made)
    with pytest.raises(HistoryTooShort, match="minSnapshotHistoryWindowInSeconds"):
        await take_backup(shop, tmp_path / "backup", keys=keys, program="0.1.0", now=NOW)
    with pytest.raises(NotABackup, match="was broken off"):
        read_manifest(tmp_path / "backup")

    monkeypatch.undo()
    manifest = await take_backup(shop, tmp_path / "backup", keys=keys, program="0.1.0", now=NOW)
    require_intact(tmp_path / "backup", manifest)


async def test_a_place_that_is_taken_or_cannot_be_used_is_refused(
    shop: Database, taken: tuple[Path, Manifest], keys: KeyFolder, tmp_path: Path
) -> None:
    full, file = tmp_path / "full", tmp_path / "file"
    full.mkdir()
    (full / "users.bson").touch()
    file.touch()
    for place in (full, taken[0]):
        with pytest.raises(BackupPlaceTaken, match="is not empty"):
            await take_backup(shop, place, keys=keys, program="0.1.0", now=NOW)
    with pytest.raises(BackupPlaceUnusable, match="Not a directory"):
        await take_backup(shop, file / "below", keys=keys, program="0.1.0", now=NOW)


async def test_where_there_is_no_database_there_is_nothing_to_back_up(
    fresh_database: Database, keys: KeyFolder, tmp_path: Path
) -> None:
    with pytest.raises(NothingToBackUp):
        await take_backup(fresh_database, tmp_path / "backup", keys=keys, program="0.1.0", now=NOW)


def cut(folder: Path) -> str:
    file = folder / f"{USERS}.bson"
    os.truncate(file, file.stat().st_size - 1)
    return r"users\.bson has \d+ bytes instead of"


def flip(folder: Path) -> str:
    content = bytearray((folder / f"{USERS}.bson").read_bytes())
    content[100] ^= 1
    (folder / f"{USERS}.bson").write_bytes(content)
    return r"users\.bson is not what was written"


def remove(folder: Path) -> str:
    (folder / f"{USERS}.bson").unlink()
    (folder / f"{ADDRESSES}.bson").unlink()
    return r"addresses\.bson is missing; users\.bson is missing"


def edit_manifest(folder: Path) -> str:
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text.replace('"documents": 2500', '"documents": 2501'))
    return r"manifest\.json is damaged"


def cut_manifest(folder: Path) -> str:
    (folder / MANIFEST).write_text((folder / MANIFEST).read_text()[:-20])
    return r"manifest\.json is damaged"


@pytest.mark.parametrize("damage", [cut, flip, remove, edit_manifest, cut_manifest])
async def test_damage_is_named_and_nothing_is_touched(
    taken: tuple[Path, Manifest], shop: Database, damage: object
) -> None:
    folder, _ = taken
    said = damage(folder)  # type: ignore[operator]  # one of the functions above
    with pytest.raises(BackupDamaged, match=said):
        await restore_backup(shop, folder, read_manifest(folder), replace=True, now=NOW)
    await require_whole(shop)
    assert await count_to_lose(shop) > 2_500


def test_another_format_is_named(taken: tuple[Path, Manifest]) -> None:
    folder, _ = taken
    content = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(content | {"format_version": 2}))
    with pytest.raises(BackupOfOtherFormat, match="has the format 'roundsman backup' 2"):
        read_manifest(folder)


def test_a_folder_without_manifest_is_no_backup(taken: tuple[Path, Manifest], tmp_path: Path) -> None:
    folder, _ = taken
    (folder / MANIFEST).unlink()
    for place in (folder, tmp_path / "nowhere"):
        with pytest.raises(NotABackup):
            read_manifest(place)


async def test_a_backup_of_a_newer_roundsman_is_refused(taken: tuple[Path, Manifest], fresh_database: Database) -> None:
    folder, manifest = taken
    newer = Manifest("9.0", manifest.database, 99, NOW, manifest.collections, manifest.keys)
    (folder / MANIFEST).write_text(manifest_text(newer))
    with pytest.raises(DatabaseIsNewer, match=r"9\.0, schema 99"):
        await restore_backup(fresh_database, folder, read_manifest(folder), replace=False, now=NOW)


async def test_what_is_there_goes_only_when_it_may(shop: Database, taken: tuple[Path, Manifest]) -> None:
    folder, manifest = taken
    before = await documents(shop)
    await shop["later"].insert_one({})
    await shop[USERS].delete_many({})

    with pytest.raises(DatabaseNotEmpty, match="--replace"):
        await restore_backup(shop, folder, manifest, replace=False, now=NOW)
    await restore_backup(shop, folder, manifest, replace=True, now=NOW)

    assert await documents(shop) == before


async def test_who_writes_while_a_backup_is_restored_is_noticed_and_nobody_works_meanwhile(
    taken: tuple[Path, Manifest], fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, manifest = taken
    empty = restore._empty

    async def and_somebody_writes(database: Database) -> None:
        await empty(database)
        await database["sessions"].insert_one({"_id": "somebody signs in"})
        with pytest.raises(DatabaseHalfRestored, match=str(folder)):
            await ensure_schema(database)

    monkeypatch.setattr(restore, "_empty", and_somebody_writes)
    with pytest.raises(RestoredDiffers, match="sessions holds 1 documents"):
        await restore_backup(fresh_database, folder, manifest, replace=False, now=NOW)
    with pytest.raises(DatabaseHalfRestored):
        await ensure_schema(fresh_database)

    monkeypatch.undo()
    await restore_backup(fresh_database, folder, manifest, replace=False, now=NOW)
    assert await find_restoring(fresh_database) is None
    await ensure_schema(fresh_database)


async def test_a_backup_can_be_moved(taken: tuple[Path, Manifest], tmp_path: Path, fresh_database: Database) -> None:
    folder, manifest = taken
    moved = Path(shutil.move(folder, tmp_path / "elsewhere"))
    assert read_manifest(moved) == manifest
    await restore_backup(fresh_database, moved, manifest, replace=False, now=NOW)
