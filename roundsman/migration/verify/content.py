"""People's documents against their verbatim copies, byte for byte, a batch at a time (pure, so that several cores may do it).

Each copy is opened. That fails if a bit of it is another than was written, or if it stands under another document's key.
What comes out is compared with the bytes that the source holds now, and with the digest noted when it was taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from roundsman.migration.sealing import CopyDamaged, Seal, sha256


@dataclass(frozen=True, slots=True)
class ContentBatch:
    """Documents of one collection by key; stored copies, perhaps of others too; further parts of large ones by key."""

    seal: Seal
    documents: Mapping[str, bytes]
    copies: Sequence[Mapping[str, Any]]
    parts: Mapping[str, Sequence[bytes]]


@dataclass(slots=True)
class Content:
    """How many copies were opened, and the keys of documents that are not simply as they were taken."""

    opened: int = 0
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def compare_content(batch: ContentBatch) -> Content:
    """Open the copy of every document, prove that it is what was taken, and compare it with what the source holds now."""
    content = Content()
    documents = dict(batch.documents)
    for copy in batch.copies:
        source = documents.pop(copy["_id"], None)
        if source is not None:
            plain = _opened(batch, copy, content)
            if plain is not None and (plain != source or "gone_at" in copy) and _is_changed(copy, source):
                content.changed.append(copy["_id"])
    content.missing += documents
    return content


def open_copies(batch: ContentBatch) -> Content:
    """Open the copies of documents that the source does not hold any more, and prove that they are what was taken."""
    content = Content()
    for copy in batch.copies:
        _opened(batch, copy, content)
    return content


def _opened(batch: ContentBatch, copy: Mapping[str, Any], content: Content) -> bytes | None:
    key = copy["_id"]
    content.opened += 1
    try:
        return batch.seal.open(key, [copy["sealed"], *batch.parts.get(key, ())], digest=copy["sha256"])
    except CopyDamaged as error:
        content.failures.append(error.message)
        return None


def _is_changed(copy: Mapping[str, Any], source: bytes) -> bool:
    """Whether the source holds something else now, or holds again what had gone; else the copy is wrong, and said to be."""
    return "gone_at" in copy or sha256(source) != copy["sha256"]
