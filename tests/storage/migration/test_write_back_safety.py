"""Write-back that is killed, raced, refused or taken over: nothing is lost, and nothing is written that was not noted."""

import asyncio
import random
import signal
from pathlib import Path

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient

from roundsman.database.collections import MIGRATION_RUNS, WRITE_BACK_JOURNAL
from roundsman.database.connection import with_database
from roundsman.database.lease import MIGRATION, LeaseTaken, held_lease
from roundsman.database.transaction import Document
from roundsman.migration.profile import parse_profile
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.migration.write_back.deciding import Wanted
from roundsman.migration.write_back.outcome import Became
from roundsman.migration.write_back.progress import find_checkpoint
from roundsman.migration.write_back.readiness import (
    ImportUnfinished,
    NothingDeclared,
    NotImportedYet,
    WrittenElsewhere,
    require_ready,
    require_ready_to_undo,
)
from roundsman.migration.write_back.target import SourceForbidsWriting, SourceNotWritable, WriteBackTarget
from tests.commands import RoundsmanCommand
from tests.depth import depth
from tests.imports import Database, Import, contents, database_hash, fill
from tests.migration_builders import EARLYBIRD, PHONE, account, doc
from tests.servers import foreign_server
from tests.storage.migration.write_backs import Back, counts, people, take
from tests.storage.migration.write_watch import Instant, WriteWatch, watching

pytestmark = pytest.mark.whole

KILLS = depth(test=2, proof=20)
CUSTOMERS = 2_100
"""Two batches, and one of links that lead nowhere."""
NEVER = Instant("nowhere", 1, done=False)


async def many(back: Back, database: Database) -> None:
    """Many small customers, as if they had been imported."""
    users = [ObjectId(f"{number:024x}") for number in range(1, 8)]
    links: list[Document] = [{}, {"user_id": None}, {"user_id": "gone"}, {"user_id": "user-1"}, {"user_id": ["gone"]}]
    await database["users"].insert_many([{"_id": one, "id": f"user-{n}"} for n, one in enumerate(users[:5])])
    customers = [
        {"_id": ObjectId(f"{number:024x}"), **links[number % 5], "name": f"Customer {number}"}
        for number in range(1_000, 1_000 + CUSTOMERS)
    ]
    await database["customers_v2"].insert_many(customers)
    await take(back.tx, "users", users[:5], users=users, fate="kept")
    await take(back.tx, "customers_v2", [one["_id"] for one in customers], users=users)
    await imported(back)


async def imported(back: Back) -> None:
    """Pretend that a plan was applied."""
    now = back.runtime.clock()
    run = {"_id": "before", "plan": "before", "state": "applied", "started_at": now, "finished_at": now}
    await back.tx.database[MIGRATION_RUNS].insert_one(run)


def through(watch: WriteWatch, command: RoundsmanCommand, source: Database) -> RoundsmanCommand:
    """The command with both databases behind the watch."""
    return command.with_settings(
        ROUNDSMAN_MONGODB_URI=watch.uri, ROUNDSMAN_SOURCE=with_database(watch.uri, source.name)
    )


async def killed_at(instant: Instant, watch: WriteWatch, command: RoundsmanCommand, *options: str) -> int:
    """Start the real command and kill it at the instant."""
    process = command.start("migrate", "write-back", "--yes", *options)
    watch.arm(instant, process.kill)
    _, said = await asyncio.to_thread(process.communicate)
    assert not said, said
    return process.returncode


def instants(writes: list[tuple[str, int]]) -> list[Instant]:
    """Draw an instant at every collection, and the others anywhere; the same ones every time."""
    chance = random.Random(20261122)  # noqa: S311 - a test that must repeat
    drawn = [chance.choice([one for one in writes if one[0] == name]) for name in dict(writes)]
    more = sorted(set(writes) - set(drawn))
    drawn += chance.sample(more, min(len(more), max(0, KILLS - len(drawn))))
    return [Instant(name, number, done=chance.random() < 0.5) for name, number in drawn]


async def unnoted(back: Back, database: Database, before: dict[str, Document]) -> list[str]:
    """The documents that were changed without a row that says so."""
    journal = {row["_id"]: row async for row in back.tx.database[WRITE_BACK_JOURNAL].find()}
    found = []
    async for document in database["customers_v2"].find():
        row = journal.get(f"customers_v2:{document['_id']}:user_id")
        if document != before[document["_id"]] and (not row or row["new"] != document["user_id"]):
            found.append(document["_id"])
    return found


async def test_killed_at_any_instant_writing_goes_on_and_ends_the_same(
    back: Back, roundsman: RoundsmanCommand, source_database: Database, mongod_uri: str
) -> None:
    await many(back, source_database)
    before = await contents(source_database)
    documents = {one["_id"]: one async for one in source_database["customers_v2"].find()}
    async with watching(mongod_uri) as watch:
        command = through(watch, roundsman, source_database)
        assert await killed_at(NEVER, watch, command) == 0
        writes, written = list(watch.seen), await contents(source_database)
        assert {"customers_v2", WRITE_BACK_JOURNAL} < set(dict(writes))
        await back.undo()
        assert await contents(source_database) == before

        for instant in instants(writes):
            assert await killed_at(instant, watch, command) == -signal.SIGKILL, instant
            assert await unnoted(back, source_database, documents) == []
            await back.write()
            assert await contents(source_database) == written, instant
            assert await find_checkpoint(back.tx) is None
            assert await back.tx.database[WRITE_BACK_JOURNAL].distinct("state") == ["written"], instant
            await back.undo()
            assert await contents(source_database) == before, instant


async def test_killed_at_any_instant_undoing_goes_on_and_ends_the_same(
    back: Back, roundsman: RoundsmanCommand, source_database: Database, mongod_uri: str
) -> None:
    await many(back, source_database)
    before = await contents(source_database)
    await back.write()
    async with watching(mongod_uri) as watch:
        command = through(watch, roundsman, source_database)
        assert await killed_at(NEVER, watch, command, "--undo") == 0
        undos = list(watch.seen)
        assert await contents(source_database) == before
        assert {"customers_v2", WRITE_BACK_JOURNAL} < set(dict(undos))

        for instant in instants(undos):
            await back.write()
            assert await killed_at(instant, watch, command, "--undo") == -signal.SIGKILL, instant
            await back.undo()
            assert await contents(source_database) == before, instant


async def test_a_run_that_is_killed_may_be_undone_at_once(
    back: Back, roundsman: RoundsmanCommand, source_database: Database, mongod_uri: str
) -> None:
    await many(back, source_database)
    before = await contents(source_database)
    async with watching(mongod_uri) as watch:
        command = through(watch, roundsman, source_database)
        for done in (False, True):
            assert await killed_at(Instant("customers_v2", 2, done=done), watch, command) == -signal.SIGKILL

            await back.undo()

            assert await contents(source_database) == before


async def test_whoever_writes_at_the_same_time_keeps_his_value(back: Back, source_database: Database) -> None:
    await many(back, source_database)
    ids = [one["_id"] async for one in source_database["customers_v2"].find({}, {"_id": 1})]
    theirs: dict[ObjectId, str] = {}
    chance = random.Random(3)  # noqa: S311 - a test that must repeat

    async def write() -> None:
        """What an application does: it links to users it knows, and to one it has just made."""
        while True:
            customer, user = chance.choice(ids), f"new-{len(theirs)}"
            await source_database["users"].insert_one({"id": user})
            await source_database["customers_v2"].update_one({"_id": customer}, {"$set": {"user_id": user}})
            theirs[customer] = user

    writing = asyncio.create_task(write())
    outcome = await back.write()
    during = len(theirs)
    undone = await back.undo()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)

    assert during > 3
    found = {one["_id"]: one.get("user_id") async for one in source_database["customers_v2"].find()}
    # The last of theirs may have been written without having been noted.
    assert sum(found[customer] != user for customer, user in theirs.items()) <= 1
    assert outcome.total(Became.WRITTEN) + outcome.total(Became.LINKED) + outcome.total(
        Became.CHANGED_MEANWHILE
    ) == len(ids)
    assert undone.total(Became.RESTORED) + undone.total(Became.CHANGED_SINCE) == outcome.total(Became.WRITTEN)


async def test_nothing_else_runs_meanwhile(back: Back, source_database: Database) -> None:
    await fill(source_database, people())
    async with held_lease(back.tx, MIGRATION, back.runtime.clock):
        pass
    await back.tx.database["leases"].update_one(
        {"_id": MIGRATION}, {"$set": {"owner": "elsewhere:1", "expires_at": back.runtime.clock().replace(year=2100)}}
    )
    before = await database_hash(source_database)

    with pytest.raises(LeaseTaken):
        await back.write()
    with pytest.raises(LeaseTaken):
        await back.undo()

    assert await database_hash(source_database) == before


async def test_what_stands_against_it_is_said_before_anything_starts(
    back: Back, importing: Import, source_database: Database
) -> None:
    await fill(source_database, people())
    before = await database_hash(source_database)
    with pytest.raises(NotImportedYet, match="migrate plan"):
        await require_ready(back.tx, back.target, EARLYBIRD, Wanted())
    digest = (await importing.plan()).digest
    now = back.runtime.clock()
    await back.tx.database[MIGRATION_RUNS].insert_one(
        {"_id": digest[:12], "plan": digest, "state": "applying", "started_at": now}
    )
    with pytest.raises(ImportUnfinished, match=digest):
        await require_ready(back.tx, back.target, EARLYBIRD, Wanted())
    with pytest.raises(ImportUnfinished, match=digest):
        await require_ready_to_undo(back.tx, back.target)
    await importing.apply(digest)
    silent = parse_profile('name = "silent"\nversion = 1\ntimezone = "Asia/Kolkata"\n[collections]')
    with pytest.raises(NothingDeclared, match="write_back"):
        await require_ready(back.tx, back.target, silent, Wanted())

    await require_ready(back.tx, back.target, EARLYBIRD, Wanted(activation_status=True))

    assert await database_hash(source_database) == before


async def test_another_database_is_neither_written_to_nor_undone_in_while_one_holds_what_was_written(
    back: Back, importing: Import, source_database: Database, mongod_uri: str
) -> None:
    await fill(source_database, people())
    await importing.run()
    await back.write()
    other = WriteBackTarget(with_database(mongod_uri, f"{source_database.name}_other"))

    with pytest.raises(WrittenElsewhere, match=back.target.locator):
        await require_ready_to_undo(back.tx, other)
    with pytest.raises(WrittenElsewhere, match=back.target.locator):
        await require_ready(back.tx, other, EARLYBIRD, Wanted())
    await require_ready(back.tx, back.target, EARLYBIRD, Wanted())
    await require_ready_to_undo(back.tx, back.target)
    await back.undo()
    await require_ready(back.tx, other, EARLYBIRD, Wanted())
    await other.close()


def test_a_folder_is_nothing_to_write_to(tmp_path: Path) -> None:
    with pytest.raises(SourceNotWritable, match="give --source mongodb"):
        WriteBackTarget(str(tmp_path))


async def test_a_user_who_may_only_read_is_refused_and_a_standalone_server_is_not(back: Back, tmp_path: Path) -> None:
    with foreign_server(tmp_path, "--auth") as uri:
        async with AsyncMongoClient[Document](uri) as client:
            everything = [{"role": "root", "db": "admin"}]
            await client.admin.command("createUser", "root", pwd="secret", roles=everything)
        root = uri.replace("mongodb://", "mongodb://root:secret@")
        async with AsyncMongoClient[Document](root) as client:
            await client.shop.command("createUser", "reader", pwd="secret", roles=["read"])
            await client.shop["users"].insert_one(account("asha", "Asha Verma", phone=PHONE))
            await client.shop["customers_v2"].insert_one(doc("cust", "Asha Verma", phone=PHONE))
            imported_there = Import(back.runtime, MongoSource(f"{root}shop?authSource=admin"))
            await imported_there.run()
            reader = WriteBackTarget(f"{uri.replace('mongodb://', 'mongodb://reader:secret@')}shop")
            before = await client.shop.command("dbHash")
            with pytest.raises(SourceForbidsWriting, match="readWrite"):
                await require_ready(back.tx, reader, EARLYBIRD, Wanted())
            await reader.close()
            assert (await client.shop.command("dbHash"))["collections"] == before["collections"]

            writer = Back(back.runtime, WriteBackTarget(f"{root}shop?authSource=admin"), EARLYBIRD)
            await require_ready(back.tx, writer.target, EARLYBIRD, Wanted())
            assert counts(await writer.write()) == {"written": 1}
            assert (await client.shop["customers_v2"].find_one({}, {"user_id": 1, "_id": 0})) == {"user_id": "asha"}
            await writer.undo()
            assert (await client.shop.command("dbHash"))["collections"] == before["collections"]
            await writer.target.close()
            await imported_there.source.close()
