"""The journal of write-back: one row for each field that was written, made before the source is touched.

A row says what was there before, byte for byte, and what was written instead. It is what `--undo` goes by, and by which
everybody else sees the source as it was.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from enum import StrEnum

from bson import Binary
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import ReplaceOne, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError

from roundsman.database.collections import WRITE_BACK_JOURNAL
from roundsman.database.transaction import Document, Tx
from roundsman.migration.write_back.fields import Absent, Old, dotted
from roundsman.migration.write_back.raw_values import NULL, RawValue
from roundsman.migration.write_back.rows import Row

_DUPLICATE_KEY = 11000
_BATCH = 2_000
# The `_id` of a user may be a date that Python's own dates do not reach.
_LENIENT: CodecOptions[Document] = CodecOptions(tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO)
_DURABLE = WriteConcern("majority", j=True)


class RowState(StrEnum):
    """How far a row came."""

    PLANNED = "planned"
    """About to be written; nobody knows whether it was."""
    WRITTEN = "written"
    SKIPPED = "skipped"
    """Not written: the source's own application was faster, or the source refused."""
    UNDONE = "undone"
    LEFT = "left"
    """Not undone: it was changed since."""
    ERASED = "erased"
    """Its person closed his account; nothing is known of it any more."""


IN_FORCE = (RowState.PLANNED, RowState.WRITTEN)


async def plan_rows(tx: Tx, rows: Sequence[Row]) -> None:
    """Note what is about to be written, so that no crash can lose it. What an older row says is past by then."""
    documents = [_document(row) for row in rows]
    journal = tx.database[WRITE_BACK_JOURNAL].with_options(write_concern=_DURABLE)
    try:
        await journal.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        failures = error.details["writeErrors"]
        if any(failure["code"] != _DUPLICATE_KEY for failure in failures) or error.details["writeConcernErrors"]:
            raise
        older = [documents[failure["index"]] for failure in failures]
        await journal.bulk_write([ReplaceOne({"_id": one["_id"]}, one) for one in older], ordered=False)


async def mark_rows(tx: Tx, rows: Iterable[Row], state: RowState) -> None:
    """Note what became of rows. Losing this costs a look at the source, no more."""
    if keys := [row.key for row in rows]:
        await tx.database[WRITE_BACK_JOURNAL].update_many({"_id": {"$in": keys}}, {"$set": {"state": state.value}})


async def rows_by_key(tx: Tx, keys: Sequence[str]) -> dict[str, Row]:
    """Those of the rows that are in force."""
    query: Document = {"_id": {"$in": list(keys)}, "state": {"$in": list(IN_FORCE)}}
    return {document["_id"]: _row(document) async for document in _journal(tx).find(query)}


async def is_in_force(tx: Tx) -> bool:
    """Whether the source holds, or may hold, something that was written back."""
    return await _journal(tx).find_one({"state": {"$in": list(IN_FORCE)}}, {"_id": 1}) is not None


async def count_in_force(tx: Tx, *, among: Mapping[str, str] | None = None) -> int:
    """Count the rows in force, all or those of these keys that the given run wrote."""
    query: Document = {"state": {"$in": list(IN_FORCE)}}
    if among is None:
        return await _journal(tx).count_documents(query)
    found = _journal(tx).find(query | {"_id": {"$in": list(among)}}, {"run": 1})
    return len([row async for row in found if row["run"] == among[row["_id"]]])


async def iterate_rows(tx: Tx, *states: RowState) -> AsyncIterator[list[Row]]:
    """The rows in these states, in batches of one source collection each, in the order of their keys.

    This goes through the whole journal: to undo it, and once after a crash. Nothing else asks for states, so there is no
    index that every row would have to pay for.
    """
    batch: list[Row] = []
    async for document in _journal(tx).find({"state": {"$in": list(states)}}).sort("_id", 1):
        row = _row(document)
        if batch and (len(batch) == _BATCH or batch[0].collection != row.collection):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _journal(tx: Tx) -> AsyncCollection[Document]:
    return tx.database[WRITE_BACK_JOURNAL].with_options(codec_options=_LENIENT)


def _document(row: Row) -> Document:
    document = {
        "_id": row.key,
        "field": dotted(row.path),
        "run": row.run,
        "state": RowState.PLANNED.value,
        "old": _old_document(row.old),
        "new": row.new,
    }
    return document | {"own_id": True} if row.own_id else document


def _old_document(old: Old) -> Document:
    if isinstance(old, Absent):
        return {"state": "absent", "first": dotted(old.first)}
    if old.type == NULL:
        return {"state": "null"}
    return {"state": "dangling", "bson": Binary(old.wrapped())}


def _old(document: Document) -> Old:
    if document["state"] == "absent":
        return Absent(tuple(document["first"].split(".")))
    return RawValue(NULL, b"") if document["state"] == "null" else RawValue.unwrapped(document["bson"])


def _row(document: Document) -> Row:
    field = document["field"]
    collection, _, source_id = document["_id"].removesuffix(f":{field}").partition(":")
    return Row(
        collection=collection,
        source_id=source_id,
        path=tuple(field.split(".")),
        old=_old(document["old"]),
        new=document["new"],
        run=document["run"],
        own_id=document.get("own_id", False),
    )
