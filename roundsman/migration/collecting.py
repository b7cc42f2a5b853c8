"""Reading a whole source into a roster: the records of people, and what the other collections say of their use."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from roundsman.migration.crew import ALONE, Crew
from roundsman.migration.profile import IN_USE, PEOPLE, CollectionProfile, Kind, SourceProfile
from roundsman.migration.reading import moment, old_id, value_at, values_at
from roundsman.migration.records import read_person
from roundsman.migration.roster import Roster
from roundsman.migration.sources.port import Source, SourceDocument

Progress = Callable[[str, int], None]
"""Called with a stage and the number of documents done since the last call."""


def no_progress(_stage: str, _done: int) -> None:
    """Show nothing."""


async def read_documents(source: Source, collection: CollectionProfile) -> AsyncIterator[SourceDocument]:
    """The documents of a collection one after another."""
    async for batch in source.read(collection.name):
        for document in batch:
            yield document


async def count_people(source: Source, profile: SourceProfile) -> int:
    """Count the documents of people, by which the work ahead is measured."""
    counts = await source.count_documents()
    return sum(counts.get(collection.name, 0) for collection in profile.of_kind(*PEOPLE))


@dataclass(frozen=True, slots=True)
class _Batch:
    """Documents of one collection as they came, and what they mean."""

    documents: Sequence[bytes]
    collection: CollectionProfile
    profile: SourceProfile


async def collect(
    source: Source, profile: SourceProfile, progress: Progress = no_progress, crew: Crew = ALONE
) -> Roster:
    """Read people first, then activity, which may name any of them."""
    roster = Roster()
    async for batch, records in crew.in_order(_read_people, _batches(source, profile, *PEOPLE)):
        for record in records:
            roster.add_packed(record)
        progress("read people", len(batch.documents))
    activity = _batches(source, profile, *IN_USE)
    async for batch, mentions in crew.in_order(_read_mentions, activity):
        for owner, at in mentions:
            roster.note_activity(owner, at, needs_profile=batch.collection.needs_profile)
        progress("read activity", len(batch.documents))
    return roster


async def _batches(source: Source, profile: SourceProfile, *kinds: Kind) -> AsyncIterator[_Batch]:
    for collection in profile.of_kind(*kinds):
        async for documents in source.read(collection.name):
            yield _Batch([document.bson for document in documents], collection, profile)


def _read_people(batch: _Batch) -> list[bytes]:
    """The packed records of documents of people."""
    documents = map(SourceDocument, batch.documents)
    return [read_person(document, batch.collection, batch.profile).packed() for document in documents]


def _read_mentions(batch: _Batch) -> list[tuple[str, datetime | None]]:
    """Whom documents of activity name by an old id, and when."""
    meaning = "placed_at" if batch.collection.kind is Kind.ORDER else "at"
    mentions: list[tuple[str, datetime | None]] = []
    for document in map(SourceDocument, batch.documents):
        fields = document.fields
        at = moment(value_at(fields, batch.collection.paths(meaning)), batch.profile.timezone)
        raw_owners = values_at(fields, batch.collection.mentions())
        mentions += [(owner, at) for owner in dict.fromkeys(map(old_id, raw_owners)) if owner]
    return mentions
