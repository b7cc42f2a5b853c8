"""Whether what is found is the database that was imported: asked before a plan, an import, a round or a switch believes it.

Another business's database has the same collections, and a database that is being restored has few of its documents. To
follow either would end the profiles of everybody who is not in it; to import it would bring people of others.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final

from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict
from roundsman.migration.gone import copies_in, missing_ids
from roundsman.migration.plan_store import find_plan, sample_documents
from roundsman.migration.profile import PEOPLE, SourceProfile
from roundsman.migration.sources.port import Source

Doubt = Callable[[Tx, Source, SourceProfile], Awaitable[None]]
"""What looks at a source before it is believed, and raises SourceDoubted."""

_LOOKED_AT: Final = 1_000
_FEW: Final = 20
"""So many may go at once from any business, however small."""
_STANDING: Final[Document] = {name: {"$exists": False} for name in ("part_of", "gone_at", "erased_at")}
"""What finds copies of which nothing is known but that they were taken."""


class SourceDoubted(Conflict):
    """What is found looks like another database, or like one that is being restored; nothing was taken from it."""

    code = "source_doubted"


class SourceEmptied(SourceDoubted):
    """The source holds none of the people that were imported from it."""

    code = "source_emptied"


class MostAreGone(SourceDoubted):
    """The source lacks most of the people that were imported from it, or planned to be."""

    code = "most_are_gone"

    def __init__(self, locator: str, *, gone: int, known: int, were: str = "imported") -> None:
        super().__init__(
            f"{locator} lacks {gone} of the {known} documents of people that were {were}, and nothing was taken from it; "
            "is it the right database? If they are really gone: roundsman migrate sync --accept-gone "
            "(plan and apply have the same option)"
        )


async def refuse_doubtful(tx: Tx, source: Source, profile: SourceProfile) -> None:
    """Raise SourceDoubted where the source does not look like the one that was imported."""
    await refuse_emptied(tx, source, profile)
    await refuse_most_gone(tx, source, profile)


async def refuse_emptied(tx: Tx, source: Source, profile: SourceProfile) -> None:
    """Raise SourceEmptied where there is nobody any more: nobody's profile is ended by that."""
    counts = await source.count_documents()
    if any(counts.get(collection.name) for collection in profile.of_kind(*PEOPLE)):
        return
    if await tx.database[SOURCE_DOCUMENTS].find_one(_known(profile), {"_id": 1}):
        raise SourceEmptied(
            f"{source.locator} holds no people any more, and nothing was taken from it; is it the right database?"
        )


async def refuse_most_gone(tx: Tx, source: Source, profile: SourceProfile) -> None:
    """Raise MostAreGone where more than half of the people are not there; of many, a thousand are looked for."""
    people = _people(profile)
    copies = await tx.database[SOURCE_DOCUMENTS].count_documents(people)
    if copies <= _FEW:
        return
    # By the index alone, which tells nothing else: of millions the copies themselves would take long to read.
    chosen = [{"$match": people}, {"$project": {"_id": 1}}, {"$sample": {"size": _LOOKED_AT}}]
    sample = [document["_id"] async for document in await tx.database[SOURCE_DOCUMENTS].aggregate(chosen)]
    standing = tx.database[SOURCE_DOCUMENTS].find({"_id": {"$in": sample}, **_STANDING}, {"_id": 1})
    keys = [document["_id"] async for document in standing]
    gone = await _count_missing(source, keys)
    _refuse_most(source, gone=_of_all(gone, sample, copies), known=_of_all(len(keys), sample, copies))


def refuse_unlike_planned(digest: str) -> Doubt:
    """What raises SourceDoubted where the source does not look like the one that was imported, or the plan made from.

    Before the first import only the plan tells what is to be found. A plan that is not there is for others to miss.
    """

    async def doubt(tx: Tx, source: Source, profile: SourceProfile) -> None:
        await refuse_doubtful(tx, source, profile)
        if plan := await find_plan(tx, digest):
            header, chunks_id = plan
            keys, planned = await sample_documents(tx, chunks_id, _LOOKED_AT), header.counts["rows.documents"]
            gone = _of_all(await _count_missing(source, keys), keys, planned)
            _refuse_most(source, gone=gone, known=planned, were="planned")

    return doubt


async def refuse_most_of_these(tx: Tx, source: Source, profile: SourceProfile, keys: Collection[str]) -> None:
    """Raise MostAreGone where these, which the source told to be gone, are more than half of the people."""
    here = _known(profile)
    gone = await tx.database[SOURCE_DOCUMENTS].count_documents(here | {"_id": {"$in": list(keys)}})
    if gone > _FEW:
        _refuse_most(source, gone=gone, known=await tx.database[SOURCE_DOCUMENTS].count_documents(here))


def _refuse_most(source: Source, *, gone: int, known: int, were: str = "imported") -> None:
    if gone > _FEW and gone * 2 > known:
        raise MostAreGone(source.locator, gone=gone, known=known, were=were)


def _of_all(gone: int, keys: Sequence[str], known: int) -> int:
    """How many are gone, if it is with all as with those that were looked for."""
    return round(known * gone / len(keys)) if keys else 0


def _known(profile: SourceProfile) -> Document:
    return _people(profile) | _STANDING


def _people(profile: SourceProfile) -> Document:
    """The copies of people's documents, and the further parts of very large ones."""
    return {"$or": [{"_id": copies_in(collection.name)["_id"]} for collection in profile.of_kind(*PEOPLE)]}


async def _count_missing(source: Source, keys: Sequence[str]) -> int:
    ids = defaultdict[str, list[str]](list)
    for key in keys:
        collection, _, source_id = key.partition(":")
        ids[collection].append(source_id)
    return sum([len(await missing_ids(source, collection, some)) for collection, some in ids.items()])
