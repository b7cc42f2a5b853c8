"""The verbatim copies of people's documents: archive, provenance and proof in one collection.

A copy is written after everything it became, so its presence says that the document was taken completely.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import bson
from bson import ObjectId

from roundsman.database.bulk import BulkOutcome, insert_missing_encoded
from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document, Tx, in_transaction
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


async def insert_copy(tx: Tx, parts: Sequence[bytes]) -> BulkOutcome:
    """Insert a very large copy, encoded in its parts: all of them or none. What is there is compared, nothing replaced."""

    async def insert(tx: Tx) -> BulkOutcome:
        # One by one, for a message has a limit.
        outcomes = [await insert_missing_encoded(tx, SOURCE_DOCUMENTS, [part]) for part in parts]
        return sum(outcomes, start=BulkOutcome())

    heads = {"_id": bson.decode(parts[0])["_id"]}
    is_there = await tx.database[SOURCE_DOCUMENTS].find_one(heads, {"_id": 1}) is not None
    return await (insert(tx) if is_there else in_transaction(tx, insert))


async def renew_copy(tx: Tx, copy: Sequence[Document]) -> None:
    """Replace the copy of a document that changed in the source; how it was taken at first stays recorded.

    A very large one is replaced in all of its parts or in none, for a mixture of old and new parts could not be opened.
    """
    head = copy[0]
    kept = await tx.database[SOURCE_DOCUMENTS].find_one(
        {"_id": head["_id"]}, {"fate": 1, "rule": 1, "parts": 1, "_id": 0}, session=tx.session
    )
    known = dict(kept or {})
    was_large = known.pop("parts", None) is not None

    async def replace(tx: Tx) -> None:
        for document in (head | known, *copy[1:]):
            await tx.database[SOURCE_DOCUMENTS].replace_one(
                {"_id": document["_id"]}, document, upsert=True, session=tx.session
            )
        if was_large:
            await tx.database[SOURCE_DOCUMENTS].delete_many(_superfluous(head), session=tx.session)

    await (in_transaction(tx, replace) if was_large or len(copy) > 1 else replace(tx))


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


async def note_mixed_copies(tx: Tx) -> int:
    """Let very large copies whose parts are not all of one taking count as changed, so that the next plan takes them anew."""
    mixed: list[str] = []
    large = tx.database[SOURCE_DOCUMENTS].find({"parts": {"$exists": True}}, {"sha256": 1, "parts": 1})
    async for copy in large:
        keys = [part_key(copy["_id"], number) for number in range(1, copy["parts"])]
        same = {"_id": {"$in": keys}, "sha256": copy["sha256"]}
        if await tx.database[SOURCE_DOCUMENTS].count_documents(same) < len(keys):
            mixed.append(copy["_id"])
    await note_drifted(tx, mixed)
    return len(mixed)


async def open_copy(tx: Tx, document: Document, seal: Seal) -> bytes:
    """The verbatim bytes of a stored copy, which are those that were taken. Raises CopyDamaged."""
    parts = [document["sealed"]]
    for number in range(1, document.get("parts", 1)):
        key = part_key(document["_id"], number)
        part = await tx.database[SOURCE_DOCUMENTS].find_one({"_id": key}, session=tx.session)
        parts.append(part["sealed"] if part else b"")
    return seal.open(document["_id"], parts, digest=document["sha256"])


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
