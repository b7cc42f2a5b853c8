"""A dump is the database it was made of: the same bytes, the same order, the same plan."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from bson import Regex

from roundsman.migration.inspection.inspector import inspect_source
from roundsman.migration.sources.bson_folder import BsonFolderSource
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.migration.sources.opening import open_source
from roundsman.migration.sources.port import Source, SourceUnreadable
from roundsman.migration.verify.without_source import verify_without_source
from roundsman.runtime import Runtime
from tests.imports import Database, Import, fill
from tests.migration_builders import EARLYBIRD, account
from tests.storage.migration.dumps import dump
from tests.storage.migration.test_bad_input import VALUES
from tests.storage.migration.worlds import everything

pytestmark = pytest.mark.whole

MORE_IDS = [
    *(1.5, 2, -0.25, 10**15, "ant", "Ant", "antler", "\N{GRINNING FACE}", "\uff5e", b"\x00", b"\xff\xff"),
    *({"a": 1}, {"a": "1"}, {"b": 0}, {"a": 1, "b": 1}, {"a": {"b": 2}}, {"a": [1]}, {"a": [1, 2]}, {"a": None}),
]


async def bytes_of(source: Source) -> Mapping[str, Sequence[bytes]]:
    """Read everything a source holds, in its order."""
    names = await source.count_documents()
    return {name: [one.bson async for batch in source.read(name) for one in batch] for name in names}


@pytest.mark.parametrize("compressed", [False, True])
async def test_a_dump_gives_the_plan_of_its_database_and_is_imported_and_proved(
    importing: Import, source_database: Database, runtime: Runtime, tmp_path: Path, *, compressed: bool
) -> None:
    world = everything()
    for documents in world.values():
        documents.reverse()
    await fill(source_database, world)
    await dump(source_database, tmp_path / "dump" / "shop", compressed=compressed)
    source = open_source(str(tmp_path / "dump"))
    dumped = Import(runtime, source)

    assert await bytes_of(source) == await bytes_of(importing.source)
    assert (await inspect_source(source, EARLYBIRD)).findings == (
        await inspect_source(importing.source, EARLYBIRD)
    ).findings
    header = await dumped.plan()
    assert header.digest == (await importing.plan()).digest
    applied = await dumped.apply(header.digest)

    assert (applied.drifted, applied.gone) == ([], [])
    assert (await dumped.verify()).passed
    assert (await importing.verify()).passed
    assert (await dumped.plan()).automatic_actions == 0
    await source.close()


async def test_documents_come_in_the_servers_own_order_whatever_their_ids_are(
    source: MongoSource, source_database: Database, tmp_path: Path
) -> None:
    # The server takes no list or pattern as `_id`, and all NaN, and equal numbers, are one to it.
    allowed = [one for name, one in VALUES.items() if not isinstance(one, list | Regex) and name != "decimal nan"]
    mixed = [{"_id": one} for one in sorted([*allowed, *MORE_IDS], key=repr)]
    await fill(source_database, {"things": mixed})
    await dump(source_database, tmp_path / "shop")
    dumped = BsonFolderSource(tmp_path / "shop")

    in_order = await bytes_of(source)

    assert await bytes_of(dumped) == in_order
    assert {one.bson for one in await dumped.fetch("things", [document["_id"] for document in mixed])} == set(
        in_order["things"]
    )
    await dumped.close()


async def test_large_documents_come_and_are_taken_few_at_a_time(
    importing: Import, source: MongoSource, source_database: Database, runtime: Runtime, tmp_path: Path
) -> None:
    for number in range(6):
        large = account(f"u{number}", f"Person {number} Rao", phone=f"984501236{number}", photo=b"p" * 12_000_000)
        await source_database["users"].insert_one(large)
    small = [account(f"s{number}", f"Some {number} Nair") for number in range(2_100)]
    await fill(source_database, {"users": small})
    await dump(source_database, tmp_path / "shop")
    dumped = BsonFolderSource(tmp_path / "shop")
    ids = await source_database["users"].distinct("_id")

    for one in (source, dumped):
        for batches in (one.read("users"), one.fetch_batches("users", ids)):
            sizes = [sum(len(document.bson) for document in batch) async for batch in batches]
            assert max(sizes) <= 16 * 1024 * 1024
            assert 6 <= len(sizes) <= 14
    await importing.run()
    assert (await importing.verify()).passed
    assert (await verify_without_source(runtime.tx, importing.means().seal)).passed
    await dumped.close()


@pytest.mark.parametrize("compressed", [False, True])
async def test_a_dump_that_ends_too_early_is_named_with_the_byte_and_nothing_of_it_is_read(
    source_database: Database, tmp_path: Path, *, compressed: bool
) -> None:
    await fill(source_database, everything())
    await dump(source_database, tmp_path / "shop", compressed=compressed)
    file = next((tmp_path / "shop").glob("users.bson*"))
    file.write_bytes(file.read_bytes()[:-9])

    with pytest.raises(SourceUnreadable, match=r"users\.bson(\.gz)?, byte \d+"):
        open_source(str(tmp_path / "shop"))
