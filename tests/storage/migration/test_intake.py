"""The worker's own promises: a token never leads what was taken, and who cannot renew his right to work stops working."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from roundsman.clock import utc_now
from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Tx
from roundsman.migration.sources.changes import ChangeFeed, Changes
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.worker import leadership as leading_module
from roundsman.worker.intake import Intake, Rhythm
from roundsman.worker.leadership import leadership
from tests.imports import Database, Import, fill
from tests.migration_builders import doc
from tests.storage.migration.worlds import everything

LATE = doc("late", "Zoya Khan", phone="9845011199")
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
            print,
            rhythm,
        )
        return asyncio.create_task(intake.run())


async def until_taken(database: Database, key: str) -> None:
    async with asyncio.timeout(20):
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


async def test_who_cannot_renew_his_right_to_work_stops_working(tx: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leading_module, "_RENEW_SECONDS", 0.01)
    trouble = [False]

    def clock() -> datetime:
        if trouble.pop() if trouble else False:
            raise AutoReconnect("the database was away for too long")
        return utc_now()

    async with leadership(tx, clock) as leading:
        trouble.append(True)
        async with asyncio.timeout(5):
            await leading.lost.wait()
