"""Bringing a database to this version's collections, indexes and validators, and telling where it differs from them."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import pymongo
from pymongo import TEXT
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError, OperationFailure

from roundsman.database.collections import SYSTEM
from roundsman.database.indexes import INDEXES, Index
from roundsman.database.transaction import Document
from roundsman.database.validators import VALIDATORS
from roundsman.database.wholeness import require_whole
from roundsman.errors import Conflict

SCHEMA_VERSION = 1
SCHEMA_ID = "schema"
_UPGRADE_SECONDS: Final = 86_400.0
_NAMESPACE_EXISTS = 48
_INDEX_NOT_FOUND = 27
_COMPARED_OPTIONS = (
    *("unique", "sparse", "expireAfterSeconds", "partialFilterExpression", "collation"),
    *("default_language", "language_override"),
)


class DatabaseIsNewer(Conflict):
    """A later version of Roundsman has used this database."""

    code = "database_is_newer"


class IndexCannotBeBuilt(Conflict):
    """Stored documents contradict a unique index."""

    code = "index_cannot_be_built"


class DriftKind(StrEnum):
    """In which way a database differs from what this version declares."""

    COLLECTION_MISSING = "collection missing"
    VALIDATOR_DIFFERS = "validator differs"
    INDEX_MISSING = "index missing"
    INDEX_DIFFERS = "index differs"


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference; `detail` names the index."""

    collection: str
    kind: DriftKind
    detail: str = ""


def schema_digest() -> str:
    """The SHA-256 of all declarations: it changes with every one of them."""
    indexes = {name: [[index.keys, index.options] for index in INDEXES.get(name, ())] for name in VALIDATORS}
    declared = json.dumps([dict(VALIDATORS), indexes], sort_keys=True)
    return hashlib.sha256(declared.encode()).hexdigest()


async def ensure_schema(database: AsyncDatabase[Document]) -> None:
    """Upgrade the database unless this very schema was applied to it before: then two reads are all.

    Raises DatabaseHalfRestored, DatabaseIsNewer and IndexCannotBeBuilt.
    """
    await require_whole(database)
    stored = await stored_schema(database)
    if stored.get("version", 0) > SCHEMA_VERSION:
        raise DatabaseIsNewer(
            f"The database {database.name} was used by a newer Roundsman (schema {stored['version']}, this one knows "
            f"{SCHEMA_VERSION}): install that version or a newer one."
        )
    if stored.get("digest") != schema_digest():
        # Building indexes takes its time, also where no other operation may.
        with pymongo.timeout(_UPGRADE_SECONDS):
            await upgrade(database)


async def stored_schema(database: AsyncDatabase[Document]) -> Document:
    """Give {version, digest} of the schema the database was last brought to; empty for a new database."""
    return await database[SYSTEM].find_one({"_id": SCHEMA_ID}) or {}


async def upgrade(database: AsyncDatabase[Document]) -> tuple[Drift, ...]:
    """Create what is missing, replace what differs, and return what that was. Documents are never touched.

    Raises IndexCannotBeBuilt where stored documents contradict a unique index.
    """
    drifts = await find_drift(database)
    existing = await database.list_collection_names()
    by_collection = {drift.collection: [d for d in drifts if d.collection == drift.collection] for drift in drifts}
    await asyncio.gather(
        *(_repair(database, name, found, exists=name in existing) for name, found in by_collection.items())
    )
    schema = {"version": SCHEMA_VERSION, "digest": schema_digest()}
    await database[SYSTEM].update_one({"_id": SCHEMA_ID}, {"$set": schema}, upsert=True)
    return drifts


async def find_drift(database: AsyncDatabase[Document]) -> tuple[Drift, ...]:
    """Compare the collections, validators and indexes that exist with those declared; reads only.

    Collections and indexes that are not declared are nobody's business here: an administrator may have reasons.
    """
    options = {info["name"]: info["options"] async for info in await database.list_collections()}
    return tuple([drift async for drift in _drifts(database, options)])


async def count_invalid(database: AsyncDatabase[Document]) -> dict[str, int]:
    """Count, by collection, the stored documents that its validator would refuse today; reads everything."""
    counts = {
        name: await database[name].count_documents({"$nor": [validator]}) for name, validator in VALIDATORS.items()
    }
    return {name: count for name, count in counts.items() if count}


async def _drifts(database: AsyncDatabase[Document], options: Mapping[str, Document]) -> AsyncIterator[Drift]:
    for name, validator in VALIDATORS.items():
        if name not in options:
            yield Drift(name, DriftKind.COLLECTION_MISSING)
            continue
        if not _enforces(options[name], validator):
            yield Drift(name, DriftKind.VALIDATOR_DIFFERS)
        stored = await database[name].index_information()
        for index in INDEXES.get(name, ()):
            if index.name not in stored:
                yield Drift(name, DriftKind.INDEX_MISSING, index.name)
            elif not _same(index, stored[index.name]):
                yield Drift(name, DriftKind.INDEX_DIFFERS, index.name)


def _enforces(options: Document, validator: Document) -> bool:
    return (
        options.get("validator") == validator
        and options.get("validationLevel", "strict") == "strict"
        and options.get("validationAction", "error") == "error"
    )


def _same(index: Index, stored: Mapping[str, Any]) -> bool:
    options = {name: stored[name] for name in _COMPARED_OPTIONS if name in stored}
    # MongoDB adds what a collation leaves open, and its version.
    declared = index.options.get("collation", {})
    if "collation" in options:
        options["collation"] = {name: options["collation"].get(name) for name in declared} or options["collation"]
    # The keys of a text index are MongoDB's own; its fields are those that weigh something.
    keys = [(field, TEXT) for field in stored["weights"]] if "weights" in stored else map(tuple, stored["key"])
    return list(keys) == list(index.keys) and options == index.options


async def _repair(database: AsyncDatabase[Document], name: str, drifts: list[Drift], *, exists: bool) -> None:
    if not exists:
        await _create(database, name)
    elif any(drift.kind is DriftKind.VALIDATOR_DIFFERS for drift in drifts):
        await _set_validator(database, name)
    for drift in drifts:
        if drift.kind is DriftKind.INDEX_DIFFERS:
            await _drop_index(database, name, drift.detail)
    await _create_indexes(database, name)


async def _create(database: AsyncDatabase[Document], name: str) -> None:
    try:
        await database.create_collection(name, validator=VALIDATORS[name], check_exists=False)
    except OperationFailure as error:
        if error.code != _NAMESPACE_EXISTS:
            raise
        # Another process brings the same database up at the same time.
        await _set_validator(database, name)


async def _set_validator(database: AsyncDatabase[Document], name: str) -> None:
    await database.command(
        "collMod", name, validator=VALIDATORS[name], validationLevel="strict", validationAction="error"
    )


async def _drop_index(database: AsyncDatabase[Document], name: str, index: str) -> None:
    try:
        await database[name].drop_index(index)
    except OperationFailure as error:
        if error.code != _INDEX_NOT_FOUND:
            raise


async def _create_indexes(database: AsyncDatabase[Document], name: str) -> None:
    if name not in INDEXES:
        return
    try:
        await database[name].create_indexes([index.model for index in INDEXES[name]])
    except DuplicateKeyError as error:
        value = (error.details or {}).get("keyValue", {})
        raise IndexCannotBeBuilt(
            f"A unique index of {name} cannot be built, because several documents have the same value "
            f"({', '.join(f'{field} {value[field]}' for field in value)}): correct all but one of them, then run "
            '"roundsman db upgrade" again.'
        ) from error
