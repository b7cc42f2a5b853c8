"""The worker's own promises: a token never leads what was taken, and who cannot renew his right to work stops working."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import AutoReconnect

from roundsman.clock import utc_now
from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Document, Tx
from roundsman.migration.source_cursor import find_cursor
from roundsman.migration.sources.changes import ChangeFeed, Changes
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.worker import leadership as leading_module
from roundsman.worker.intake import Intake, Rhythm
from roundsman.worker.leadership import leadership
from tests.imports import Database, Import, fill
from tests.migration_builders import doc
from tests.servers import foreign_server
from tests.storage.migration.worlds import everything

LATE = doc("late", "Zoya Khan", phone="9845011199")
LATER = doc("later", "Kavita Nair", phone="9845011198")
_MOMENT = timedelta(milliseconds=300)


@dataclass
class EndingFeed:
    """A feed during whose waiting for further changes somebody ends the worker."""

    feed: ChangeFeed
    stop: asyncio.Event

    @property
    def token(self) -> Any:  # noqa: ANN401 - the server's own
        return self.feed.token

    async def gather(self, *, patience: timedelta, debounce: timedelta, most: int) -> Changes:
        changes = await self.feed.gather(patience=patience, debounce=debounce, most=most)
        if changes.count:
            self.stop.set()
        return changes

    async def close(self) -> None:
        await self.feed.close()


class EndingSource(MongoSource):
    """A source whose feed ends the worker with the first change."""

    def __init__(self, uri: str, stop: asyncio.Event) -> None:
        super().__init__(uri)
        self._stop = stop

    async def watch(self, collections: Collection[str], *, after: Any) -> ChangeFeed:  # noqa: ANN401 - as above
        return EndingFeed(await super().watch(collections, after=after), self._stop)


@dataclass
class Worker:
    """A worker in this process."""

    importing: Import
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    said: list[str] = field(default_factory=list)

    async def follow(self, uri: str, *, ended_by_change: bool = False) -> "asyncio.Task[None]":
        def open_source() -> MongoSource:
            return EndingSource(uri, self.stop) if ended_by_change else MongoSource(uri)

        rhythm = Rhythm(debounce=_MOMENT, idle=_MOMENT)
        intake = Intake(
            self.importing.runtime.tx,
            open_source,
            self.importing.profile,
            self.importing.means(),
            self.stop,
            self.said.append,
            rhythm=rhythm,
        )
        return asyncio.create_task(intake.run())


async def until_taken(database: Database, key: str) -> None:
    async with asyncio.timeout(120):
        while not await database[SOURCE_DOCUMENTS].find_one({"_id": key}):  # noqa: ASYNC110 - a worker decides
            await asyncio.sleep(0.05)


async def test_a_change_that_was_seen_but_not_taken_before_the_end_is_taken_by_the_next_worker(
    importing: Import, database: Database, source_database: Database, source_uri: str
) -> None:
    await fill(source_database, everything())
    first = Worker(importing)
    following = await first.follow(source_uri, ended_by_change=True)
    await until_taken(database, f"customers_v2:{everything()['customers_v2'][0]['_id']}")
    await asyncio.sleep(1)

    await source_database["customers_v2"].insert_one(dict(LATE))
    await following

    second = Worker(importing)
    following = await second.follow(source_uri)
    await until_taken(database, f"customers_v2:{LATE['_id']}")
    second.stop.set()
    await following


@asynccontextmanager
async def forgetful_server(directory: Path) -> AsyncIterator[tuple[str, AsyncMongoClient[Document]]]:
    """A replica set with the smallest oplog there is, which can be made to fail."""
    options = ("--replSet", "rs0", "--oplogSize", "1", "--syncdelay", "1", "--setParameter", "enableTestCommands=1")
    with foreign_server(directory, *options) as uri:
        async with AsyncMongoClient[Document](uri, directConnection=True) as client:
            member = {"_id": 0, "host": uri.removeprefix("mongodb://").rstrip("/")}
            await client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
            async with asyncio.timeout(120):
                while not (await client.admin.command("hello"))["isWritablePrimary"]:  # noqa: ASYNC110 - it elects itself
                    await asyncio.sleep(0.05)
            yield uri, client


async def forget(client: AsyncMongoClient[Document]) -> None:
    """Write until the server has forgotten everything it knows now."""
    newest = await client["local"]["oplog.rs"].find_one({}, sort=[("$natural", -1)])
    assert newest
    async with asyncio.timeout(60):
        while await client["local"]["oplog.rs"].find_one({"ts": newest["ts"]}):
            await client["other"]["noise"].insert_many([{"noise": "x" * 50_000}, {"noise": "x" * 50_000}])


async def test_where_the_source_forgot_its_changes_everything_is_compared_and_following_goes_on(
    importing: Import, database: Database, tmp_path: Path
) -> None:
    lost = "does not know its changes since then any more"
    async with forgetful_server(tmp_path) as (uri, client):
        shop = client["shop"]
        await fill(shop, everything())
        first = Worker(importing)
        following = await first.follow(f"{uri}shop")
        async with asyncio.timeout(120):
            while not (cursor := await find_cursor(importing.runtime.tx)) or not cursor.compared_at:  # noqa: ASYNC110 - a worker decides
                await asyncio.sleep(0.05)
        first.stop.set()
        await following
        await shop["customers_v2"].insert_one(dict(LATE))
        await forget(client)

        second = Worker(importing)
        following = await second.follow(f"{uri}shop")
        await until_taken(database, f"customers_v2:{LATE['_id']}")
        assert sum(lost in one for one in second.said) == 1

        forgets = {"failCommands": ["getMore"], "errorCode": 286, "appName": "roundsman source"}
        await client.admin.command({"configureFailPoint": "failCommand", "mode": {"times": 1}, "data": forgets})
        async with asyncio.timeout(120):
            while sum(lost in one for one in second.said) < 2:  # noqa: ASYNC110 - a worker decides
                await asyncio.sleep(0.05)
        await shop["customers_v2"].insert_one(dict(LATER))
        await until_taken(database, f"customers_v2:{LATER['_id']}")
        second.stop.set()
        await following


async def test_who_cannot_renew_his_right_to_work_stops_working(tx: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leading_module, "_RENEW_SECONDS", 0.01)
    trouble = [False]

    def clock() -> datetime:
        if trouble.pop() if trouble else False:
            raise AutoReconnect("the database was away for too long")
        return utc_now()

    async with leadership(tx, clock) as leading:
        trouble.append(True)
        async with asyncio.timeout(120):
            await leading.lost.wait()
