"""Opening a client that is known to reach a MongoDB on which Roundsman can work."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pymongo
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.errors import ConfigurationError, ConnectionFailure, InvalidURI, OperationFailure, PyMongoError
from pymongo.monitoring import CommandListener

from roundsman.database.transaction import Document
from roundsman.errors import InvalidInput, Unavailable

Client = AsyncMongoClient[Document]

_SELECTION_SECONDS = 8.0
_UNAUTHORIZED = 13
_AUTHENTICATION_FAILED = 18
_OUT_OF_DISK_SPACE = 14031
_WIRE_VERSION_OF_MONGODB_6 = 17


class InvalidDatabaseUri(InvalidInput):
    """The connection string cannot be read."""

    code = "invalid_database_uri"


class DatabaseUnavailable(Unavailable):
    """No MongoDB that Roundsman could use: not there, not reachable, or not of the right kind."""

    code = "database_unavailable"


class NotAReplicaSet(DatabaseUnavailable):
    """The server stands alone, so it has no transactions."""

    code = "database_not_a_replica_set"


def with_database(uri: str, name: str) -> str:
    """The same connection string, naming a database; whoever signs in does so where he did before."""
    parts = urlsplit(uri)
    query = parts.query if "authSource=" in parts.query else "&".join(filter(None, (parts.query, "authSource=admin")))
    return urlunsplit(parts._replace(path=f"/{name}", query=query if parts.username else parts.query))


def shown_uri(uri: str) -> str:
    """Reduce a connection string to its hosts: user name, password and options are nobody's business."""
    return re.split(r"[/?]", re.sub(r"^[^/]*//(.*@)?", "", uri, count=1), maxsplit=1)[0]


async def open_client(
    uri: str,
    *,
    patience_seconds: float = _SELECTION_SECONDS,
    operation_seconds: float | None = None,
    listeners: Sequence[CommandListener] = (),
) -> Client:
    """Connect, and make sure that a replica set or cluster of MongoDB 6 or newer answers; the caller closes the client.

    `patience_seconds` is how long each later operation waits for a primary: together with the driver's own repeating of
    reads and writes, long work survives that a primary steps down. `operation_seconds` is what each operation may take in
    all: without it a server that hangs is noticed only after more than half a minute, and with it no work may be long.
    `listeners` hear every command.

    Raises InvalidDatabaseUri, NotAReplicaSet or DatabaseUnavailable, each with one sentence that says what to do.
    """
    client = _client(uri, patience_seconds, operation_seconds, listeners)
    try:
        with pymongo.timeout(min(patience_seconds, _SELECTION_SECONDS)):
            hello = await client.admin.command("hello")
        _require_usable(hello, shown_uri(uri))
    except PyMongoError as error:
        failure = _failure(error, client, shown_uri(uri))
        await client.close()
        raise failure from error
    except BaseException:
        await client.close()
        raise
    return client


@contextmanager
def database_errors(uri: str) -> Iterator[None]:
    """Turn what a server refuses, and its falling silent, into one sentence for people; a bug of ours stays a bug."""
    hosts = shown_uri(uri)
    try:
        yield
    except ConnectionFailure as error:
        raise DatabaseUnavailable(
            f"The MongoDB at {hosts} has stopped answering: see its log, then try again."
        ) from error
    except OperationFailure as error:
        if error.code == _UNAUTHORIZED:
            raise DatabaseUnavailable(
                f"The MongoDB at {hosts} does not let Roundsman work: name a user in ROUNDSMAN_MONGODB_URI who has the "
                "roles readWrite and dbAdmin on Roundsman's database."
            ) from error
        if error.code == _OUT_OF_DISK_SPACE:
            raise DatabaseUnavailable(
                f"The disk of the MongoDB at {hosts} is full: make room, then try again."
            ) from error
        raise


def _client(
    uri: str, patience_seconds: float, operation_seconds: float | None, listeners: Sequence[CommandListener]
) -> Client:
    options: dict[str, Any] = {
        "tz_aware": True,
        "tzinfo": UTC,
        "uuidRepresentation": "standard",
        "appname": "roundsman",
        # Whatever the address asks for: what decides, such as the mode, may not be read from a secondary that lags.
        "read_preference": ReadPreference.PRIMARY,
        "event_listeners": list(listeners),
    }
    if "serverselectiontimeoutms" not in uri.lower():
        options["serverSelectionTimeoutMS"] = int(patience_seconds * 1000)
    if operation_seconds is not None and not re.search(r"[?&]timeoutms=", uri, re.IGNORECASE):
        options["timeoutMS"] = int(operation_seconds * 1000)
    try:
        return AsyncMongoClient(uri, **options)
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise InvalidDatabaseUri(f"ROUNDSMAN_MONGODB_URI cannot be used: {error}") from error


def _require_usable(hello: Document, hosts: str) -> None:
    if hello["maxWireVersion"] < _WIRE_VERSION_OF_MONGODB_6:
        raise DatabaseUnavailable(f"The MongoDB at {hosts} is older than version 6: Roundsman needs 6 or newer.")
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise NotAReplicaSet(
            f"The MongoDB at {hosts} is a standalone server, but Roundsman needs transactions: make it a one-node replica "
            'set by adding "replication: {replSetName: rs0}" to its mongod.conf (or --replSet rs0 to its command), '
            'restarting it and running "rs.initiate()" in mongosh once.'
        )


def _failure(error: PyMongoError, client: Client, hosts: str) -> DatabaseUnavailable:
    if isinstance(error, OperationFailure) and error.code == _AUTHENTICATION_FAILED:
        return DatabaseUnavailable(
            f"The MongoDB at {hosts} refuses the user name or password in ROUNDSMAN_MONGODB_URI."
        )
    kinds = {server.server_type_name for server in client.topology_description.server_descriptions().values()}
    if isinstance(error, ConnectionFailure) and "RSGhost" in kinds:
        return NotAReplicaSet(
            f"The MongoDB at {hosts} was started with --replSet, but its replica set does not exist yet: "
            'run "rs.initiate()" in mongosh once.'
        )
    if isinstance(error, ConnectionFailure):
        return DatabaseUnavailable(f"No MongoDB answers at {hosts}: start it, or correct ROUNDSMAN_MONGODB_URI.")
    return DatabaseUnavailable(f"The MongoDB at {hosts} cannot be used: {error}")
