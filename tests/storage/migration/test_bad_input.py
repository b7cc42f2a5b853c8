"""Sources that are broken, strange, far away or gone: a clear sentence, nothing half done, nothing lost."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.datetime_ms import DatetimeMS
from bson.dbref import DBRef

from roundsman.database.collections import SOURCE_DOCUMENTS, USERS
from roundsman.database.connection import with_database
from roundsman.database.transaction import Document
from roundsman.migration import portions
from roundsman.migration.copies import copies_by_key, open_copy
from roundsman.migration.generator.generating import World, generate
from roundsman.migration.generator.loading import load_folder
from roundsman.migration.sources.folder import FolderSource
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.migration.sources.port import SourceUnreachable, SourceUnreadable
from roundsman.runtime import Runtime
from tests.commands import RoundsmanCommand
from tests.imports import Database, Import, contents, fill
from tests.migration_builders import EARLYBIRD, doc, object_id
from tests.servers import foreign_server
from tests.storage.migration.worlds import everything

pytestmark = pytest.mark.whole

VALUES = {
    "null": None,
    "empty text": "",
    "blank text": " \N{NO-BREAK SPACE} ",
    "text": "anything",
    "control characters": "a\x00b\x1f",
    "script": "\u0905\u0936\u094b\u0915",
    "lone digits": "9876501235.0",
    "int": 1,
    "negative": -1,
    "long": Int64(2**63 - 1),
    "float": 9876501235.0,
    "nan": float("nan"),
    "infinity": float("inf"),
    "decimal": Decimal128("12.345"),
    "decimal nan": Decimal128("NaN"),
    "huge decimal": Decimal128("9E+6144"),
    "true": True,
    "false": False,
    "object id": object_id("somebody"),
    "date": datetime(2026, 1, 2, tzinfo=UTC),
    "date beyond Python": DatetimeMS(2**62),
    "date before Python": DatetimeMS(-(2**62)),
    "list": [1, "two", None, [3], {"four": 4}],
    "empty list": [],
    "object": {"a": {"b": [1]}},
    "empty object": {},
    "binary": b"\x00\xff",
    "user binary": Binary(b"9876501235", 128),
    "pattern": Regex("^9"),
    "timestamp": Timestamp(1, 1),
    "code": Code("return 1"),
    "code with scope": Code("return x", {"x": 1}),
    "reference": DBRef("users", 1),
    "smallest": MinKey(),
    "largest": MaxKey(),
}


def one_of_each() -> Iterator[tuple[str, Document]]:
    """For every profiled field of every collection, a document with each BSON value there; and as `_id`, where it may."""
    for collection in EARLYBIRD.collections:
        fields = {path for paths in collection.fields.values() for path in paths}
        for path in sorted(fields):
            for name, value in VALUES.items():
                document = doc(f"{collection.name}-{path[0]}-{name}", f"{name} {collection.name} {path[0]}")
                yield collection.name, document | {path[0]: value}
        within = {paths[0][0] for meaning, paths in collection.fields.items() if meaning.startswith("line_")}
        for field in sorted(within):
            for name, value in VALUES.items():
                line = {"product_id": "milk", "quantity": 1, "price": 28.5} | {field: value}
                yield collection.name, {**doc(f"line-{field}-{name}", name), "items": [line, value]}
        for name, value in VALUES.items():
            # The server takes no list or pattern as `_id`, and all NaN are one to it.
            if not isinstance(value, list | Regex) and name != "decimal nan":
                yield collection.name, doc(f"{collection.name}-_id-{name}", name) | {"_id": value}


async def test_every_bson_value_in_every_profiled_field_is_imported_and_proved(
    importing: Import, source_database: Database
) -> None:
    world: dict[str, list[Document]] = {}
    for collection, document in one_of_each():
        world.setdefault(collection, []).append(document)
    await fill(source_database, world)

    applied = await importing.run()

    assert (applied.drifted, applied.gone) == ([], [])
    verification = await importing.verify()
    assert [(check.check, check.examples) for check in verification.checks if not check.passed] == []
    assert {one.collection: one.in_source for one in verification.accounts} == {
        name: len(documents)
        for name, documents in world.items()
        if name in {collection.name for collection in EARLYBIRD.collections if collection.kind != "activity"}
    }
    assert verification.lost == 0
    assert (await importing.plan()).automatic_actions == 0


async def test_an_empty_database_is_imported_as_nothing(importing: Import) -> None:
    header = await importing.plan()
    applied = await importing.apply(header.digest)

    assert header.automatic_actions == 0
    assert applied.totals == {}
    verification = await importing.verify()
    assert verification.passed
    assert verification.accounts == []


async def test_documents_of_sixteen_megabytes_are_copied_in_parts(importing: Import, source_database: Database) -> None:
    world = everything()
    world["customers_v2"][2]["notes"] = "x" * (16 * 1024 * 1024 - 4096)
    await fill(source_database, world)

    await importing.run()

    tx = importing.runtime.tx
    key = f"customers_v2:{world['customers_v2'][2]['_id']}"
    stored = (await copies_by_key(tx, [key]))[key]
    assert stored["parts"] > 1
    assert await tx.database[SOURCE_DOCUMENTS].count_documents({"part_of": key}) == stored["parts"] - 1
    (source,) = await importing.source.fetch("customers_v2", [world["customers_v2"][2]["_id"]])
    assert await open_copy(tx, stored, importing.means().seal) == source.bson
    assert (await importing.verify()).passed


async def test_a_malformed_line_is_named_and_nothing_is_planned(tmp_path: Path, database: Database) -> None:
    (tmp_path / "users.jsonl").write_text('{"_id": 1}\n')
    (tmp_path / "customers_v2.jsonl").write_text('{"_id": 1}\n{"_id": 2, "name": }\n')
    before = await contents(database)

    with pytest.raises(SourceUnreadable, match=r"customers_v2\.jsonl, line 2"):
        FolderSource(tmp_path)

    assert await contents(database) == before


async def test_a_wrong_password_is_said_and_not_shown(runtime: Runtime, mongod_uri: str) -> None:
    _, _, rest = with_database(mongod_uri, "shop").partition("@")
    source = MongoSource(f"mongodb://roundsman:not-the-password@{rest}")

    with pytest.raises(SourceUnreachable, match="refuses to be read") as refused:
        await Import(runtime, source).plan()

    await source.close()
    assert "not-the-password" not in refused.value.message
    assert "refuses to be read: Authentication failed" in refused.value.message
    assert "{" not in refused.value.message


async def test_a_plan_keeps_the_address_of_its_source_without_the_password(
    importing: Import, source_database: Database
) -> None:
    await fill(source_database, everything())

    header = await importing.plan()

    assert header.source.startswith("mongodb://127.0.0.1:")
    assert "@" not in header.source


@pytest.mark.parametrize("locator", ["mongodb://127.0.0.1:27017", "mongodb://%", "mongodb://a:b:c/x"])
def test_an_address_that_is_none_is_refused(locator: str) -> None:
    with pytest.raises(SourceUnreadable):
        MongoSource(locator)


async def test_a_source_that_goes_away_while_it_is_read_loses_nothing(
    runtime: Runtime,
    roundsman: RoundsmanCommand,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(portions, "_ROWS_PER_CHUNK", 40)
    generate(tmp_path / "world", World("plan", 0.1))
    with contextlib.ExitStack() as server:
        uri = with_database(server.enter_context(foreign_server(tmp_path)), "shop")
        await load_folder(tmp_path / "world", uri)
        source = MongoSource(uri)
        digest = (await Import(runtime, source).plan()).digest
        await source.close()
        process = roundsman.start("migrate", "apply", "--plan", digest, "--source", uri, "--throttle", "150")
        while not await database[SOURCE_DOCUMENTS].count_documents({}):
            assert process.poll() is None, process.communicate()
            await asyncio.sleep(0.02)
        server.close()
        _, said = await asyncio.to_thread(process.communicate)

    assert process.returncode == 3, said
    assert "does not answer" in said
    assert said.count("\n") == 1
    resumed = Import(runtime, FolderSource(tmp_path / "world"))
    applied = await resumed.apply(digest)
    assert (applied.drifted, applied.gone) == ([], [])
    assert (await resumed.verify()).passed


async def test_an_old_id_may_be_any_value(importing: Import, source_database: Database) -> None:
    await fill(source_database, {"users": [doc("a", "Asha") | {"_id": 1}, doc("b", "Babu") | {"_id": "1"}]})

    await importing.run()

    assert (await importing.verify()).passed
    users = await importing.runtime.tx.database[USERS].find().to_list()
    assert all(isinstance(user["_id"], ObjectId) for user in users)
    assert len(users) == 2
