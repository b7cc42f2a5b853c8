"""The form that the documents of all stores share, and reading many of them as values."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

from roundsman.database.transaction import Document, Tx
from roundsman.ids import SourceRef

Value = TypeVar("Value")


def without_absent(document: Document) -> Document:
    """Leave out what is None: an absent field, never a null, says that something is not known."""
    return {name: value for name, value in document.items() if value is not None}


def source_document(source: SourceRef | None) -> Document | None:
    """Store the reference to the source document a record was made from."""
    return None if source is None else {"collection": source.collection, "id": source.id, "sha256": source.sha256}


def source_from(document: Document | None) -> SourceRef | None:
    """Read the reference back."""
    return None if document is None else SourceRef(document["collection"], document["id"], document["sha256"])


async def iterate(
    tx: Tx, collection: str, value_from: Callable[[Document], Value], criteria: Mapping[str, Any] | None = None
) -> AsyncIterator[Value]:
    """Read the documents of a collection one after another as values, in no particular order."""
    async for document in tx.database[collection].find(criteria or {}, session=tx.session):
        yield value_from(document)


async def find_value(
    tx: Tx, collection: str, value_from: Callable[[Document], Value], criteria: Mapping[str, Any]
) -> Value | None:
    """Read the one document that meets the criteria as a value; None when there is none."""
    document = await tx.database[collection].find_one(criteria, session=tx.session)
    return None if document is None else value_from(document)


async def list_values(
    tx: Tx,
    collection: str,
    value_from: Callable[[Document], Value],
    criteria: Mapping[str, Any],
    order: Sequence[tuple[str, int]],
    *,
    skip: int,
    limit: int,
) -> list[Value]:
    """Read some of the documents that meet the criteria as values, in this order; a `limit` of 0 is none."""
    found = tx.database[collection].find(criteria, session=tx.session).sort(order).skip(skip).limit(limit)
    return [value_from(document) async for document in found]


async def insert(tx: Tx, collection: str, document: Document) -> Document:
    """Insert a document; gives it back, as it is stored."""
    await tx.database[collection].insert_one(document, session=tx.session)
    return document


async def put(tx: Tx, collection: str, document: Document) -> Document:
    """Insert a document, or put it in the place of that of its id; gives it back, as it is stored."""
    await tx.database[collection].replace_one({"_id": document["_id"]}, document, upsert=True, session=tx.session)
    return document
