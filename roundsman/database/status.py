"""What is known of a server and of Roundsman's database in it, for people."""

from dataclasses import dataclass
from enum import StrEnum

from pymongo.asynchronous.database import AsyncDatabase

from roundsman.database.connection import Client
from roundsman.database.transaction import Document
from roundsman.database.upgrade import SCHEMA_VERSION, schema_digest, stored_schema
from roundsman.database.wholeness import find_restoring


class SchemaStatus(StrEnum):
    """How the schema a database was last brought to compares with this version's."""

    ABSENT = "not there yet"
    CURRENT = "of this version"
    OTHER = 'of another version: run "roundsman db upgrade"'
    NEWER = "of a newer version"
    HALF_RESTORED = 'only partly restored: run "roundsman db restore" again'


@dataclass(frozen=True, slots=True)
class DatabaseStatus:
    """A server that answers, and the database of the given name in it."""

    address: str
    server_version: str
    schema: SchemaStatus
    documents: int
    stored_bytes: int


async def database_status(client: Client, database_name: str) -> DatabaseStatus:
    """Ask the server; reads only."""
    database = client[database_name]
    statistics = await database.command("dbStats")
    address = await client.address
    return DatabaseStatus(
        address=":".join(map(str, address)) if address else "several",
        server_version=(await client.server_info())["version"],
        schema=await _schema_status(database),
        documents=int(statistics["objects"]),
        stored_bytes=int(statistics["storageSize"] + statistics["indexSize"]),
    )


async def _schema_status(database: AsyncDatabase[Document]) -> SchemaStatus:
    if await find_restoring(database):
        return SchemaStatus.HALF_RESTORED
    stored = await stored_schema(database)
    version = stored.get("version")
    if not isinstance(version, int):
        return SchemaStatus.ABSENT
    if version > SCHEMA_VERSION:
        return SchemaStatus.NEWER
    return SchemaStatus.CURRENT if stored.get("digest") == schema_digest() else SchemaStatus.OTHER
