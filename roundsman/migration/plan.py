"""A migration plan as values: what will be written, row by row, and why.

A plan is complete: applying it needs no further decision, and the same sources, decisions, state and as-of time give
the same rows and so the same digest. Passwords are not in it; a row says from which document one is carried.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.customers.customers import Customer
from roundsman.identity.users import User
from roundsman.ids import UserId, derived_object_id

RULES_VERSION = 1
IMPORTED = "import"
"""Stands for the run in `created_by` until the plan is applied: the run is named after the digest of the rows."""


class Fate(StrEnum):
    """What becomes of a source document of a person."""

    KEPT = "kept"
    """A user document that stays its own user."""
    LINKED = "linked"
    """A profile of a user that exists or that another document brings."""
    CREATED_FOR = "created_for"
    """A profile without any user: one is created."""
    MERGED = "merged"
    """A user document whose person another one stands for."""
    ARCHIVED = "archived"
    """An unused account, restored when its person comes."""
    HELD = "held"
    """Has a user of its own; whether it joins another one is for a human to say."""


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user to be created; where his password comes from; which rule chose which field."""

    user: User
    password_from: str | None
    rules: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RolesRow:
    """Roles that new profiles bring to a user who exists."""

    user_id: UserId
    roles: tuple[Role, ...]
    to_confirm: tuple[Role, ...]


class IdentifierRow(NamedTuple):
    """An identifier to be created; several users where an old id is ambiguous."""

    key: str
    user_ids: tuple[UserId, ...]
    verified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HandOverRow:
    """A phone or e-mail that no document of its holder says any more: whose it is instead, None for nobody."""

    key: str
    before: UserId
    after: UserId | None
    verified_at: datetime | None = None


class DocumentRow(NamedTuple):
    """A source document, what becomes of it, by which rule, on what evidence. A tuple, which goes quickly to another process.

    `profile_id` is the profile it becomes or adds to; it becomes it if `makes_profile`. `changed` marks a document that
    was imported before and is different now: its copy and what follows the source are renewed, its user never moves.
    `created_by` is the old id of who made it, as it was written.
    """

    collection: str
    source_id: str
    sha256: bytes
    user_id: UserId
    fate: Fate
    rule: str
    evidence: tuple[str, ...]
    profile_id: ObjectId | None = None
    makes_profile: bool = False
    created_by: str | None = None
    changed: bool = False

    @property
    def key(self) -> str:
        """What names the document everywhere."""
        return f"{self.collection}:{self.source_id}"


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """A customer profile that no document holds but orders or subscriptions need (P1), and whose account needs it."""

    customer: Customer
    account: str


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A question for a human: the documents it is about and the users they have meanwhile."""

    list: str
    rule: str
    members: tuple[str, ...]
    user_ids: tuple[UserId, ...]
    evidence: tuple[str, ...]

    @property
    def id(self) -> str:
        """The same for the same question about the same documents, whoever asks it when."""
        return str(derived_object_id("review", *self.members))


Row = UserRow | RolesRow | HandOverRow | IdentifierRow | DocumentRow | ProfileRow | ReviewRow


@dataclass(frozen=True, slots=True)
class PlanHeader:
    """What a plan was made from and what it amounts to. `counts` are rows by section and documents by fate and rule."""

    digest: str
    profile: str
    profile_version: int
    rules_version: int
    as_of: datetime
    source: str
    source_counts: Mapping[str, int]
    counts: Mapping[str, int]

    @property
    def run_id(self) -> str:
        """The name of the run that applies the plan."""
        return self.digest[:12]

    @property
    def automatic_actions(self) -> int:
        """How many rows change something without a human: all but the questions."""
        return sum(count for name, count in self.counts.items() if name.startswith("rows.") and name != "rows.reviews")


class Digest:
    """SHA-256 over the head of a plan and the digests of its parts, in their order."""

    def __init__(self, profile: str, profile_version: int, as_of: datetime) -> None:
        head = f"{profile}\n{profile_version}\n{RULES_VERSION}\n{as_of.isoformat()}\n"
        self._hash = hashlib.sha256(head.encode())

    def add(self, *parts: bytes) -> None:
        """Take in the digests of the next parts."""
        for part in parts:
            self._hash.update(part)

    def hex(self) -> str:
        """The digest so far."""
        return self._hash.hexdigest()
