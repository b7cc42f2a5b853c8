"""What write-back remembers of itself between two runs: which fields it ever wrote, and how far a run came."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from roundsman.database.collections import SYSTEM
from roundsman.database.transaction import Document, Tx
from roundsman.migration.profile import Path
from roundsman.migration.write_back.fields import dotted

_NAME = "write_back"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run that was broken off: its name, what it was asked for, and the document up to which all is done."""

    run: str
    asked: str
    collection: str | None
    after: str | None


async def written_places(tx: Tx) -> Mapping[str, tuple[Path, ...]]:
    """The fields that were ever written, by collection; one read where nothing ever was."""
    document = await tx.database[SYSTEM].find_one({"_id": _NAME}) or {}
    places: dict[str, tuple[Path, ...]] = {}
    for place in document.get("places", ()):
        places[place["collection"]] = (*places.get(place["collection"], ()), tuple(place["field"].split(".")))
    return places


async def written_source(tx: Tx) -> str | None:
    """Where the last run wrote to."""
    document = await tx.database[SYSTEM].find_one({"_id": _NAME}) or {}
    source: str | None = document.get("source")
    return source


async def find_checkpoint(tx: Tx) -> Checkpoint | None:
    """Where the last run was broken off; None if it was not."""
    document = await tx.database[SYSTEM].find_one({"_id": _NAME}) or {}
    if "run" not in document:
        return None
    return Checkpoint(document["run"], document["asked"], document.get("collection"), document.get("after"))


async def begin(tx: Tx, source: str, run: str, asked: str, places: Iterable[tuple[str, Path]]) -> None:
    """Note that a run starts, and where it may write."""
    fields = [{"collection": collection, "field": dotted(path)} for collection, path in places]
    await _update(
        tx,
        {
            "$addToSet": {"places": {"$each": fields}},
            "$set": {"source": source, "run": run, "asked": asked},
            "$unset": {"collection": "", "after": ""},
        },
    )


async def reach(tx: Tx, collection: str, after: str) -> None:
    """Note that everything up to a document is done."""
    await _update(tx, {"$set": {"collection": collection, "after": after}})


async def end(tx: Tx) -> None:
    """Note that the run is over."""
    await _update(tx, {"$unset": {"run": "", "asked": "", "collection": "", "after": ""}})


async def _update(tx: Tx, update: Document) -> None:
    await tx.database[SYSTEM].update_one({"_id": _NAME}, update, upsert=True)
