"""The verbatim copies of people's documents: archive, provenance and proof in one collection.

A copy is written after everything it became, so its presence says that the document was taken completely.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from bson import ObjectId
from pymongo import DeleteMany, ReplaceOne

from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document, Tx
from roundsman.migration.plan import DocumentRow, Fate
from roundsman.migration.sealing import Seal

_WITHOUT_BYTES = {"sealed": 0}
_PART = "#"


@dataclass(frozen=True, slots=True)
class Copy:
    """What is kept of one source document, without its bytes."""

    key: str
    sha256: bytes
    user_id: ObjectId
    fate: Fate
    rule: str
    run: str
    evidence: tuple[str, ...] = ()
    app_id: str | None = None
    profile_id: ObjectId | None = None
    is_gone: bool = False
    """Whether the source does not have the document any more."""
    is_erased: bool = False
    """Whether the person closed his account: the bytes are gone, and the document is not taken again."""
    is_outdated: bool = False
    """Whether a run found another document than was planned, or was undone: its user may not have what it says."""

    @property
    def collection(self) -> str:
        """The source collection."""
        return self.key.partition(":")[0]

    @property
    def source_id(self) -> str:
        """The source `_id` as text."""
        return self.key[len(self.collection) + 1 :]


def copy_documents(row: DocumentRow, plain: bytes, *, app_id: str | None, run: str, seal: Seal) -> list[Document]:
    """A copy as documents: one, or for a very large document the first and its further parts."""
    first, *further = seal.close(row.key, plain)
    head = without_absent(
        {
            "_id": row.key,
            "sha256": row.sha256,
            "sealed": first,
            "parts": len(further) + 1 if further else None,
            "user_id": row.user_id,
            "profile_id": row.profile_id,
            "fate": row.fate.value,
            "rule": row.rule,
            "evidence": list(row.evidence) or None,
            "app_id": app_id,
            "run": run,
        }
    )
    parts = [
        {"_id": part_key(row.key, number), "sha256": row.sha256, "sealed": part, "part_of": row.key}
        for number, part in enumerate(further, start=1)
    ]
    return [head, *parts]


def part_key(key: str, number: int) -> str:
    """The `_id` of a further part of a copy; the parts after the first are numbered from one."""
    return f"{key}{_PART}{number}"


async def renew_copies(tx: Tx, documents: Sequence[Document]) -> None:
    """Replace the copies of documents that changed in the source; how they were taken at first stays recorded."""
    for document in documents:
        known = {"fate": 1, "rule": 1, "_id": 0}
        kept = await tx.database[SOURCE_DOCUMENTS].find_one({"_id": document["_id"]}, known, session=tx.session)
        await tx.database[SOURCE_DOCUMENTS].bulk_write(
            [
                ReplaceOne({"_id": document["_id"]}, document | (kept or {}), upsert=True),
                DeleteMany(_superfluous(document)),
            ],
            session=tx.session,
        )


def _superfluous(document: Document) -> Document:
    """The further parts that a copy had when it was larger."""
    key = document["_id"]
    further = [part_key(key, number) for number in range(1, document.get("parts", 1))]
    return {"_id": {"$gt": f"{key}{_PART}", "$lt": f"{key}{chr(ord(_PART) + 1)}", "$nin": further}, "part_of": key}


async def was_taken_before(tx: Tx, run: str) -> bool:
    """Whether any other run took a document last; by the index of runs, of which there are many documents each."""
    others: Document = {"$or": [{"run": {"$lt": run}}, {"run": {"$gt": run}}]}
    return await tx.database[SOURCE_DOCUMENTS].find_one(others, {"_id": 1}) is not None


async def note_drifted(tx: Tx, keys: Sequence[str]) -> None:
    """Let documents that were not the planned ones count as changed until they are taken, even if they change back."""
    if keys:
        await tx.database[SOURCE_DOCUMENTS].update_many({"_id": {"$in": list(keys)}}, {"$set": {"drifted": True}})


async def iterate_copies(tx: Tx, collection: str | None = None) -> AsyncIterator[Copy]:
    """Every copy, or those of one collection, without the bytes."""
    query = {"part_of": {"$exists": False}} if collection is None else of_collection(collection)
    async for document in tx.database[SOURCE_DOCUMENTS].find(query, _WITHOUT_BYTES):
        yield copy_from(document)


async def find_copies(tx: Tx, keys: Iterable[str]) -> list[Copy]:
    """Those of the copies that exist, without the bytes."""
    cursor = tx.database[SOURCE_DOCUMENTS].find({"_id": {"$in": list(keys)}}, _WITHOUT_BYTES)
    return [copy_from(document) async for document in cursor]


async def copies_of_users(tx: Tx, user_ids: Iterable[ObjectId]) -> list[Copy]:
    """What these users were made from, without the bytes."""
    cursor = tx.database[SOURCE_DOCUMENTS].find({"user_id": {"$in": list(user_ids)}}, _WITHOUT_BYTES)
    return [copy_from(document) async for document in cursor]


async def copies_by_key(tx: Tx, keys: Iterable[str]) -> dict[str, Document]:
    """The stored documents of copies, bytes included, by key."""
    cursor = tx.database[SOURCE_DOCUMENTS].find({"_id": {"$in": list(keys)}})
    return {document["_id"]: document async for document in cursor}


async def keys_of_copies(tx: Tx, collection: str, size: int) -> AsyncIterator[list[str]]:
    """The keys of all copies of a source collection, so many at a time."""
    keys: list[str] = []
    async for document in tx.database[SOURCE_DOCUMENTS].find(of_collection(collection), {"_id": 1}):
        keys.append(document["_id"])
        if len(keys) == size:
            yield keys
            keys = []
    if keys:
        yield keys


def of_collection(collection: str) -> Document:
    """What finds the copies of a source collection, without the further parts of large ones."""
    return {"_id": {"$gte": f"{collection}:", "$lt": f"{collection};"}, "part_of": {"$exists": False}}


async def open_copy(tx: Tx, document: Document, seal: Seal) -> bytes:
    """The verbatim bytes of a stored copy. Raises CopyDamaged."""
    parts = [document["sealed"]]
    for number in range(1, document.get("parts", 1)):
        part = await tx.database[SOURCE_DOCUMENTS].find_one({"_id": part_key(document["_id"], number)})
        parts.append(part["sealed"] if part else b"")
    return seal.open(document["_id"], parts)


def copy_from(document: Document) -> Copy:
    """Read what a stored copy says."""
    return Copy(
        key=document["_id"],
        sha256=document["sha256"],
        user_id=document["user_id"],
        fate=Fate(document["fate"]),
        rule=document["rule"],
        run=document["run"],
        evidence=tuple(document.get("evidence", ())),
        app_id=document.get("app_id"),
        profile_id=document.get("profile_id"),
        is_gone="gone_at" in document,
        is_erased="erased_at" in document,
        is_outdated="drifted" in document,
    )
