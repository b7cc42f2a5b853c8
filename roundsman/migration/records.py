"""Source documents of people as records of one shape, whatever collection they stand in.

A record holds what deciding needs: keys that may match, names and addresses folded for comparison, links, evidence. The
raw values stay in the source document.
"""

import marshal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from bson import ObjectId

from roundsman.access.roles import STAFF_ROLES, Role
from roundsman.auth.passwords import imported_hash
from roundsman.identity.addresses import fold_address
from roundsman.identity.emails import Email, read_email
from roundsman.identity.identifiers import alias_key, email_key, phone_key
from roundsman.identity.names import FoldedName, fold_name
from roundsman.identity.phones import Phone, read_phone
from roundsman.migration.full_names import full_name
from roundsman.migration.profile import PEOPLE, CollectionProfile, Kind, SourceProfile
from roundsman.migration.reading import came_at, flag, moment, old_id, source_id_text, text, value_at, values_at
from roundsman.migration.sources.port import SourceDocument
from roundsman.suppliers.gstin import read_gstin

_KINDS = {kind.value: kind for kind in Kind}
_LINKS = [(kind, f"link_{kind}") for kind in PEOPLE]
_ROLES = {role.value: role for role in Role}


class PersonRecord(NamedTuple):
    """One document of a people collection, or a user of Roundsman that matching must know of.

    `phone`, `email` and `gstin` are present only where they may match; `sign_in_email` also where it may only sign in. There may
    be millions of records: they are tuples of plain values, which pack quickly, and properties say what these mean.
    """

    collection: str
    other_id: str | None
    kind_value: str
    sha256: bytes
    object_id_bytes: bytes | None
    app_id: str | None
    name: str
    folded_text: str
    phone: str | None
    email: str | None
    sign_in_email: str | None
    folded_address: str
    link_values: tuple[tuple[str, str], ...]
    role_value: str | None
    has_password: bool
    blocked: bool
    created_seconds: float | None
    created_by: str | None
    gstin: str | None
    phone_verified_seconds: float | None
    last_sign_in_seconds: float | None

    @property
    def source_id(self) -> str:
        """The source `_id` as text: the hex of an ObjectId, which is not stored twice, or whatever else it is."""
        return self.object_id_bytes.hex() if self.object_id_bytes else self.other_id or ""

    @property
    def object_id(self) -> ObjectId | None:
        """The source `_id` if it is an ObjectId."""
        return ObjectId(self.object_id_bytes) if self.object_id_bytes else None

    @property
    def kind(self) -> Kind:
        """What kind of person it tells of."""
        return _KINDS[self.kind_value]

    @property
    def role(self) -> Role | None:
        """The role an account has."""
        return _ROLES[self.role_value] if self.role_value else None

    @property
    def folded_name(self) -> FoldedName:
        """The name as it sounds."""
        return _folded(self.folded_text)

    @property
    def links(self) -> tuple[tuple[Kind, str], ...]:
        """The records it names, as (kind, old id) in the order of the profile."""
        return tuple((_KINDS[kind], alias) for kind, alias in self.link_values)

    @property
    def created_at(self) -> datetime | None:
        """When it came to be, as it says."""
        return _moment(self.created_seconds)

    def came_at(self, as_of: datetime) -> datetime:
        """When it came to be; what it says of the future is not believed: then its `_id` tells, else it is the as-of time."""
        born = self.object_id.generation_time if self.object_id else None
        return came_at(self.created_at, born, as_of=as_of)

    @property
    def phone_verified_at(self) -> datetime | None:
        """When its person proved to hold the phone."""
        return _moment(self.phone_verified_seconds)

    @property
    def last_sign_in_at(self) -> datetime | None:
        """When its person last signed in."""
        return _moment(self.last_sign_in_seconds)

    @property
    def key(self) -> str:
        """What names the record everywhere: `collection:source id`."""
        return f"{self.collection}:{self.source_id}"

    @property
    def aliases(self) -> tuple[str, ...]:
        """The old ids the record is known by: its application id and its `_id`, each once."""
        source_id = self.source_id
        return (source_id,) if self.app_id in (None, source_id) else (str(self.app_id), source_id)

    @property
    def identifier_keys(self) -> tuple[str, ...]:
        """The identifiers by which its person could be found: old ids, the phone, the e-mail."""
        contacts = (self.phone and phone_key(self.phone), self.sign_in_email and email_key(self.sign_in_email))
        return (*map(alias_key, self.aliases), *filter(None, contacts))

    @property
    def may_rest(self) -> bool:
        """Whether it is an account that by itself tells of no use: of a customer, who never signed in."""
        return self.kind is Kind.USER and self.role is Role.CUSTOMER and self.last_sign_in_seconds is None

    @property
    def is_staff(self) -> bool:
        """Whether the record carries rights over other people's data."""
        return self.role_value in STAFF_ROLES

    def packed(self) -> bytes:
        """The record as bytes, which take a quarter of the memory."""
        return marshal.dumps(tuple(self))

    @classmethod
    def unpacked(cls, packed: bytes | bytearray) -> "PersonRecord":
        """The record that was packed."""
        return cls._make(marshal.loads(packed))  # noqa: S302 - nothing but what was packed in this process


_folded = lru_cache(4_096)(FoldedName)


def seconds(moment: datetime | None) -> float | None:
    """A time as a record holds it."""
    return moment.timestamp() if moment else None


def moment_of(seconds: float) -> datetime:
    """The time that a record holds so."""
    return datetime.fromtimestamp(seconds, UTC)


def _moment(written: float | None) -> datetime | None:
    return moment_of(written) if written is not None else None


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
    name = full_name(fields, collection) or ""
    identity = document.id
    object_id = identity if isinstance(identity, ObjectId) else None
    return PersonRecord(
        collection=collection.name,
        other_id=None if object_id else source_id_text(identity),
        kind_value=collection.kind.value,
        sha256=document.sha256,
        object_id_bytes=object_id.binary if object_id else None,
        app_id=old_id(value_at(fields, collection.paths("app_id"))),
        name=name,
        folded_text=fold_name(name).text,
        phone=contact.phone.e164 if contact.phone.is_key else None,
        email=contact.email.address if contact.email.is_key else None,
        sign_in_email=contact.email.address if contact.email.is_login else None,
        folded_address=fold_address(value_at(fields, collection.paths("address"))),
        link_values=_links(fields, collection),
        role_value=profile.word("role", value_at(fields, collection.paths("role"))),
        has_password=any(imported_hash(raw) for raw in values_at(fields, collection.paths("password"))),
        blocked=not flag(value_at(fields, collection.paths("is_active")), default=True),
        created_seconds=seconds(_created_at(fields, collection, profile, object_id)),
        created_by=old_id(value_at(fields, collection.paths("created_by"))),
        gstin=read_gstin(text(value_at(fields, collection.paths("gstin")))),
        phone_verified_seconds=seconds(
            moment(value_at(fields, collection.paths("phone_verified_at")), profile.timezone)
        ),
        last_sign_in_seconds=seconds(moment(value_at(fields, collection.paths("last_sign_in_at")), profile.timezone)),
    )


def _links(fields: Mapping[str, Any], collection: CollectionProfile) -> tuple[tuple[str, str], ...]:
    return tuple(
        (kind.value, linked)
        for kind, meaning in _LINKS
        if (paths := collection.paths(meaning))
        for raw in values_at(fields, paths)
        if (linked := old_id(raw))
    )


def _created_at(
    fields: Mapping[str, Any], collection: CollectionProfile, profile: SourceProfile, object_id: ObjectId | None
) -> datetime | None:
    for raw in values_at(fields, collection.paths("created_at")):
        if written := moment(raw, profile.timezone):
            return written
    return object_id.generation_time if object_id else None
