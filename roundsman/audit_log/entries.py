"""What the audit log says, as values: who did what to whom, when and why, and what it was before and after."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import bson

from roundsman.access.principal import Principal


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user (by his id in hex), `system`, `self`, or `import:<run>`; `created_by` elsewhere says the same.

    A person also has a session and the network address he came from, as far as they are known.
    """

    who: str
    session: str | None = None
    address: str | None = None


SYSTEM = Actor("system")
"""Roundsman itself, or the operator at its command line."""


def acting(principal: Principal, *, address: str | None = None) -> Actor:
    """Name the user behind a request as the one who acts."""
    return Actor(str(principal.user_id), str(principal.session_id), address)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change. `action` is `<thing>.<what happened>`, `target` is `<thing>:<id>`; a digest is absent where nothing was."""

    at: datetime
    actor: Actor
    action: str
    target: str
    before_digest: bytes | None = None
    after_digest: bytes | None = None
    reason: str | None = None


def digest(document: Mapping[str, Any]) -> bytes:
    """Give the SHA-256 of a document, whatever the order of its fields at any depth."""
    return hashlib.sha256(bson.encode(in_order(document))).digest()


def in_order(value: Any) -> Any:  # noqa: ANN401  a BSON value may be anything
    """Give a value with the fields of its documents in alphabetical order, at any depth."""
    if isinstance(value, Mapping):
        return {name: in_order(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [in_order(item) for item in value]
    return value
