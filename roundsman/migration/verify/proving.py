"""The proof that every document of a collection is kept byte for byte: one lean pass over both sides."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from roundsman.database.transaction import Tx
from roundsman.migration.copies import keys_of_copies
from roundsman.migration.reading import source_id_value
from roundsman.migration.reading_ahead import read_ahead
from roundsman.migration.sealing import Seal
from roundsman.migration.seldom_collected import seldom_collected
from roundsman.migration.sources.port import Source
from roundsman.migration.verify.content import Content, ContentBatch, compare_content, open_copies
from roundsman.migration.verify.stored_copies import has_more_copies, sealed_copies, sealed_copies_between

_BATCH = 2_000


@dataclass(slots=True)
class ContentProof:
    """One collection: how many documents and copies there are, and the keys of what is not simply as it was taken."""

    in_source: int = 0
    opened: int = 0
    missing: list[str] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def take(self, content: Content) -> None:
        """Add what a batch showed."""
        self.opened += content.opened
        self.missing += content.missing
        self.changed.update(content.changed)
        self.failures += content.failures


@seldom_collected
async def prove_content(tx: Tx, source: Source, collection: str, seal: Seal) -> ContentProof:
    """Open every copy of a collection and compare it with the document that the source holds now.

    One process does it: its work on a batch takes as long as the server's, which reads the next one meanwhile.
    """
    proof = ContentProof()
    async with aclosing(read_ahead(_in_source(tx, source, collection, seal))) as batches:
        async for batch in batches:
            proof.in_source += len(batch.documents)
            proof.take(compare_content(batch))
    if await has_more_copies(tx, collection, proof.opened):
        async for keys in _gone(tx, source, collection):
            proof.gone.update(keys)
            proof.take(open_copies(ContentBatch(seal, {}, *await sealed_copies(tx, keys))))
    return proof


async def _in_source(tx: Tx, source: Source, collection: str, seal: Seal) -> AsyncIterator[ContentBatch]:
    async with aclosing(read_ahead(source.read(collection))) as read:
        async for documents in read:
            by_key = {f"{collection}:{document.id_text}": document.bson for document in documents}
            yield ContentBatch(seal, by_key, *await sealed_copies_between(tx, list(by_key)))


async def _gone(tx: Tx, source: Source, collection: str) -> AsyncIterator[Sequence[str]]:
    """What the source does not have any more; its copies must be whole all the same."""
    async for keys in keys_of_copies(tx, collection, _BATCH):
        ids = [source_id_value(key.partition(":")[2]) for key in keys]
        there = {one.id_text async for batch in source.fetch_batches(collection, ids) for one in batch}
        yield [key for key in keys if key.partition(":")[2] not in there]
