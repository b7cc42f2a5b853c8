"""How far Roundsman has followed its source: up to when everything was taken, and where its changes go on.

It is written after what it speaks of: it may lag behind what was taken, and never leads.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from roundsman.database.collections import SYSTEM
from roundsman.database.lease import LeaseLost
from roundsman.database.transaction import Document, Tx

_ID = "source"


@dataclass(frozen=True, slots=True)
class SourceCursor:
    """What is known of the source whose people are followed.

    `token` is where its change stream goes on, if it has one; `taken_until` the time up to which every change is here;
    `compared_at` when everything was compared last; `unreachable_since` is there while the source does not answer, and
    `doubted_since` while what is found looks like another database.
    """

    source: str
    token: Any = None
    taken_until: datetime | None = None
    compared_at: datetime | None = None
    unreachable_since: datetime | None = None
    doubted_since: datetime | None = None


async def find_cursor(tx: Tx) -> SourceCursor | None:
    """What was noted last, one read by primary key; None where no source was ever followed."""
    document = await tx.database[SYSTEM].find_one({"_id": _ID})
    if document is None:
        return None
    return SourceCursor(
        document["source"],
        document.get("token"),
        document.get("taken_until"),
        document.get("compared_at"),
        document.get("unreachable_since"),
        document.get("doubted_since"),
    )


async def note_taken(tx: Tx, source: str, *, token: Any, until: datetime, fencing: int) -> None:  # noqa: ANN401 - the source's own
    """Note that everything up to then is here. Raises LeaseLost if a later worker has noted anything."""
    await _write(tx, {"source": source, "token": token, "taken_until": until}, fencing)


async def note_compared(tx: Tx, source: str, *, at: datetime) -> None:
    """Note that everything was compared, and so taken, by a round that somebody asked for; the token stays."""
    await _forget_another(tx, source)
    taken = {"$set": {"source": source, "compared_at": at}, "$max": {"taken_until": at}}
    changes = taken | {"$unset": {"doubted_since": ""}}
    await tx.database[SYSTEM].update_one({"_id": _ID}, changes, upsert=True)


async def note_unreachable(tx: Tx, source: str, *, since: datetime) -> None:
    """Note that the source does not answer."""
    await _note_since(tx, source, "unreachable_since", since)


async def note_doubted(tx: Tx, source: str, *, since: datetime) -> None:
    """Note that nothing is taken from the source, because it looks like another database."""
    await _note_since(tx, source, "doubted_since", since)


async def _note_since(tx: Tx, source: str, name: str, since: datetime) -> None:
    await _forget_another(tx, source)
    changes = {"$set": {"source": source}, "$min": {name: since}}
    await tx.database[SYSTEM].update_one({"_id": _ID}, changes, upsert=True)


async def _forget_another(tx: Tx, source: str) -> None:
    """Where another source's changes go on, and how far it was taken, says nothing of this one."""
    known = dict.fromkeys(("token", "taken_until", "compared_at", "unreachable_since", "doubted_since"), "")
    await tx.database[SYSTEM].update_one({"_id": _ID, "source": {"$ne": source}}, {"$unset": known})


async def _write(tx: Tx, values: Document, fencing: int) -> None:
    changes = {"$set": values | {"fencing": fencing}, "$unset": {"unreachable_since": "", "doubted_since": ""}}
    mine = {"_id": _ID, "$or": [{"fencing": {"$exists": False}}, {"fencing": {"$lte": fencing}}]}
    try:
        await tx.database[SYSTEM].update_one(mine, changes, upsert=True)
    except DuplicateKeyError as error:
        raise LeaseLost("another worker follows the source; this one has stopped") from error
