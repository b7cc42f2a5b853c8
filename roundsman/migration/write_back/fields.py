"""What a field held before, and how the server is asked to write it only while it still does (pure).

A field is written only where it is absent, null or dangling, and each update names the document by its `_id` together
with exactly the state that was read. Whoever writes at the same time wins: the filter then finds nothing.

A field that was absent is appended by the server, so taking it away gives the same bytes; any other is exchanged in its
place. Where names of a nested path were absent too, the first of them is what was added, and what is taken away.
"""

from dataclasses import dataclass
from typing import Any

from roundsman.migration.profile import Path
from roundsman.migration.write_back.raw_values import (
    ARRAY,
    NULL,
    UNDEFINED,
    RawValue,
    exchanged,
    find,
    is_document,
    nested,
)

Filter = dict[str, Any]
Update = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such field; `first` is the shortest part of its path that is not there."""

    first: Path


@dataclass(frozen=True, slots=True)
class Blocked:
    """Something that is no document stands where the path leads through."""


FieldState = Absent | RawValue | Blocked
Old = Absent | RawValue


def dotted(path: Path) -> str:
    """The path as the server and the journal name it."""
    return ".".join(path)


def state_of(document: bytes, path: Path) -> FieldState:
    """What a document holds under a path."""
    for length in range(1, len(path)):
        found = find(document, path[:length])
        if found is None:
            return Absent(path[:length])
        if not is_document(found):
            return Blocked()
    return find(document, path) or Absent(path)


def is_null(state: FieldState) -> bool:
    """Whether the field is there and null."""
    return isinstance(state, RawValue) and state.type == NULL


def while_it_is(path: Path, state: Old) -> Filter:
    """What a document must meet, beside its `_id`, to hold this state still."""
    if isinstance(state, Absent):
        return {dotted(state.first): {"$exists": False}}
    # A list is found by what is in it, so it must not be one; and numbers are equal whatever their type.
    kind: Filter = {"$type": state.type_number}
    if state.type != ARRAY:
        kind["$not"] = {"$type": ARRAY}
    if state.type in (NULL, UNDEFINED):
        return {dotted(path): kind}
    return {dotted(path): kind, "$expr": {"$eq": [f"${dotted(path)}", state.named("$literal")]}}


def to_write(path: Path, value: Any) -> Update:  # noqa: ANN401 - any BSON value
    """Set the field."""
    return {"$set": {dotted(path): value}}


def while_ours(path: Path, old: Old, new: RawValue) -> Filter:
    """What a document must meet to hold what was written, with nothing added to it by others."""
    if isinstance(old, Absent):
        return while_it_is(old.first, nested(path[len(old.first) :], new))
    return while_it_is(path, new)


def to_restore(path: Path, old: Old) -> Update:
    """Bring back what was before."""
    if isinstance(old, Absent):
        return {"$unset": {dotted(old.first): ""}}
    return {"$set": old.named(dotted(path))}


def to_take_away(path: Path) -> Update:
    """Take away the field alone, where others have added something beside it."""
    return {"$unset": {dotted(path): ""}}


def restored(document: bytes, path: Path, old: Old, new: RawValue) -> bytes:
    """The document as it was before, if it holds what was written; else as it is."""
    if find(document, path) != new:
        return document
    if isinstance(old, RawValue):
        return exchanged(document, path, old)
    whole = find(document, old.first) == nested(path[len(old.first) :], new)
    return exchanged(document, old.first if whole else path, None)
