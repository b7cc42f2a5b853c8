"""People's documents against their verbatim copies, a batch at a time (pure, so that several cores may do it)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import bson
from bson import ObjectId

from roundsman.access.roles import STAFF_ROLES
from roundsman.migration.matching import PHONE, Rule
from roundsman.migration.profile import CollectionProfile, SourceProfile
from roundsman.migration.reading import value_at
from roundsman.migration.records import read_contact
from roundsman.migration.sealing import CopyDamaged, Seal, sha256
from roundsman.migration.sources.port import SourceDocument

_BY_PHONE = frozenset(
    rule.value
    for rule in (Rule.USERS_SAME, Rule.USERS_UNSURE, Rule.CUSTOMER_SAME, Rule.CUSTOMER_UNSURE, Rule.PARTNER_SAME)
)


@dataclass(frozen=True, slots=True)
class ContentBatch:
    """Documents of one collection by key, and the stored copies of those keys; further parts of large ones by key."""

    collection: CollectionProfile
    profile: SourceProfile
    seal: Seal
    documents: Mapping[str, bytes]
    copies: Sequence[bytes]
    parts: Mapping[str, Sequence[bytes]]


class Became(NamedTuple):
    """What a stored copy says its document became."""

    key: str
    user_id: ObjectId
    profile_id: ObjectId | None
    fate: str


@dataclass(slots=True)
class Content:
    """What a batch shows: the fate of each document with a copy, and everything that is not as it should be."""

    fates: Counter[str] = field(default_factory=Counter)
    became: list[Became] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    bad_keys: list[str] = field(default_factory=list)
    staff: set[ObjectId] = field(default_factory=set)


def compare_content(batch: ContentBatch) -> Content:
    """Open every copy, prove that it is what was taken, and compare it with what the source holds now."""
    content = Content()
    copies = {copy["_id"]: copy for copy in map(bson.decode, batch.copies)}
    content.missing = [key for key in batch.documents if key not in copies]
    for key, copy in copies.items():
        content.became.append(Became(key, copy["user_id"], copy.get("profile_id"), copy["fate"]))
        if (plain := _plain(batch, copy, content)) is not None:
            _look_at_person(batch, copy, plain, content)
        if (source := batch.documents.get(key)) is not None:
            is_changed = plain is not None and _is_changed(copy, plain, source)
            content.fates["changed" if is_changed else copy["fate"]] += 1
            content.changed += [key] if is_changed else []
    return content


def _plain(batch: ContentBatch, copy: Mapping[str, Any], content: Content) -> bytes | None:
    key = copy["_id"]
    try:
        plain = batch.seal.open(key, [copy["sealed"], *batch.parts.get(key, ())])
    except CopyDamaged as error:
        content.failures.append(error.message)
        return None
    if sha256(plain) != copy["sha256"]:
        content.failures.append(f"the copy of {key} is not what was taken")
    return plain


def _look_at_person(batch: ContentBatch, copy: Mapping[str, Any], plain: bytes, content: Content) -> None:
    """Note who came to be staff by it, and whether a phone that joined it is one that may not join."""
    fields = SourceDocument(plain).fields
    if batch.profile.word("role", value_at(fields, batch.collection.paths("role"))) in STAFF_ROLES:
        content.staff.add(copy["user_id"])
    if _was_joined_by_phone(copy) and not read_contact(fields, batch.collection, batch.profile).phone.is_key:
        content.bad_keys.append(f"{copy['_id']} was joined by {copy['rule']} on a phone that is no key")


def _was_joined_by_phone(copy: Mapping[str, Any]) -> bool:
    return copy["rule"] in _BY_PHONE and PHONE in copy.get("evidence", ())


def _is_changed(copy: Mapping[str, Any], plain: bytes, source: bytes) -> bool:
    """Whether the source holds something else now, or holds again what had gone."""
    return "gone_at" in copy or (plain != source and sha256(source) != copy["sha256"])
