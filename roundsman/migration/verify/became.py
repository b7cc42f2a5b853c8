"""What people's stored copies say they became, a batch at a time (pure, so that several cores may do it)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import bson
from bson import ObjectId

from roundsman.identity.phones import read_phone
from roundsman.migration.matching import PHONE, Rule
from roundsman.migration.profile import CollectionProfile, SourceProfile
from roundsman.migration.reading import value_at
from roundsman.migration.sealing import CopyDamaged, Seal
from roundsman.migration.sources.port import SourceDocument

_BY_PHONE = frozenset(
    rule.value
    for rule in (Rule.USERS_SAME, Rule.USERS_UNSURE, Rule.CUSTOMER_SAME, Rule.CUSTOMER_UNSURE, Rule.PARTNER_SAME)
)


ERASED = "erased"
"""What became of a document whose person closed his account."""


class Became(NamedTuple):
    """What a stored copy says its document became."""

    key: str
    user_id: ObjectId
    profile_id: ObjectId | None
    fate: str


@dataclass(frozen=True, slots=True)
class CopiesBatch:
    """Stored copies of one collection, and further parts of large ones by key."""

    collection: CollectionProfile
    profile: SourceProfile
    seal: Seal
    copies: Sequence[bytes]
    parts: Mapping[str, Sequence[bytes]]


@dataclass(slots=True)
class People:
    """What the documents of a batch became, and which of them were joined by what may not join."""

    became: list[Became] = field(default_factory=list)
    bad_keys: list[str] = field(default_factory=list)


def look_at_people(batch: CopiesBatch) -> People:
    """Read what each copy says; only those that a phone joined are opened, to see whether it is one that may join."""
    people = People()
    for copy in map(bson.decode, batch.copies):
        fate = ERASED if "erased_at" in copy else copy["fate"]
        people.became.append(Became(copy["_id"], copy["user_id"], copy.get("profile_id"), fate))
        if _was_joined_by_phone(copy) and _has_no_phone(batch, copy):
            people.bad_keys.append(f"{copy['_id']} was joined by {copy['rule']} on a phone that is no key")
    return people


def _was_joined_by_phone(copy: Mapping[str, Any]) -> bool:
    return copy["rule"] in _BY_PHONE and PHONE in copy.get("evidence", ())


def _has_no_phone(batch: CopiesBatch, copy: Mapping[str, Any]) -> bool:
    """Whether the document has no phone that is a key; the content check speaks of a copy that cannot be opened."""
    key = copy["_id"]
    try:
        plain = batch.seal.open(key, [copy["sealed"], *batch.parts.get(key, ())], digest=copy["sha256"])
    except CopyDamaged:
        return False
    phone = value_at(SourceDocument(plain).fields, batch.collection.paths("phone"))
    return not read_phone(phone, own_numbers=batch.profile.own_phones).is_key
