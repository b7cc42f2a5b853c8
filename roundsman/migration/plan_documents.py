"""The rows of a plan as documents, and back (pure)."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from roundsman.access.roles import Role
from roundsman.customers.linkage import customer_documents, customers_from
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document
from roundsman.identity.importing import identifier_documents, identifiers_from, user_documents, users_from
from roundsman.identity.users import Identifier
from roundsman.migration.plan import (
    DocumentRow,
    Fate,
    HandOverRow,
    IdentifierRow,
    ProfileRow,
    ReviewRow,
    RolesRow,
    UserRow,
)


class Section(StrEnum):
    """The parts of a plan, in the order in which they are applied."""

    USERS = "users"
    ROLES = "roles"
    HAND_OVERS = "hand_overs"
    IDENTIFIERS = "identifiers"
    DOCUMENTS = "documents"
    PROFILES = "profiles"
    REVIEWS = "reviews"


def row_document(row: Any) -> Document:  # noqa: ANN401 - one of the row types
    """A row as it is stored, and as `plan --out` prints it."""
    match row:
        case UserRow():
            return _user_row(row)
        case DocumentRow():
            return _document_row(row)
        case IdentifierRow():
            (identifier,) = identifier_documents([Identifier(row.key, row.user_ids, row.verified_at)])
            return identifier
        case RolesRow() | HandOverRow():
            return without_absent(asdict(row))
        case ProfileRow():
            (customer,) = customer_documents([row.customer])
            return {"account": row.account, "customer": customer}
        case ReviewRow():
            return _review_row(row)
        case _:
            raise TypeError(type(row))


def _user_row(row: UserRow) -> Document:
    (document,) = user_documents([row.user])
    return document | without_absent({"password_from": row.password_from, "rules": dict(row.rules) or None})


def _read_user_row(document: Document) -> UserRow:
    (user,) = users_from([document])
    return UserRow(user, document.get("password_from"), document.get("rules", {}))


def _read_identifier_row(document: Document) -> IdentifierRow:
    (identifier,) = identifiers_from([document])
    return IdentifierRow(identifier.key, identifier.user_ids, identifier.verified_at)


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


def _review_row(row: ReviewRow) -> Document:
    return {
        "list": row.list,
        "rule": row.rule,
        "members": list(row.members),
        "user_ids": list(row.user_ids),
        "evidence": row.evidence,
        "_id": row.id,
    }


def _read_profile_row(document: Document) -> ProfileRow:
    (customer,) = customers_from([document["customer"]])
    return ProfileRow(customer, document["account"])


def _read_review_row(document: Document) -> ReviewRow:
    return ReviewRow(
        document["list"],
        document["rule"],
        tuple(document["members"]),
        tuple(document["user_ids"]),
        tuple(document["evidence"]),
    )


READERS: Mapping[Section, Callable[[Document], Any]] = {
    Section.USERS: _read_user_row,
    Section.ROLES: lambda row: RolesRow(
        row["user_id"], tuple(map(Role, row["roles"])), tuple(map(Role, row["to_confirm"]))
    ),
    Section.HAND_OVERS: lambda row: HandOverRow(row["key"], row["before"], row.get("after"), row.get("verified_at")),
    Section.IDENTIFIERS: _read_identifier_row,
    Section.DOCUMENTS: _read_document_row,
    Section.PROFILES: _read_profile_row,
    Section.REVIEWS: _read_review_row,
}
"""How the rows of each section are read."""
