"""Source documents of people as records of one shape, whatever collection they stand in.

A record holds what deciding needs: keys that may match, names and addresses folded for comparison, links, evidence. The
raw values stay in the source document.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.auth.passwords import imported_hash
from roundsman.identity.addresses import fold_address
from roundsman.identity.emails import Email, read_email
from roundsman.identity.names import FoldedName, fold_name
from roundsman.identity.phones import Phone, read_phone
from roundsman.ids import UserId
from roundsman.migration.profile import PEOPLE, CollectionProfile, Kind, SourceProfile
from roundsman.migration.reading import flag, moment, old_id, source_id_text, text, value_at, values_at
from roundsman.migration.sources.port import SourceDocument


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """One document of a people collection, or a user of Roundsman that matching must know of.

    `phone` and `email` are present only where they may match; `sign_in_email` also where it may only sign in.
    `links` are (kind linked to, old id) in the order of the profile. `user_id` is whom the record already belongs to.
    """

    collection: str
    source_id: str
    kind: Kind
    sha256: bytes
    object_id: ObjectId | None
    app_id: str | None
    name: str
    folded_name: FoldedName
    phone: str | None
    email: str | None
    sign_in_email: str | None
    folded_address: str
    links: tuple[tuple[Kind, str], ...]
    role: Role | None
    has_password: bool
    blocked: bool
    created_at: datetime | None
    created_by: str | None
    gstin: str | None
    phone_verified_at: datetime | None
    last_sign_in_at: datetime | None
    user_id: UserId | None = None

    @property
    def key(self) -> str:
        """What names the record everywhere: `collection:source id`."""
        return f"{self.collection}:{self.source_id}"

    @property
    def aliases(self) -> tuple[str, ...]:
        """The old ids the record is known by: its application id and its `_id`, each once."""
        return (self.source_id,) if self.app_id in (None, self.source_id) else (str(self.app_id), self.source_id)

    @property
    def is_staff(self) -> bool:
        """Whether the record carries rights over other people's data."""
        return self.role in STAFF_ROLES


@dataclass(frozen=True, slots=True)
class Contact:
    """The phone and e-mail of a document, read, and the texts that were there."""

    phone: Phone
    email: Email
    phone_text: str | None
    email_text: str | None


def read_contact(fields: Mapping[str, Any], collection: CollectionProfile, profile: SourceProfile) -> Contact:
    """Phone and e-mail of a document of a people collection."""
    phone = value_at(fields, collection.paths("phone"))
    email = value_at(fields, collection.paths("email"))
    return Contact(
        phone=read_phone(phone, own_numbers=profile.own_phones),
        email=read_email(email, synthetic_patterns=profile.synthetic_emails),
        phone_text=text(phone),
        email_text=text(email),
    )


def read_person(document: SourceDocument, collection: CollectionProfile, profile: SourceProfile) -> PersonRecord:
    """The record of a document of a people collection. Any document gives one; unreadable values are absent."""
    fields = document.fields
    contact = read_contact(fields, collection, profile)
    name = text(value_at(fields, collection.paths("name"))) or ""
    identity = document.id
    object_id = identity if isinstance(identity, ObjectId) else None
    role = profile.word("role", value_at(fields, collection.paths("role")))
    return PersonRecord(
        collection=collection.name,
        source_id=source_id_text(identity),
        kind=collection.kind,
        sha256=document.sha256,
        object_id=object_id,
        app_id=old_id(value_at(fields, collection.paths("app_id"))),
        name=name,
        folded_name=fold_name(name),
        phone=contact.phone.e164 if contact.phone.is_key else None,
        email=contact.email.address if contact.email.is_key else None,
        sign_in_email=contact.email.address if contact.email.is_login else None,
        folded_address=fold_address(value_at(fields, collection.paths("address"))),
        links=_links(fields, collection),
        role=Role(role) if role else None,
        has_password=any(imported_hash(raw) for raw in values_at(fields, collection.paths("password"))),
        blocked=not flag(value_at(fields, collection.paths("is_active")), default=True),
        created_at=_created_at(fields, collection, profile, object_id),
        created_by=old_id(value_at(fields, collection.paths("created_by"))),
        gstin=text(value_at(fields, collection.paths("gstin"))),
        phone_verified_at=moment(value_at(fields, collection.paths("phone_verified_at")), profile.timezone),
        last_sign_in_at=moment(value_at(fields, collection.paths("last_sign_in_at")), profile.timezone),
    )


def _links(fields: Mapping[str, Any], collection: CollectionProfile) -> tuple[tuple[Kind, str], ...]:
    return tuple(
        (kind, linked)
        for kind in PEOPLE
        for raw in values_at(fields, collection.paths(f"link_{kind}"))
        if (linked := old_id(raw))
    )


def _created_at(
    fields: Mapping[str, Any], collection: CollectionProfile, profile: SourceProfile, object_id: ObjectId | None
) -> datetime | None:
    for raw in values_at(fields, collection.paths("created_at")):
        if written := moment(raw, profile.timezone):
            return written
    return object_id.generation_time if object_id else None
