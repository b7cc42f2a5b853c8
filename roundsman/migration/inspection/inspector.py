"""The inspection of a whole source: one pass over every profiled collection, then the records together.

Nothing is written, and no database of Roundsman's own is needed.
"""

from collections.abc import Mapping

from roundsman.migration.collecting import Progress, no_progress
from roundsman.migration.inspection.documents import DocumentInspection, document_key
from roundsman.migration.inspection.findings import CollectionSummary, Inspection, Tally
from roundsman.migration.inspection.people import inspect_people
from roundsman.migration.inspection.register import Register, fingerprint
from roundsman.migration.profile import PEOPLE, CollectionProfile, Kind, SourceProfile
from roundsman.migration.reading import old_id, value_at, values_at
from roundsman.migration.records import read_person
from roundsman.migration.roster import Row
from roundsman.migration.sources.port import Source, SourceDocument

_NAMING_PEOPLE = {
    Kind.ORDER: "order_owner_unknown",
    Kind.ADDRESS: "address_owner_unknown",
    **dict.fromkeys(
        (Kind.DELIVERY, Kind.PAYMENT, Kind.SUBSCRIPTION, Kind.PURCHASE_ORDER, Kind.ACTIVITY), "activity_owner_unknown"
    ),
}


async def inspect_source(source: Source, profile: SourceProfile, progress: Progress = no_progress) -> Inspection:
    """Read the whole source and say what is in it. Raises what the source raises, and on no document."""
    counts = await source.count_documents()
    inspector = _Inspector(source, profile, progress)
    for collection in profile.of_kind(*PEOPLE):
        await inspector.read_people(collection)
    inspector.close_register()
    for collection in profile.of_kind(*(kind for kind in Kind if kind not in PEOPLE)):
        await inspector.read_others(collection)
    return inspector.conclude(counts)


class _Inspector:
    def __init__(self, source: Source, profile: SourceProfile, progress: Progress) -> None:
        self._source, self._profile, self._progress = source, profile, progress
        self._tally = Tally()
        self._documents = DocumentInspection(profile, self._tally)
        self._register = Register()
        self._spelled: dict[Row, str] = {}

    async def read_people(self, collection: CollectionProfile) -> None:
        async for batch in self._source.read(collection.name):
            for document in batch:
                self._documents.note(document, collection)
                self._documents.note_person(document, collection)
                self._add(document, collection)
            self._progress("inspect people", len(batch))

    async def read_others(self, collection: CollectionProfile) -> None:
        async for batch in self._source.read(collection.name):
            for document in batch:
                self._documents.note(document, collection)
                self._note_owner(document, collection)
            self._progress("inspect the rest", len(batch))

    def close_register(self) -> None:
        self._register.close()

    def conclude(self, counts: Mapping[str, int]) -> Inspection:
        self._note_collections(counts)
        overlaps = inspect_people(self._register, self._tally, spelled=self._spelled)
        return Inspection(
            source=self._source.locator,
            profile=self._profile.name,
            collections=_summaries(self._profile, counts),
            findings=self._tally.findings(),
            overlaps=overlaps,
            words=self._documents.words(),
            forms=self._documents.forms(),
            spellings=self._documents.spellings(),
        )

    def _add(self, document: SourceDocument, collection: CollectionProfile) -> None:
        record = read_person(document, collection, self._profile)
        row = self._register.add(record, collection)
        written = value_at(document.fields, collection.paths("email"))
        if record.sign_in_email and written != record.sign_in_email:
            self._spelled[row] = str(written)

    def _note_owner(self, document: SourceDocument, collection: CollectionProfile) -> None:
        code = _NAMING_PEOPLE.get(collection.kind)
        if code is None:
            return
        named = [alias for raw in values_at(document.fields, collection.mentions()) if (alias := old_id(raw))]
        if not any(self._register.known_as(fingerprint(alias)) for alias in named):
            self._tally.add(code, document_key(document, collection), subject=collection.name)

    def _note_collections(self, counts: Mapping[str, int]) -> None:
        people = self._profile.of_kind(*PEOPLE)
        if not any(counts.get(collection.name) for collection in people):
            self._tally.add("people_missing", *(collection.name for collection in people))
        for collection in people:
            if counts.get(collection.name) and not self._documents.fits(collection):
                self._tally.add("collection_does_not_fit", collection.name, subject=collection.name)
        known = {collection.name for collection in self._profile.collections}
        for name in sorted(known - counts.keys()):
            self._tally.add("collection_missing", name)
        for name in sorted(counts.keys() - known):
            self._tally.add("collection_unknown", name)


def _summaries(profile: SourceProfile, counts: Mapping[str, int]) -> tuple[CollectionSummary, ...]:
    known = [CollectionSummary(one.name, one.kind, counts.get(one.name, 0)) for one in profile.collections]
    names = {one.name for one in known}
    return (*known, *(CollectionSummary(name, None, counts[name]) for name in sorted(counts) if name not in names))
