"""Plans as documents: a header under the digest, and the rows in chunks."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import Any

import bson
from bson import ObjectId
from bson.raw_bson import RawBSONDocument

from roundsman.database.collections import MIGRATION_PLANS
from roundsman.database.raw import split_documents
from roundsman.database.transaction import Document, Tx
from roundsman.migration.plan import PlanHeader
from roundsman.migration.plan_documents import READERS, Section

_CHUNKS_PER_REPLY = 4
_CHUNKS_TO_SAMPLE = 100


async def insert_chunks(tx: Tx, chunks: Sequence[bytes]) -> None:
    """Store chunks of rows of a plan that has no digest yet."""
    if chunks:
        await tx.database[MIGRATION_PLANS].insert_many(map(RawBSONDocument, chunks), ordered=False)


def chunk_id(chunks_id: ObjectId, section: Section, *place: int) -> str:
    """The id of the chunk in that place of its section: places are numbers within numbers, read in their order."""
    return f"{chunks_id}:{section}:{'.'.join(f'{number:09d}' for number in place)}"


async def keep_plan(tx: Tx, header: PlanHeader, chunks_id: ObjectId) -> None:
    """Store the header under its digest; if the same plan is there already, its rows are, and the new ones go."""
    document = {"_id": header.digest, "chunks": chunks_id, **_header_document(header)}
    if await tx.database[MIGRATION_PLANS].find_one({"_id": header.digest}, {"_id": 1}):
        await tx.database[MIGRATION_PLANS].delete_many(_chunk_range(chunks_id))
        return
    await tx.database[MIGRATION_PLANS].insert_one(document)


async def drop_plan(tx: Tx, digest: str) -> None:
    """Forget a plan that was not applied, or whose run is forgotten too; the header goes last."""
    if found := await find_plan(tx, digest):
        await tx.database[MIGRATION_PLANS].delete_many(_chunk_range(found[1]))
        await tx.database[MIGRATION_PLANS].delete_one({"_id": found[0].digest})


async def find_plan(tx: Tx, digest: str) -> tuple[PlanHeader, ObjectId] | None:
    """The header of a plan and where its rows are; a digest may be shortened to eight characters or more."""
    query: Document = {"_id": {"$gte": digest, "$lt": digest + "g"}, "chunks": {"$exists": True}}
    found = await tx.database[MIGRATION_PLANS].find(query).to_list(2)
    if len(found) != 1:
        return None
    document = found[0]
    return _header(document), document["chunks"]


async def latest_plans(tx: Tx, *, limit: int) -> list[PlanHeader]:
    """The plans that somebody made, the newest first; those of the rounds that follow the source are not among them."""
    wanted = {"chunks": {"$exists": True}, "kept_until": {"$exists": False}}
    return [_header(one) async for one in tx.database[MIGRATION_PLANS].find(wanted).sort("as_of", -1).limit(limit)]


async def read_rows(tx: Tx, chunks_id: ObjectId, section: Section, *place: int) -> AsyncIterator[list[Any]]:
    """The rows of a section, or of the places in it that begin with these numbers, chunk by chunk in their order."""
    read = READERS[section]
    async for rows in read_documents(tx, chunks_id, section, *place):
        yield [read(row) for row in rows]


async def read_documents(tx: Tx, chunks_id: ObjectId, section: Section, *place: int) -> AsyncIterator[list[Document]]:
    """The same rows in their stored form."""
    async for chunk in _read_chunks(tx, chunks_id, section, *place):
        yield bson.decode(chunk, tx.database.codec_options)["rows"]


async def read_encoded(tx: Tx, chunks_id: ObjectId, section: Section) -> AsyncIterator[list[bytes]]:
    """The same as bytes, where the rows are what is to be stored."""
    async for chunk in _read_chunks(tx, chunks_id, section):
        yield [row.raw for row in RawBSONDocument(chunk)["rows"]]


async def _read_chunks(tx: Tx, chunks_id: ObjectId, section: Section, *place: int) -> AsyncIterator[bytes]:
    """Several come with one reply, and each is decoded when it is its turn: as values they take ten times the memory."""
    wanted = _chunk_range(chunks_id, section, *place)
    replies = tx.database[MIGRATION_PLANS].find_raw_batches(wanted, sort=[("_id", 1)], batch_size=_CHUNKS_PER_REPLY)
    async for reply in replies:
        for chunk in split_documents(reply):
            yield chunk


async def sample_documents(tx: Tx, chunks_id: ObjectId, size: int) -> list[str]:
    """The keys of so many of the documents that a plan takes, chosen by chance from some of its chunks."""
    plans = tx.database[MIGRATION_PLANS]
    chosen: list[Document] = [{"$match": _chunk_range(chunks_id, Section.DOCUMENTS)}, {"$project": {"_id": 1}}]
    chunks = await plans.aggregate([*chosen, {"$sample": {"size": _CHUNKS_TO_SAMPLE}}])
    stages: list[Document] = [
        {"$match": {"_id": {"$in": [chunk["_id"] async for chunk in chunks]}}},
        {"$unwind": "$rows"},
        {"$sample": {"size": size}},
        {"$project": {"key": {"$concat": ["$rows.collection", ":", "$rows.source_id"]}}},
    ]
    return [document["key"] async for document in await plans.aggregate(stages)]


def _chunk_range(chunks_id: ObjectId, section: Section | None = None, *place: int) -> Document:
    """All ids that begin with the parts given: the next character after what ends a part bounds them."""
    first = f"{chunks_id}:" if section is None else chunk_id(chunks_id, section, *place)
    last = first[:-1] + chr(ord(first[-1]) + 1) if not place else f"{first}/"
    return {"_id": {"$gte": first, "$lt": last}}


def _header_document(header: PlanHeader) -> Document:
    document = asdict(header)
    del document["digest"]
    return document | {"source_counts": _pairs(header.source_counts), "counts": _pairs(header.counts)}


def _header(document: Document) -> PlanHeader:
    return PlanHeader(
        digest=document["_id"],
        profile=document["profile"],
        profile_version=document["profile_version"],
        rules_version=document["rules_version"],
        as_of=document["as_of"],
        source=document["source"],
        source_counts=dict(document["source_counts"]),
        counts=dict(document["counts"]),
    )


def _pairs(counts: Any) -> list[list[Any]]:  # noqa: ANN401 - a mapping of counts
    """Names of collections may hold dots and dollars, which field names had better not."""
    return [[name, count] for name, count in sorted(counts.items())]
