"""Writing many documents whose ids are known beforehand, so that doing it twice does nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from roundsman.database.transaction import Document, Tx

EDITED: Final = "edited_fields"
"""The list in which a stored profile names its fields that were edited here; whoever edits one adds it."""
_DUPLICATE_KEY = 11000


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of a batch: written now, there already with the same content, or there with another content."""

    inserted: int = 0
    same: int = 0
    differing: tuple[Any, ...] = ()

    def __add__(self, other: "BulkOutcome") -> "BulkOutcome":
        """The outcome of both batches together."""
        return BulkOutcome(self.inserted + other.inserted, self.same + other.same, self.differing + other.differing)


async def insert_missing(tx: Tx, collection: str, documents: Sequence[Document]) -> BulkOutcome:
    """Insert the documents whose `_id` is not taken; compare the others with what is stored, replace nothing.

    Unordered inserts are about three times as fast as upserts here, and a batch written twice costs one comparison.
    """
    if not documents:
        return BulkOutcome()
    try:
        await tx.database[collection].insert_many(documents, ordered=False, session=tx.session)
    except BulkWriteError as error:
        return await _compare(tx, collection, documents, error)
    return BulkOutcome(inserted=len(documents))


async def insert_missing_encoded(tx: Tx, collection: str, encoded: Sequence[bytes]) -> BulkOutcome:
    """The same for documents that were encoded elsewhere."""
    if not encoded:
        return BulkOutcome()
    try:
        await tx.database[collection].insert_many(map(RawBSONDocument, encoded), ordered=False, session=tx.session)
    except BulkWriteError as error:
        options: CodecOptions[Document] = tx.database.codec_options
        return await _compare(tx, collection, [bson.decode(one, options) for one in encoded], error)
    return BulkOutcome(inserted=len(encoded))


async def _compare(tx: Tx, collection: str, documents: Sequence[Document], error: BulkWriteError) -> BulkOutcome:
    failures = error.details["writeErrors"]
    if any(failure["code"] != _DUPLICATE_KEY for failure in failures) or error.details["writeConcernErrors"]:
        raise error
    wanted = {documents[failure["index"]]["_id"]: documents[failure["index"]] for failure in failures}
    same = 0
    async for stored in tx.database[collection].find({"_id": {"$in": list(wanted)}}, session=tx.session):
        if stored == wanted[stored["_id"]]:
            same += 1
            del wanted[stored["_id"]]
    return BulkOutcome(inserted=len(documents) - len(failures), same=same, differing=tuple(wanted))


async def renew_fields(
    tx: Tx,
    collection: str,
    documents: Sequence[Document],
    *,
    guard: str,
    fields: Sequence[str],
    sparing: str | None = None,
) -> int:
    """Bring some fields of stored documents up to date, an absent one to absence; count those that changed.

    A document whose `guard` field is stored with another value is left alone, and no document is created. Fields that
    the stored document names in its list `sparing` stay as they are.
    """
    if not documents:
        return 0
    updates = [
        _sparing_renewal(document, guard, fields, sparing) if sparing else _renewal(document, guard, fields)
        for document in documents
    ]
    result = await tx.database[collection].bulk_write(updates, ordered=False, session=tx.session)
    return result.modified_count


async def complete_fields(
    tx: Tx, collection: str, documents: Sequence[Document], *, guard: str, absent: str, fields: Sequence[str]
) -> int:
    """Write fields that were not known when the documents were stored, where `absent` is; count those that changed.

    A document whose `guard` field is stored with another value is left alone, and no document is created.
    """
    updates = [
        UpdateOne(
            {"_id": document["_id"], guard: document[guard], absent: {"$exists": False}},
            {"$set": {name: document[name] for name in fields if name in document}},
        )
        for document in documents
        if absent in document and guard in document
    ]
    if not updates:
        return 0
    return (await tx.database[collection].bulk_write(updates, ordered=False, session=tx.session)).modified_count


def _renewal(document: Document, guard: str, fields: Sequence[str]) -> UpdateOne:
    changes = {"$set": {name: document[name] for name in fields if name in document}}
    if absent := {name: "" for name in fields if name not in document}:
        changes["$unset"] = absent
    return UpdateOne({"_id": document["_id"], guard: document[guard]}, changes)


def _sparing_renewal(document: Document, guard: str, fields: Sequence[str], sparing: str) -> UpdateOne:
    """The same in one step with looking which fields are spared, so that no edit comes between."""
    spared = {"$ifNull": [f"${sparing}", []]}
    values = {name: {"$literal": document[name]} if name in document else "$$REMOVE" for name in fields}
    changes = {name: {"$cond": [{"$in": [name, spared]}, f"${name}", value]} for name, value in values.items()}
    return UpdateOne({"_id": document["_id"], guard: document[guard]}, [{"$set": changes}])
