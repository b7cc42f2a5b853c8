"""Plans as documents: a header under the digest, and the rows in chunks."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import asdict
from enum import StrEnum
from itertools import islice
from typing import Any

import bson
from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.customers.customers import Customer, CustomerStatus
from roundsman.database.collections import MIGRATION_PLANS
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document, Tx
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.migration.plan import (
    Digest,
    DocumentRow,
    Fate,
    IdentifierRow,
    PlanHeader,
    ProfileRow,
    ReviewRow,
    RolesRow,
    UserRow,
)

_ROWS_PER_CHUNK = 1_000
_CHUNKS_PER_REPLY = 2


class Section(StrEnum):
    """The parts of a plan, in the order in which they are applied."""

    USERS = "users"
    ROLES = "roles"
    IDENTIFIERS = "identifiers"
    DOCUMENTS = "documents"
    PROFILES = "profiles"
    REVIEWS = "reviews"


class ChunkWriter:
    """Writes the rows of a plan that has no digest yet, in chunks, and computes the digest on the way."""

    def __init__(self, tx: Tx, digest: Digest) -> None:
        self._tx = tx
        self._digest = digest
        self.chunks_id = ObjectId()
        self.counts: dict[str, int] = {}

    async def write(self, section: Section, rows: Iterable[Any]) -> None:
        """Append a section."""
        total = 0
        for number, chunk in enumerate(_chunks(rows)):
            documents = [row_document(row) for row in chunk]
            self._digest.add(bson.encode({"rows": documents}))
            self._count(chunk)
            total += len(chunk)
            identity = f"{self.chunks_id}:{section}:{number:08d}"
            await self._tx.database[MIGRATION_PLANS].insert_one({"_id": identity, "rows": documents})
        self.counts[f"rows.{section}"] = total

    def _count(self, chunk: Sequence[Any]) -> None:
        for row in chunk:
            if isinstance(row, DocumentRow):
                self._add("changed" if row.changed else f"fate.{row.fate}")
                self._add(f"rule.{row.rule}")
            elif isinstance(row, ReviewRow):
                self._add(f"review.{row.list}.{row.rule}")

    def _add(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, _ROWS_PER_CHUNK)):
        yield chunk


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


async def read_rows(tx: Tx, chunks_id: ObjectId, section: Section) -> AsyncIterator[list[Any]]:
    """The rows of a section, chunk by chunk, in their order."""
    read = _READERS[section]
    # A reply of the usual size would be decoded at once, and take a hundred times the memory of a chunk.
    chunks = tx.database[MIGRATION_PLANS].find(_chunk_range(chunks_id, section), batch_size=_CHUNKS_PER_REPLY)
    cursor = chunks.sort("_id", 1)
    async for document in cursor:
        yield [read(row) for row in document["rows"]]


def _chunk_range(chunks_id: ObjectId, section: Section | None = None) -> Document:
    prefix = f"{chunks_id}:{section}:" if section else f"{chunks_id}:"
    return {"_id": {"$gte": prefix, "$lt": prefix[:-1] + ";"}}


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


def row_document(row: Any) -> Document:  # noqa: ANN401 - one of the row types
    """A row as it is stored, and as `plan --out` prints it."""
    match row:
        case UserRow():
            return _user_row(row)
        case DocumentRow():
            return _document_row(row)
        case IdentifierRow():
            return without_absent({"key": row.key, "user_ids": list(row.user_ids), "verified_at": row.verified_at})
        case RolesRow():
            return {"user_id": row.user_id, "roles": list(row.roles), "to_confirm": list(row.to_confirm)}
        case ProfileRow():
            customer = asdict(row.customer)
            return {"account": row.account, "customer": without_absent(customer)}
        case ReviewRow():
            return asdict(row) | {"_id": row.id, "members": list(row.members), "user_ids": list(row.user_ids)}
        case _:
            raise TypeError(type(row))


def _user_row(row: UserRow) -> Document:
    user = row.user
    return without_absent(
        {
            "_id": user.id,
            "name": user.name,
            "status": user.status.value,
            "claim": user.claim.value,
            "roles": [role.value for role in user.roles],
            "created_at": user.created_at,
            "created_by": user.created_by,
            "roles_to_confirm": [role.value for role in user.roles_to_confirm] or None,
            "merged_into": user.merged_into,
            "former_identifiers": list(user.former_identifiers) or None,
            "password_from": row.password_from,
            "rules": dict(row.rules) or None,
        }
    )


def _read_user_row(document: Document) -> UserRow:
    user = User(
        id=document["_id"],
        name=document["name"],
        status=UserStatus(document["status"]),
        claim=Claim(document["claim"]),
        roles=tuple(map(Role, document["roles"])),
        created_at=document["created_at"],
        created_by=document["created_by"],
        roles_to_confirm=tuple(map(Role, document.get("roles_to_confirm", ()))),
        merged_into=document.get("merged_into"),
        former_identifiers=tuple(document.get("former_identifiers", ())),
    )
    return UserRow(user, document.get("password_from"), document.get("rules", {}))


def _document_row(row: DocumentRow) -> Document:
    return without_absent(
        {
            "collection": row.collection,
            "source_id": row.source_id,
            "sha256": row.sha256,
            "user_id": row.user_id,
            "fate": row.fate.value,
            "rule": row.rule,
            "evidence": list(row.evidence) or None,
            "profile_id": row.profile_id,
            "makes_profile": row.makes_profile or None,
            "created_by": row.created_by,
            "changed": row.changed or None,
        }
    )


def _read_document_row(document: Document) -> DocumentRow:
    return DocumentRow(
        collection=document["collection"],
        source_id=document["source_id"],
        sha256=document["sha256"],
        user_id=document["user_id"],
        fate=Fate(document["fate"]),
        rule=document["rule"],
        evidence=tuple(document.get("evidence", ())),
        profile_id=document.get("profile_id"),
        makes_profile=document.get("makes_profile", False),
        created_by=document.get("created_by"),
        changed=document.get("changed", False),
    )


def _read_profile_row(document: Document) -> ProfileRow:
    customer = dict(document["customer"])
    customer["status"] = CustomerStatus(customer["status"])
    return ProfileRow(Customer(**customer), document["account"])


def _read_review_row(document: Document) -> ReviewRow:
    return ReviewRow(
        document["list"],
        document["rule"],
        tuple(document["members"]),
        tuple(document["user_ids"]),
        tuple(document["evidence"]),
    )


_READERS: dict[Section, Any] = {
    Section.USERS: _read_user_row,
    Section.ROLES: lambda row: RolesRow(
        row["user_id"], tuple(map(Role, row["roles"])), tuple(map(Role, row["to_confirm"]))
    ),
    Section.IDENTIFIERS: lambda row: IdentifierRow(row["key"], tuple(row["user_ids"]), row.get("verified_at")),
    Section.DOCUMENTS: _read_document_row,
    Section.PROFILES: _read_profile_row,
    Section.REVIEWS: _read_review_row,
}
