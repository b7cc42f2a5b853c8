"""The change stream of a MongoDB database as a feed of changed ids."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from roundsman.migration.reading import source_id_text
from roundsman.migration.sources.changes import Changes, ChangesLost

_HISTORY_LOST: Final = frozenset({136, 222, 260, 280, 286})
"""CappedPositionLost, CloseChangeStream, InvalidResumeToken, ChangeStreamFatalError, ChangeStreamHistoryLost."""
_OF_DOCUMENTS: Final = ("insert", "update", "replace", "delete")
_OF_COLLECTIONS: Final = ("drop", "rename", "dropDatabase", "invalidate")
_LOOK: Final = timedelta(milliseconds=200)


_PROJECTION: Final = {"operationType": 1, "ns": 1, "documentKey": 1, "clusterTime": 1}


async def watch_database(
    database: AsyncDatabase[Any],
    collections: Collection[str],
    *,
    after: Any,  # noqa: ANN401 - the server's own token
) -> "MongoChangeFeed":
    """Watch some collections, after a token or from now on. Raises ChangesLost, or the driver's errors."""
    names = {"$in": sorted(collections)}
    concerned = [{"ns.coll": names}, {"to.coll": names}, {"operationType": {"$in": ["dropDatabase", "invalidate"]}}]
    pipeline: list[Mapping[str, Any]] = [
        {"$match": {"operationType": {"$in": [*_OF_DOCUMENTS, *_OF_COLLECTIONS]}, "$or": concerned}},
        {"$project": _PROJECTION},
    ]
    wait = int(_LOOK.total_seconds() * 1000)
    with _history_errors():
        stream = await database.watch(pipeline, resume_after=after, max_await_time_ms=wait)
        if after is None:
            # Only a first look tells where it stands. What it may have seen is older than whatever is read from now on.
            while stream.resume_token is None:
                await stream.try_next()
        return MongoChangeFeed(stream)


@contextmanager
def _history_errors() -> Iterator[None]:
    try:
        yield
    except OperationFailure as error:
        if error.code in _HISTORY_LOST:
            raise ChangesLost(
                "the source does not know its changes since then any more; everything is compared"
            ) from error
        raise


def _moment(event: Mapping[str, Any]) -> datetime:
    moment: datetime = event["clusterTime"].as_datetime()
    return moment.astimezone(UTC)


class MongoChangeFeed:
    """Sees ids only: what a document is now is read when it is looked at."""

    def __init__(self, stream: AsyncDatabaseChangeStream[Any]) -> None:
        self._stream = stream

    @property
    def token(self) -> Any:  # noqa: ANN401 - the server's own
        """Where it stands."""
        return self._stream.resume_token

    async def gather(self, *, patience: timedelta, debounce: timedelta, most: int) -> Changes:
        """Wait for a change, then for what comes right after it."""
        loop = asyncio.get_running_loop()
        found: dict[str, set[str]] = defaultdict(set)
        changes = Changes(self.token, found)
        end = loop.time() + patience.total_seconds()
        while changes.count < most and not changes.unclear:
            event = await self._next()
            changes.caught_up = event is None
            if event is not None:
                if changes.newest_at is None:
                    end = loop.time() + debounce.total_seconds()
                changes.newest_at = _moment(event)
                if event["operationType"] in _OF_DOCUMENTS:
                    found[event["ns"]["coll"]].add(source_id_text(event["documentKey"]["_id"]))
                else:
                    changes.unclear = True
            if loop.time() >= end:
                break
        changes.token = self.token
        return changes

    async def close(self) -> None:
        """Stop watching."""
        await self._stream.close()

    async def _next(self) -> Any:  # noqa: ANN401 - an event
        with _history_errors():
            if not self._stream.alive:
                raise ChangesLost("the source's change stream has ended; everything is compared once")
            return await self._stream.try_next()
