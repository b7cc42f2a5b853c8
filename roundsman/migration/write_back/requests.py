"""A batch of rows as updates: those that are alike in few requests, each of the others in one of its own (pure).

Most of what a guarded update costs the server is finding out how to find its document, so hundreds of rows whose documents
must meet the same condition share one request. Each document is still looked at by itself, in the moment in which it is
written, and gets a value of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from roundsman.migration.reading import source_id_value
from roundsman.migration.write_back.fields import (
    Absent,
    Filter,
    Update,
    dotted,
    is_null,
    to_restore,
    to_take_away,
    to_write,
    while_it_is,
    while_ours,
)
from roundsman.migration.write_back.raw_values import ARRAY, RawValue
from roundsman.migration.write_back.rows import Row

_MOST_ALIKE = 500
_HEX_DIGITS = 24


@dataclass(frozen=True, slots=True)
class Request:
    """One update of the documents of some rows. `to_the_letter`: texts are equal only if they are the same."""

    rows: Sequence[Row]
    criteria: Filter
    update: Update | list[Update]
    to_the_letter: bool = False


def write_requests(rows: Sequence[Row], *, sharing: bool) -> list[Request]:
    """The updates that write rows."""
    return _requests(rows, _shared_write, _single_write, sharing=sharing)


def restore_requests(rows: Sequence[Row], *, sharing: bool) -> list[Request]:
    """The updates that bring back what was before."""
    return _requests(rows, _shared_restore, _single_restore, sharing=sharing)


def take_away_request(row: Row) -> Request:
    """The update that takes away the field alone, where others have added something beside it."""
    criteria = {"_id": source_id_value(row.source_id), **while_it_is(row.path, RawValue.of(row.new))}
    return Request([row], criteria, to_take_away(row.path), to_the_letter=True)


def _requests(
    rows: Sequence[Row],
    shared: Callable[[Sequence[Row]], Request],
    single: Callable[[Row], Request],
    *,
    sharing: bool,
) -> list[Request]:
    alike: dict[object, list[Row]] = {}
    requests = []
    for row in rows:
        if sharing and _may_share(row):
            alike.setdefault((row.path, isinstance(row.old, Absent), type(row.new)), []).append(row)
        else:
            requests.append(single(row))
    for group in alike.values():
        requests += [shared(group[start : start + _MOST_ALIKE]) for start in range(0, len(group), _MOST_ALIKE)]
    return requests


def _may_share(row: Row) -> bool:
    """Whether what is there is nothing, at a place no list can come before, in a document known by its ObjectId."""
    is_nothing = isinstance(row.old, Absent) or is_null(row.old)
    is_plain = len(row.path) == 1 and isinstance(row.new, str | ObjectId)
    return is_nothing and is_plain and len(row.source_id) == _HEX_DIGITS and row.source_id.isalnum()


def _shared_write(rows: Sequence[Row]) -> Request:
    path, ids = rows[0].path, [ObjectId(row.source_id) for row in rows]
    criteria = {"_id": {"$in": ids}, **while_it_is(path, rows[0].old)}
    return Request(rows, criteria, [{"$set": {dotted(path): _own_value(rows, ids)}}], to_the_letter=True)


def _single_write(row: Row) -> Request:
    criteria = {"_id": source_id_value(row.source_id), **while_it_is(row.path, row.old)}
    return Request([row], criteria, to_write(row.path, row.new), to_the_letter="$expr" in criteria)


def _shared_restore(rows: Sequence[Row]) -> Request:
    path, ids = dotted(rows[0].path), [ObjectId(row.source_id) for row in rows]
    kind = RawValue.of(rows[0].new).type_number
    criteria = {
        "_id": {"$in": ids},
        path: {"$type": kind, "$not": {"$type": ARRAY}},
        "$expr": {"$eq": [f"${path}", _own_value(rows, ids)]},
    }
    return Request(rows, criteria, to_restore(rows[0].path, rows[0].old), to_the_letter=True)


def _single_restore(row: Row) -> Request:
    ours = while_ours(row.path, row.old, RawValue.of(row.new))
    criteria = {"_id": source_id_value(row.source_id), **ours}
    return Request([row], criteria, to_restore(row.path, row.old), to_the_letter=True)


def _own_value(rows: Sequence[Row], ids: Sequence[ObjectId]) -> Mapping[str, Any]:
    """For the server: the new value of the document that it is looking at."""
    values = {"$literal": [row.new for row in rows]}
    return {"$arrayElemAt": [values, {"$indexOfArray": [{"$literal": ids}, "$_id"]}]}
