"""Looking through the audit log: its latest rows by who, what and whom, and all of it with its seals."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bson import ObjectId
from pymongo import DESCENDING

from roundsman.audit_log.chain import Seal, seal_of
from roundsman.audit_log.entries import AuditEntry
from roundsman.audit_log.store import entry_from
from roundsman.audit_log.verification import sealed_rows, unsealed_rows
from roundsman.database.collections import AUDIT_LOG
from roundsman.database.transaction import Document, Tx

_ALL: Final = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: about a target, by an actor, of an action or all actions that begin so, since a time and before another."""

    target: str | None = None
    who: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoggedRow:
    """A row, its id and its seal, if it has one."""

    id: str
    entry: AuditEntry
    seal: Seal | None


@dataclass(frozen=True, slots=True)
class LoggedPlace:
    """Where a row stands among the latest."""

    at: datetime
    id: str


async def latest_rows(
    tx: Tx, wanted: Wanted, *, limit: int = _ALL, after: LoggedPlace | None = None
) -> list[LoggedRow]:
    """The latest rows, the newest first; 0 gives all. `after` is the place of the last row that was seen before."""
    found = (
        tx.database[AUDIT_LOG]
        .find(_criteria(wanted) | _older_than(after))
        .sort([("at", DESCENDING), ("_id", DESCENDING)])
        .limit(limit)
    )
    return [_row_from(row) async for row in found]


async def whole_log(tx: Tx) -> AsyncIterator[LoggedRow]:
    """All rows in the order of the chain, and then those that wait for their seal."""
    for rows in (sealed_rows(tx), unsealed_rows(tx)):
        async for row in rows:
            yield _row_from(row)


def _criteria(wanted: Wanted) -> Document:
    criteria: dict[str, Any] = {}
    if wanted.target:
        criteria["target"] = wanted.target
    if wanted.who:
        criteria["actor.who"] = wanted.who
    if wanted.action:
        criteria["action"] = {"$regex": f"^{re.escape(wanted.action)}"}
    times = {"$gte": wanted.since, "$lt": wanted.until}
    if times := {name: time for name, time in times.items() if time}:
        criteria["at"] = times
    return criteria


def _older_than(place: LoggedPlace | None) -> Document:
    if place is None:
        return {}
    older = [{"at": {"$lt": place.at}}, {"at": place.at, "_id": {"$lt": ObjectId(place.id)}}]
    # The first condition lets the index of the time begin there.
    return {"$and": [{"at": {"$lte": place.at}}, {"$or": older}]}


def _row_from(row: Document) -> LoggedRow:
    return LoggedRow(str(row["_id"]), entry_from(row), seal_of(row))
