"""Documents in batches that fit into memory, however large single documents are."""

from collections.abc import Iterable, Iterator

from roundsman.migration.sources.port import SourceDocument

_BATCH_BYTES = 16 * 1024 * 1024
"""As a server limits what it answers at once."""


def in_batches(documents: Iterable[SourceDocument], *, most: int) -> Iterator[list[SourceDocument]]:
    """The documents in their order, at most so many at a time, and fewer where they are large."""
    batch: list[SourceDocument] = []
    size = 0
    for document in documents:
        if batch and (len(batch) == most or size + len(document.bson) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += len(document.bson)
    if batch:
        yield batch
