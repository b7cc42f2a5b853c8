"""Reading a whole source into a roster: the records of people, and what the other collections say of their use."""

from collections.abc import AsyncIterator, Callable

from roundsman.migration.profile import PEOPLE, CollectionProfile, Kind, SourceProfile
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


async def collect(source: Source, profile: SourceProfile, progress: Progress = no_progress) -> Roster:
    """Read people first, then activity, which may name any of them."""
    roster = Roster()
    for collection in profile.of_kind(*PEOPLE):
        async for batch in source.read(collection.name):
            for document in batch:
                roster.add(read_person(document, collection, profile))
            progress("read people", len(batch))
    for collection in profile.of_kind(Kind.ORDER, Kind.ACTIVITY, Kind.ADDRESS):
        async for batch in source.read(collection.name):
            for document in batch:
                _note(roster, document, collection, profile)
            progress("read activity", len(batch))
    return roster


def _note(roster: Roster, document: SourceDocument, collection: CollectionProfile, profile: SourceProfile) -> None:
    meaning = "placed_at" if collection.kind is Kind.ORDER else "at"
    at = moment(value_at(document.fields, collection.paths(meaning)), profile.timezone)
    owners = {owner for raw in values_at(document.fields, collection.paths("owner")) if (owner := old_id(raw))}
    for owner in owners:
        roster.note_activity(owner, at, needs_profile=collection.needs_profile)
