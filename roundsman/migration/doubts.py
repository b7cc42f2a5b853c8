"""Whether what is found is the database that was imported: asked before a round takes anything from it.

Another business's database has the same collections, and a database that is being restored has few of its documents. To
follow either would end the profiles of everybody who is not in it.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from roundsman.database.collections import SOURCE_DOCUMENTS
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict
from roundsman.migration.gone import copies_in, missing_ids
from roundsman.migration.profile import PEOPLE, SourceProfile
from roundsman.migration.sources.port import Source

_LOOKED_AT: Final = 1_000
_FEW: Final = 20
"""So many may go at once from any business, however small."""


class SourceDoubted(Conflict):
    """What is found looks like another database, or like one that is being restored; nothing was taken from it."""

    code = "source_doubted"


class SourceEmptied(SourceDoubted):
    """The source holds none of the people that were imported from it."""

    code = "source_emptied"


class MostAreGone(SourceDoubted):
    """The source lacks most of the people that were imported from it."""

    code = "most_are_gone"

    def __init__(self, locator: str, *, gone: int, known: int) -> None:
        super().__init__(
            f"{locator} lacks {gone} of the {known} documents of people that were imported, and nothing was taken from it; "
            "is it the right database? If they are really gone: roundsman migrate sync --accept-gone"
        )


async def refuse_emptied(tx: Tx, source: Source, profile: SourceProfile) -> None:
    """Raise SourceEmptied where there is nobody any more: nobody's profile is ended by that."""
    counts = await source.count_documents()
    if any(counts.get(collection.name) for collection in profile.of_kind(*PEOPLE)):
        return
    if await tx.database[SOURCE_DOCUMENTS].find_one({}, {"_id": 1}):
        raise SourceEmptied(
            f"{source.locator} holds no people any more, and nothing was taken from it; is it the right database?"
        )


async def refuse_most_gone(tx: Tx, source: Source, profile: SourceProfile) -> None:
    """Raise MostAreGone where more than half of the people are not there; of many, a thousand are looked for."""
    here = _known(profile)
    known = await tx.database[SOURCE_DOCUMENTS].count_documents(here)
    if known <= _FEW:
        return
    chosen = [{"$match": here}, {"$sample": {"size": _LOOKED_AT}}, {"$project": {"_id": 1}}]
    cursor = await tx.database[SOURCE_DOCUMENTS].aggregate(chosen)
    keys = [document["_id"] async for document in cursor]
    gone = await _count_missing(source, keys)
    _refuse_most(source, gone=round(known * gone / len(keys)) if keys else 0, known=known)


async def refuse_most_of_these(tx: Tx, source: Source, profile: SourceProfile, keys: Collection[str]) -> None:
    """Raise MostAreGone where these, which the source told to be gone, are more than half of the people."""
    here = _known(profile)
    gone = await tx.database[SOURCE_DOCUMENTS].count_documents(here | {"_id": {"$in": list(keys)}})
    if gone > _FEW:
        _refuse_most(source, gone=gone, known=await tx.database[SOURCE_DOCUMENTS].count_documents(here))


def _refuse_most(source: Source, *, gone: int, known: int) -> None:
    if gone > _FEW and gone * 2 > known:
        raise MostAreGone(source.locator, gone=gone, known=known)


def _known(profile: SourceProfile) -> Document:
    people = [copies_in(collection.name) for collection in profile.of_kind(*PEOPLE)]
    return {"$or": people, "gone_at": {"$exists": False}}


async def _count_missing(source: Source, keys: Sequence[str]) -> int:
    ids = defaultdict[str, list[str]](list)
    for key in keys:
        collection, _, source_id = key.partition(":")
        ids[collection].append(source_id)
    return sum([len(await missing_ids(source, collection, some)) for collection, some in ids.items()])
