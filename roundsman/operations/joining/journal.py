"""What was changed to join people or to tell them apart, kept so that it can be taken back.

Entries about the same people are taken back in the reverse of their order. Each is kept in the transaction of what it
tells of, so there is none without the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bson import ObjectId

from roundsman.database.changes import Change, change_document, change_from, ids_of_owner, take_back
from roundsman.database.collections import IDENTIFIERS, MERGES, OF_USERS, SOURCE_DOCUMENTS
from roundsman.database.transaction import Document, Tx
from roundsman.errors import Conflict
from roundsman.identity.importing import find_users
from roundsman.ids import UserId
from roundsman.operations.joining.aftermath import blocked_since, set_right
from roundsman.operations.joining.retelling import retell

_NEWEST_FIRST = [("number", -1)]
_BELONGINGS = (*OF_USERS, IDENTIFIERS, SOURCE_DOCUMENTS)

Belongings = Mapping[str, Sequence[Any]]


class LaterChangesFirst(Conflict):
    """The same people were joined or told apart again since; `causes` are to be taken back first, in this order."""

    code = "later_changes_first"

    def __init__(self, causes: Sequence[str]) -> None:
        super().__init__(
            f"The same people were decided about again since. Take back first, in this order: {', '.join(causes)}"
        )
        self.causes = tuple(causes)


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision's changes in their order. `users` are all whom it touches; `had` is what the survivor had before.

    `said` is what documents said of them then, for whoever takes it back and knows how to read it.
    """

    cause: str
    at: datetime
    by: str
    survivor: UserId
    users: tuple[UserId, ...]
    changes: tuple[Change, ...]
    had: Belongings
    id: ObjectId = field(default_factory=ObjectId)
    number: int = 0
    said: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What could not be taken back, in words, and what came to the survivor since and stays with him."""

    survivor: UserId
    left: tuple[str, ...]
    born_since: Belongings


async def keep_entry(tx: Tx, entry: Entry) -> Entry:
    """Keep what was changed; it gets the next number."""
    last = await tx.database[MERGES].find_one({}, {"number": 1}, sort=_NEWEST_FIRST, session=tx.session)
    kept = replace(entry, number=last["number"] + 1 if last else 1)
    await tx.database[MERGES].insert_one(_document(kept), session=tx.session)
    return kept


async def add_changes(tx: Tx, entry: Entry, changes: Iterable[Change]) -> None:
    """Add what else the same decision changed."""
    pushed = {"$each": [change_document(change) for change in changes]}
    await tx.database[MERGES].update_one({"_id": entry.id}, {"$push": {"changes": pushed}}, session=tx.session)


async def add_said(tx: Tx, entry: Entry, said: Sequence[Document]) -> None:
    """Add what documents said of the people before the decision."""
    await tx.database[MERGES].update_one({"_id": entry.id}, {"$set": {"said": list(said)}}, session=tx.session)


async def find_entry(tx: Tx, cause: str) -> Entry | None:
    """What the decision changed, if it changed anything that still stands."""
    document = await tx.database[MERGES].find_one({"cause": cause}, session=tx.session)
    return _entry(document) if document else None


async def find_entry_about(tx: Tx, user_id: UserId) -> Entry | None:
    """The latest entry that touches a user."""
    document = await tx.database[MERGES].find_one({"users": user_id}, sort=_NEWEST_FIRST, session=tx.session)
    return _entry(document) if document else None


async def entries_about(tx: Tx, user_id: UserId) -> list[Entry]:
    """Everything that stands and touches a user, the newest first."""
    found = tx.database[MERGES].find({"users": user_id}, session=tx.session).sort(_NEWEST_FIRST)
    return [_entry(document) async for document in found]


async def forget_entries_about(tx: Tx, users: Sequence[UserId]) -> None:
    """Forget everything that touches these users: it holds what they were called, and cannot be taken back any more."""
    await tx.database[MERGES].delete_many({"users": {"$in": list(users)}}, session=tx.session)


async def list_entries(tx: Tx) -> list[Entry]:
    """Everything that stands, the newest first."""
    return [_entry(one) async for one in tx.database[MERGES].find({}, session=tx.session).sort(_NEWEST_FIRST)]


async def take_entry_back(tx: Tx, entry: Entry, *, now: datetime, even_in_use: bool = False) -> TakenBack:
    """Undo everything the entry tells of, the last change first, and forget the entry; the people's sessions end.

    What happened to each is told anew: to whom it was told in between, it stays with.
    With `even_in_use` what the entry made vanishes whatever became of it. Raises LaterChangesFirst and CannotTakeBack;
    call it in a transaction.
    """
    if later := await _later_causes(tx, entry):
        raise LaterChangesFirst(later)
    born_since, blocked = await _born_since(tx, entry), await blocked_since(tx, entry.changes)
    left = [why for change in reversed(entry.changes) for why in await take_back(tx, change, even_in_use=even_in_use)]
    set_so, inherited = await set_right(tx, entry.users, heir=entry.survivor, blocked=blocked)
    await tx.database[MERGES].delete_one({"_id": entry.id}, session=tx.session)
    await retell(tx, await _concerned(tx, entry), now=now)
    came = {name: [*born_since.get(name, ()), *inherited.get(name, ())] for name in {*born_since, *inherited}}
    return TakenBack(entry.survivor, (*left, *set_so), came)


async def _concerned(tx: Tx, entry: Entry) -> set[UserId]:
    """Those of the entry, and to whom the things of those who are not there went."""
    heirs = {user.merged_into for user in await find_users(tx, entry.users)}
    return {*entry.users, entry.survivor, *(one for one in heirs if one is not None)}


async def belongings_of(tx: Tx, user_id: UserId) -> dict[str, tuple[Any, ...]]:
    """The ids of everything that belongs to a user, by collection."""
    return {name: await ids_of_owner(tx, name, user_id) for name in _BELONGINGS}


async def _later_causes(tx: Tx, entry: Entry) -> list[str]:
    later = {"users": {"$in": list(entry.users)}, "number": {"$gt": entry.number}}
    found = tx.database[MERGES].find(later, {"cause": 1}, session=tx.session).sort(_NEWEST_FIRST)
    return [document["cause"] async for document in found]


async def _born_since(tx: Tx, entry: Entry) -> Belongings:
    known: dict[str, set[Any]] = {name: set(ids) for name, ids in entry.had.items()}
    for change in entry.changes:
        document = change_document(change)
        known.setdefault(change.collection, set()).update(document.get("ids", [document.get("id")]))
    now = await belongings_of(tx, entry.survivor)
    new = {name: [one for one in ids if one not in known.get(name, set())] for name, ids in now.items()}
    return {name: ids for name, ids in new.items() if ids}


def _document(entry: Entry) -> Document:
    return {
        "_id": entry.id,
        "number": entry.number,
        "cause": entry.cause,
        "at": entry.at,
        "by": entry.by,
        "survivor": entry.survivor,
        "users": list(entry.users),
        "changes": [change_document(change) for change in entry.changes],
        "had": {name: list(ids) for name, ids in entry.had.items()},
        **({"said": list(entry.said)} if entry.said else {}),
    }


def _entry(document: Document) -> Entry:
    return Entry(
        id=document["_id"],
        number=document["number"],
        cause=document["cause"],
        at=document["at"],
        by=document["by"],
        survivor=document["survivor"],
        users=tuple(document["users"]),
        changes=tuple(map(change_from, document["changes"])),
        had=document["had"],
        said=tuple(document.get("said", ())),
    )
