"""Drafting a profile from a source: samples of every collection, then a look at all ids for those that the samples name."""

from typing import Final

from roundsman.migration.collecting import Progress, no_progress
from roundsman.migration.sources.port import Source
from roundsman.migration.suggestion.drafting import draft_profile
from roundsman.migration.suggestion.drafts import Draft
from roundsman.migration.suggestion.facts import CollectionFacts
from roundsman.migration.suggestion.references import References

SAMPLE: Final = 400
_LARGEST_SAMPLED: Final = 1_000_000


async def suggest_profile(source: Source, progress: Progress = no_progress) -> Draft:
    """Read the source twice and guess what is in it; memory does not grow with the number of documents."""
    collections = [
        await _sample(source, name, documents, progress) for name, documents in (await source.count_documents()).items()
    ]
    references = References(collections)
    for facts in collections:
        async for batch in source.read(facts.name):
            for document in batch:
                references.note(facts.name, document.fields)
            progress("follow references", len(batch))
    return draft_profile(source.locator, collections, references)


async def _sample(source: Source, name: str, documents: int, progress: Progress) -> CollectionFacts:
    """Note documents at even distances, so that old and new ones are among them."""
    facts = CollectionFacts(name, documents)
    distance, place = max(1, documents // SAMPLE), 0
    async for batch in source.read(name):
        for document in batch:
            if place % distance == 0 and facts.sampled < SAMPLE and len(document.bson) <= _LARGEST_SAMPLED:
                facts.note(document.fields)
            place += 1
        progress("look at samples", len(batch))
    return facts
