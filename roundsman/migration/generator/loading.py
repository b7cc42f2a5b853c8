"""Making a real source database of a folder of Extended JSON lines: all of it, or nothing.

Every line is read before the server is asked anything. Documents go into collections of provisional names, which get
their own names only when the last document has arrived, so what is there under a real name is whole.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import InvalidURI, OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from roundsman.database.collections import SOURCE_DOCUMENTS, SYSTEM
from roundsman.database.connection import shown_uri
from roundsman.errors import Conflict, InvalidInput, Unavailable
from roundsman.migration.sources.folder import FolderSource

_PROVISIONAL = "roundsman_loading_"
_SERVER_SELECTION_MS = 5_000
_AUTHENTICATION_FAILED = 18
_RAW: type[RawBSONDocument] = RawBSONDocument
Database = AsyncDatabase[RawBSONDocument]


class InvalidTarget(InvalidInput):
    """The address to load into cannot be used."""

    code = "invalid_target"


class TargetNotEmpty(Conflict):
    """The database to load into holds something that loading would destroy or mix with."""

    code = "target_not_empty"


class TargetUnreachable(Unavailable):
    """The server to load into does not answer, or refuses."""

    code = "target_unreachable"


async def load_folder(folder: Path, uri: str, *, replace: bool = False) -> dict[str, int]:
    """Insert every document of the folder into the database the URI names; returns the documents per collection.

    With `replace` the database holds the folder's collections and no others afterwards; Roundsman's own database is
    never replaced. Raises SourceUnreadable with file and line, InvalidTarget, TargetNotEmpty or TargetUnreachable.
    """
    source = FolderSource(folder)
    async with _open_target(uri) as database:
        await _require_room(database, replace=replace)
        counts = await source.count_documents()
        try:
            for name in counts:
                await _fill(database, name, source)
        except BaseException:
            await _drop_provisional(database)
            raise
        await _give_names(database, set(counts))
    return counts


@asynccontextmanager
async def _open_target(uri: str) -> AsyncIterator[Database]:
    try:
        name = parse_uri(uri)["database"]
    except (InvalidURI, PyMongoError, ValueError) as error:
        raise InvalidTarget(f"The target address is not a MongoDB URI: {error}.") from error
    if not name:
        raise InvalidTarget("The target address names no database: mongodb://host:port/DATABASE.")
    with _explained(uri):
        async with AsyncMongoClient(
            uri, document_class=_RAW, serverSelectionTimeoutMS=_SERVER_SELECTION_MS, appname="roundsman legacy load"
        ) as client:
            yield client[name]


@contextmanager
def _explained(uri: str) -> Iterator[None]:
    try:
        yield
    except OperationFailure as error:
        reason = (error.details or {}).get("errmsg", "no reason given")
        hint = "; name the user's database with authSource=admin" if error.code == _AUTHENTICATION_FAILED else ""
        raise TargetUnreachable(f"The MongoDB at {shown_uri(uri)} refuses: {reason}{hint}.") from error
    except PyMongoError as error:
        raise TargetUnreachable(f"The MongoDB at {shown_uri(uri)} does not answer: {error}") from error


async def _require_room(database: Database, *, replace: bool) -> None:
    await _drop_provisional(database)
    names = set(await database.list_collection_names())
    if {SYSTEM, SOURCE_DOCUMENTS} & names:
        raise TargetNotEmpty(f"{database.name} is a database of Roundsman itself: load into another one.")
    if names and not replace:
        raise TargetNotEmpty(f"{database.name} is not empty: load into another database, or add --replace.")


async def _fill(database: Database, name: str, source: FolderSource) -> None:
    collection = await database.create_collection(_PROVISIONAL + name)
    async for batch in source.read(name):
        await collection.insert_many([RawBSONDocument(document.bson) for document in batch], ordered=False)


async def _drop_provisional(database: Database) -> None:
    for name in await database.list_collection_names():
        if name.startswith(_PROVISIONAL):
            await database.drop_collection(name)


async def _give_names(database: Database, wanted: set[str]) -> None:
    for name in await database.list_collection_names():
        if not name.startswith((_PROVISIONAL, "system.")) and name not in wanted:
            await database.drop_collection(name)
    for name in sorted(wanted):
        await database[_PROVISIONAL + name].rename(name, dropTarget=True)
