"""Reading the stored copies of one collection for the proofs: as bytes, in large batches, and no more of each than is needed."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from itertools import pairwise

import bson

from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.raw import split_documents
from roundsman.database.transaction import Document, Tx
from roundsman.migration.copies import of_collection, part_key
from roundsman.migration.sealing import PART_BYTES

_SEALED = {"sha256": 1, "sealed": 1, "parts": 1, "gone_at": 1}
_BECAME = {"app_id": 0, "run": 0}
_MUCH = 2

Parts = Mapping[str, Sequence[bytes]]
"""The further sealed parts of very large copies, by key."""


async def sealed_copies(tx: Tx, keys: Sequence[str]) -> tuple[list[Document], Parts]:
    """What it takes to open the copies of these documents, those that exist."""
    copies = await _read(tx, {"$in": keys}, most=len(keys)) if keys else []
    return copies, await _further_parts(tx, copies)


async def sealed_copies_between(tx: Tx, keys: Sequence[str]) -> tuple[list[Document], Parts]:
    """The same for many keys; copies of documents that stand between them may be there too.

    Where the keys ascend, it is half the work for the server to read from the first to the last; but it is not done if
    much else stands there.
    """
    if len(keys) > 1 and all(before < key for before, key in pairwise(keys)):
        most = _MUCH * len(keys)
        copies = await _read(tx, {"$gte": keys[0], "$lte": keys[-1]}, most=most)
        if len(copies) < most:
            return copies, await _further_parts(tx, copies)
    return await sealed_copies(tx, keys)


async def has_more_copies(tx: Tx, collection: str, than: int) -> bool:
    """Whether a source collection has more copies; the index alone tells nearly always, but counts further parts too."""
    copies, which = tx.database[SOURCE_DOCUMENTS], of_collection(collection)
    return await copies.count_documents({"_id": which["_id"]}) > than and await copies.count_documents(which) > than


async def whole_copies(tx: Tx, collection: str, size: int) -> AsyncGenerator[tuple[list[bytes], Parts], None]:
    """All copies of a source collection as they are stored, so many at a time, with what they became."""
    cursor = tx.database[SOURCE_DOCUMENTS].find_raw_batches(
        of_collection(collection), _BECAME, sort=[("_id", 1)], batch_size=size
    )
    async for reply in cursor:
        copies = list(split_documents(reply))
        large = [bson.decode(copy) for copy in copies if len(copy) > PART_BYTES]
        yield copies, await _further_parts(tx, large)


async def _read(tx: Tx, which: Document, *, most: int) -> list[Document]:
    wanted = {"_id": which, "part_of": {"$exists": False}, "erased_at": {"$exists": False}}
    return await tx.database[SOURCE_DOCUMENTS].find(wanted, _SEALED, batch_size=most + 1, limit=most).to_list()


async def _further_parts(tx: Tx, copies: Sequence[Document]) -> Parts:
    return {copy["_id"]: await _parts_of(tx, copy["_id"], copy["parts"]) for copy in copies if "parts" in copy}


async def _parts_of(tx: Tx, key: str, count: int) -> list[bytes]:
    """The parts after the first; one that is lost is empty, so that the copy cannot be opened."""
    keys = [part_key(key, number) for number in range(1, count)]
    cursor = tx.database[SOURCE_DOCUMENTS].find({"_id": {"$in": keys}}, {"sealed": 1})
    parts = {document["_id"]: document["sealed"] async for document in cursor}
    return [parts.get(one, b"") for one in keys]
