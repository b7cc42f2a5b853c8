"""Changes that can be taken back, because what was there before is kept with them.

An edit keeps a whole document as it was and as it became. A move keeps the ids of the documents whose owner changed and
nothing else of them, so that a person with many orders takes little room. A removal keeps the document. Taking back
gives the very bytes that were there; where somebody else has changed a document since, only the fields that still are
what the change made of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bson import ObjectId

from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict

_ABSENT: Any = object()


class CannotTakeBack(Conflict):
    """Something that a change made is in use by now, so that it cannot vanish."""

    code = "cannot_take_back"


@dataclass(frozen=True, slots=True)
class Edit:
    """One document before and after; None where there was none."""

    collection: str
    id: Any
    before: Document | None
    after: Document


@dataclass(frozen=True, slots=True)
class Move:
    """Documents whose `field` was `before`, or absent, and is `after` now."""

    collection: str
    field: str
    before: ObjectId | str | None
    after: ObjectId | str
    ids: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """One document that was there and is not any more."""

    collection: str
    id: Any
    before: Document


Change: TypeAlias = Edit | Move | Removal


async def edit(tx: Tx, collection: str, after: Document) -> Edit:
    """Store the document in place of the one with its `_id`, or as a new one."""
    before = await tx.database[collection].find_one({"_id": after["_id"]}, session=tx.session)
    await tx.database[collection].replace_one({"_id": after["_id"]}, after, upsert=True, session=tx.session)
    return Edit(collection, after["_id"], before, after)


async def remove(tx: Tx, collection: str, document_id: Any) -> Removal | None:  # noqa: ANN401 - any id
    """Remove the document; None if there is none."""
    before = await tx.database[collection].find_one_and_delete({"_id": document_id}, session=tx.session)
    return Removal(collection, document_id, before) if before else None


async def move(
    tx: Tx,
    collection: str,
    *,
    before: ObjectId | str | None,
    after: ObjectId | str,
    field: str = "user_id",
    among: Sequence[Any] | None = None,
) -> Move:
    """Let the field be `after` where it is `before`, or absent for None: in all documents, or in those of the ids `among`."""
    wanted: Document = {field: before} if among is None else {"_id": {"$in": list(among)}, field: before}
    ids = await _ids(tx, collection, wanted)
    await tx.database[collection].update_many({"_id": {"$in": ids}}, {"$set": {field: after}}, session=tx.session)
    return Move(collection, field, before, after, tuple(ids))


async def ids_of_owner(tx: Tx, collection: str, owner: ObjectId) -> tuple[Any, ...]:
    """The ids of what belongs to a user."""
    return tuple(await _ids(tx, collection, {"user_id": owner}))


async def take_back(tx: Tx, change: Change, *, even_in_use: bool = False) -> list[str]:
    """Undo a change; returns in words what was changed again since and therefore stays.

    Raises CannotTakeBack, unless what was made may vanish `even_in_use`.
    """
    match change:
        case Move():
            return await _move_back(tx, change)
        case Edit():
            return await _edit_back(tx, change, even_in_use=even_in_use)
        case Removal():
            return await _put_back(tx, change)


async def _move_back(tx: Tx, change: Move) -> list[str]:
    ids = await _ids(tx, change.collection, {"_id": {"$in": list(change.ids)}, change.field: change.after})
    update = {"$set": {change.field: change.before}} if change.before else {"$unset": {change.field: ""}}
    await tx.database[change.collection].update_many({"_id": {"$in": ids}}, update, session=tx.session)
    return [f"{change.collection} {one}: went elsewhere since" for one in change.ids if one not in set(ids)]


async def _edit_back(tx: Tx, change: Edit, *, even_in_use: bool) -> list[str]:
    stored = tx.database[change.collection]
    now = await stored.find_one({"_id": change.id}, session=tx.session)
    if change.before is None:
        if now != change.after and not even_in_use:
            raise CannotTakeBack(f"{change.collection} {change.id} has been changed since, and cannot vanish")
        await stored.delete_one({"_id": change.id}, session=tx.session)
        return []
    if now is None:
        return [f"{change.collection} {change.id}: was removed since"]
    restored, left = restored_document(change.before, change.after, now)
    await stored.replace_one({"_id": change.id}, restored, session=tx.session)
    return [f"{change.collection} {change.id}: {field} was changed since" for field in left]


async def _put_back(tx: Tx, change: Removal) -> list[str]:
    stored = tx.database[change.collection]
    if await stored.find_one({"_id": change.id}, {"_id": 1}, session=tx.session):
        return [f"{change.collection} {change.id}: is there again since"]
    await stored.insert_one(change.before, session=tx.session)
    return []


def restored_document(before: Document, after: Document, now: Document) -> tuple[Document, list[str]]:
    """The document as it was before a change, keeping what happened after; and the fields where that is in the way."""
    if now == after:
        return before, []
    fields = dict.fromkeys((*before, *after, *now))
    values = {name: restored_value(*(one.get(name, _ABSENT) for one in (before, after, now))) for name in fields}
    left = [
        name
        for name in fields
        if before.get(name) != after.get(name) != now.get(name) and not isinstance(now.get(name), list)
    ]
    return {name: value for name, value in values.items() if value is not _ABSENT}, left


def restored_value(before: Any, after: Any, now: Any) -> Any:  # noqa: ANN401 - any BSON value, or none
    """One field: what it was, if it still is what the change made of it; a list, which always is sorted, loses and regains single elements."""
    if now == after:
        return before
    if before == after or not isinstance(now, list):
        return now
    was, became = (one if isinstance(one, list) else [] for one in (before, after))
    kept = [one for one in now if one in was or one not in became]
    restored = kept + [one for one in was if one not in became and one not in kept]
    return sorted(restored) or ([] if isinstance(before, list) else before)


async def _ids(tx: Tx, collection: str, wanted: Document) -> list[Any]:
    found = tx.database[collection].find(wanted, {"_id": 1}, session=tx.session)
    # A delivery may be called by a text or by an ObjectId, and those do not compare.
    return sorted([document["_id"] async for document in found], key=str)


def change_document(change: Change) -> Document:
    """Store a change."""
    if isinstance(change, Edit):
        return without_absent(
            {"collection": change.collection, "id": change.id, "was": change.before, "became": change.after}
        )
    if isinstance(change, Removal):
        return {"collection": change.collection, "id": change.id, "removed": change.before}
    return without_absent(
        {
            "collection": change.collection,
            "field": change.field,
            "from": change.before,
            "to": change.after,
            "ids": list(change.ids),
        }
    )


def change_from(document: Document) -> Change:
    """Read a change back."""
    if "became" in document:
        return Edit(document["collection"], document["id"], document.get("was"), document["became"])
    if "removed" in document:
        return Removal(document["collection"], document["id"], document["removed"])
    return Move(document["collection"], document["field"], document.get("from"), document["to"], tuple(document["ids"]))
