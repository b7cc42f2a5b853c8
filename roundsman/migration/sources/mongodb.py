"""A MongoDB database as source: any server, standalone too; a user who may only read is enough."""

import re
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.errors import InvalidURI, OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from roundsman.database.raw import split_documents
from roundsman.migration.sources.change_stream import MongoChangeFeed, watch_database
from roundsman.migration.sources.changes import ChangeFeed, Changes
from roundsman.migration.sources.port import LENIENT, SourceDocument, SourceUnreachable, SourceUnreadable

_BATCH = 2_000
_SERVER_SELECTION_MS = 5_000
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


class MongoSource:
    """Reads with `find` only, in the order of `_id`."""

    def __init__(self, uri: str) -> None:
        name = database_name(uri)
        self._client: AsyncMongoClient[RawBSONDocument] = AsyncMongoClient(
            uri,
            serverSelectionTimeoutMS=_SERVER_SELECTION_MS,
            document_class=RawBSONDocument,
            appname="roundsman source",
            # Whatever the address asks for: a secondary may lag behind the change that led to reading the document.
            read_preference=ReadPreference.PRIMARY,
        )
        self._database = self._client.get_database(name, codec_options=_RAW)
        self.locator = without_password(uri)

    async def count_documents(self) -> dict[str, int]:
        """Count every collection; system collections and views are left out."""
        with explained(self.locator):
            names = await self._database.list_collection_names(filter={"type": "collection"})
            return {
                name: await self._database[name].count_documents({})
                for name in sorted(names)
                if not name.startswith("system.")
            }

    async def read(self, collection: str) -> AsyncIterator[Sequence[SourceDocument]]:
        """All documents in the order of `_id`, in batches."""
        with explained(self.locator):
            async for batch in self._database[collection].find_raw_batches(sort=[("_id", 1)], batch_size=_BATCH):
                yield documents_in(batch)

    async def fetch(self, collection: str, ids: Sequence[Any]) -> Sequence[SourceDocument]:
        """Those of the documents that exist, in the order of `_id`."""
        return [document async for batch in self.fetch_batches(collection, ids) for document in batch]

    async def fetch_batches(self, collection: str, ids: Sequence[Any]) -> AsyncIterator[Sequence[SourceDocument]]:
        """The same as the server gives them, which is at most 16 MiB at once."""
        with explained(self.locator):
            query = {"_id": {"$in": list(ids)}}
            cursor = self._database[collection].find_raw_batches(query, sort=[("_id", 1)], batch_size=len(ids) + 1)
            async for batch in cursor:
                yield documents_in(batch)

    async def can_be_watched(self) -> bool:
        """Whether the server tells of changes: a replica set or a sharded cluster does, a standalone server does not."""
        with explained(self.locator):
            hello = await self._client.admin.command("hello")
            return "setName" in hello or hello.get("msg") == "isdbgrid"

    async def watch(self, collections: Collection[str], *, after: Any) -> ChangeFeed:  # noqa: ANN401 - the server's own token
        """The changes of some collections, after a token or from now on. Raises ChangesLost or SourceUnreachable."""
        with explained(self.locator):
            database = self._client.get_database(self._database.name, codec_options=LENIENT)
            return _ExplainedFeed(await watch_database(database, collections, after=after), self.locator)

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()


class _ExplainedFeed:
    """A feed whose trouble with the server is the source's."""

    def __init__(self, feed: MongoChangeFeed, locator: str) -> None:
        self._feed, self._locator = feed, locator

    @property
    def token(self) -> Any:  # noqa: ANN401 - the server's own
        """Where it stands."""
        return self._feed.token

    async def gather(self, *, patience: timedelta, debounce: timedelta, most: int) -> Changes:
        """Gather as the feed does."""
        with explained(self._locator):
            return await self._feed.gather(patience=patience, debounce=debounce, most=most)

    async def close(self) -> None:
        """Stop watching."""
        await self._feed.close()


def documents_in(reply: Any) -> list[SourceDocument]:  # noqa: ANN401 - bytes, though the driver declares documents
    """The documents of a reply."""
    return list(map(SourceDocument, split_documents(reply)))


def looks_like_uri(locator: str) -> bool:
    """Whether somebody meant a database, however it is spelled; then a message may not repeat it."""
    return locator.strip().lower().startswith(("mongodb:", "mongodb+srv:"))


def database_name(uri: str) -> str:
    """The database that an address names. Raises SourceUnreadable, which never repeats what may be a password."""
    try:
        if not uri.startswith(("mongodb://", "mongodb+srv://")):
            raise InvalidURI("another scheme")
        name: str | None = parse_uri(uri)["database"]
    except (PyMongoError, ValueError) as error:
        raise SourceUnreadable(
            "the source address is not a MongoDB URI of the form mongodb://name:password@host:port/DATABASE; in name and "
            "password write @ as %40, / as %2F, : as %3A and % as %25"
        ) from error
    if not name:
        raise SourceUnreadable("the source address names no database: mongodb://host:port/DATABASE")
    return name


def without_password(uri: str) -> str:
    """Name a source by its address alone."""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def said_by_server(error: OperationFailure) -> str:
    """Why a server refused, without the command and its bookkeeping."""
    reason = str((error.details or {}).get("errmsg", "no reason given"))
    return re.sub(r" to execute command .*", "", reason, flags=re.DOTALL)


@contextmanager
def explained(locator: str) -> Iterator[None]:
    """Turn what keeps the body from reading into one sentence. Raises SourceUnreachable."""
    try:
        yield
    except OperationFailure as error:
        reason = said_by_server(error)
        raise SourceUnreachable(
            f"the source {locator} refuses to be read: {reason}; give --source with the name and password of a user who "
            "may read it, and authSource=admin if that is where he is known"
        ) from error
    except PyMongoError as error:
        # The driver's message goes on for a screen about its view of the servers.
        reason = str(error).partition(" (configured timeouts")[0]
        raise SourceUnreachable(f"the source {locator} does not answer: {reason}") from error
