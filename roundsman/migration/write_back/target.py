"""The one place from which anything is written to a source: guarded updates of single fields, nothing else."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient, ReadPreference, UpdateMany, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError

from roundsman.errors import InvalidInput, NotPermitted
from roundsman.migration.reading import source_id_text, source_id_value
from roundsman.migration.sources.mongodb import (
    database_name,
    documents_in,
    explained,
    looks_like_uri,
    said_by_server,
    without_password,
)
from roundsman.migration.sources.port import SourceDocument, SourceUnreachable
from roundsman.migration.write_back.requests import Request

_BATCH = 2_000
_SERVER_SELECTION_MS = 5_000
_NAME = "roundsman write-back"
_LOOKS, _SECONDS_BETWEEN_LOOKS = 600, 0.1
_WIRE_VERSION_OF_MONGODB_6 = 17
_UNAUTHORIZED = 13
# Something that is no document came to stand where the path leads through.
_PATH_NOT_VIABLE = 28
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
# Where a collection compares texts by a language's rules, another text may still be another value.
_TO_THE_LETTER = {"locale": "simple"}
_NOTHING: Mapping[str, Any] = {"_id": {"$in": []}}


class SourceNotWritable(InvalidInput):
    """The source is of a kind that nothing can be written back to."""

    code = "source_not_writable"


class SourceForbidsWriting(NotPermitted):
    """The source's server does not let this user write."""

    code = "source_forbids_writing"


@dataclass(frozen=True, slots=True)
class Updated:
    """How many documents met their guards, and what the source's own rules refused, by the request's place."""

    matched: int
    refused: Mapping[int, str] = field(default_factory=dict)


class WriteBackTarget:
    """A source that may be written to."""

    def __init__(self, locator: str) -> None:
        if not looks_like_uri(locator):
            raise SourceNotWritable(
                f"{locator} is no database, and nothing is written back to files; give --source mongodb://host:port/DATABASE"
            )
        name = database_name(locator)
        self._client: AsyncMongoClient[RawBSONDocument] = AsyncMongoClient(
            locator,
            serverSelectionTimeoutMS=_SERVER_SELECTION_MS,
            document_class=RawBSONDocument,
            appname=_NAME,
            # Whatever the address asks for: what is guarded must be what is there.
            read_preference=ReadPreference.PRIMARY,
        )
        self._database = self._client.get_database(name, codec_options=_RAW)
        self.locator = without_password(locator)

    async def require_writable(self, collections: Sequence[str]) -> None:
        """Ask for an update that matches nothing. Raises SourceForbidsWriting or SourceUnreachable."""
        for name in collections:
            with self._writing():
                await self._database[name].update_one(_NOTHING, {"$unset": {"_": ""}})

    async def read(
        self, collection: str, names: Sequence[str], *, after: str | None = None
    ) -> AsyncIterator[list[SourceDocument]]:
        """The documents with these fields only, in the order of `_id`, in batches; from one on, if it is named."""
        with explained(self.locator):
            cursor = self._database[collection].find_raw_batches(
                {}, _projection(names), sort=[("_id", 1)], batch_size=_BATCH
            )
            if after is not None:
                # A bound of the index, for a comparison would only find ids of the same type.
                cursor = cursor.hint([("_id", 1)]).min([("_id", source_id_value(after))])
            async for batch in cursor:
                yield documents_in(batch)

    async def fetch(self, collection: str, source_ids: Sequence[str], names: Sequence[str]) -> dict[str, bytes]:
        """Those of the documents that exist, with these fields only, by their ids."""
        query = {"_id": {"$in": [source_id_value(one) for one in source_ids]}}
        with explained(self.locator):
            cursor = self._database[collection].find_raw_batches(
                query, _projection(names), batch_size=len(source_ids) + 1
            )
            found = [document async for batch in cursor for document in documents_in(batch)]
        return {source_id_text(document.id): document.bson for document in found}

    async def update(self, collection: str, requests: Sequence[Request]) -> Updated:
        """Update those documents that still hold what they must, each for itself."""
        with self._writing():
            try:
                done = await self._collection(collection).bulk_write([_model(one) for one in requests], ordered=False)
            except BulkWriteError as error:
                if error.details["writeConcernErrors"]:
                    raise
                return Updated(error.details["nMatched"], _refusals(error.details["writeErrors"]))
        return Updated(done.matched_count)

    async def can_share(self) -> bool:
        """Whether the server is of the versions that are known to leave every other byte alone in shared requests."""
        with explained(self.locator):
            return bool((await self._client.admin.command("hello"))["maxWireVersion"] >= _WIRE_VERSION_OF_MONGODB_6)

    async def wait_for_the_dead(self) -> None:
        """Wait for the updates that a killed process had sent: the server goes on with them after its death.

        A server that does not say what it is doing is not waited for.
        """
        # Every user may ask for the operations of his own.
        asked: list[Mapping[str, Any]] = [{"$currentOp": {"allUsers": False}}, {"$match": {"appName": _NAME}}]
        with suppress(OperationFailure):
            for _ in range(_LOOKS):
                running = [one async for one in await self._client.admin.aggregate(asked) if self._is_update(one)]
                if not running:
                    return
                await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)

    def _is_update(self, operation: Mapping[str, Any]) -> bool:
        ours = str(operation.get("ns", "")).startswith(f"{self._database.name}.")
        return ours and (operation.get("op") == "update" or "update" in operation.get("command", {}))

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()

    def _collection(self, name: str) -> AsyncCollection[RawBSONDocument]:
        return self._database[name]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OperationFailure as error:
            reason = said_by_server(error)
            if error.code != _UNAUTHORIZED:
                raise SourceUnreachable(f"the source {self.locator} cannot be written to: {reason}") from error
            raise SourceForbidsWriting(
                f"the source {self.locator} may not be written to by this user: {reason}; give --source with the name and "
                "password of a user who has the role readWrite there, for this command only"
            ) from error
        except PyMongoError as error:
            reason = str(error).partition(" (configured timeouts")[0]
            raise SourceUnreachable(f"the source {self.locator} does not answer: {reason}") from error


def _projection(names: Sequence[str]) -> dict[str, int]:
    return {"_id": 1, **dict.fromkeys(names, 1)}


def _model(request: Request) -> UpdateOne | UpdateMany:
    collation = _TO_THE_LETTER if request.to_the_letter else None
    if len(request.rows) > 1:
        return UpdateMany(request.criteria, request.update, collation=collation)
    return UpdateOne(request.criteria, request.update, collation=collation)


def _refusals(errors: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    return {error["index"]: error["errmsg"] for error in errors if error["code"] != _PATH_NOT_VIABLE}
