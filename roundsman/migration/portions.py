"""Planning in portions: records that nothing connects with any others are planned by themselves, on whatever core is free.

What connects is more than what joins: a phone, an e-mail, an old id, a link, a common user, a human's word. So every rule sees all it
asks for within one portion, and the rows of all portions are those of the whole.
"""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from typing import Any

import bson
from bson import ObjectId

from roundsman.database.raw import with_id
from roundsman.ids import UserId
from roundsman.migration.clusters import Partition
from roundsman.migration.knowledge import HERE
from roundsman.migration.people import Known
from roundsman.migration.plan import DocumentRow, ReviewRow
from roundsman.migration.plan_documents import Section, row_document
from roundsman.migration.plan_store import chunk_id
from roundsman.migration.planning import Planning
from roundsman.migration.roster import Activity, Roster, Row, SmallRoster

_RECORDS_OF_A_PORTION = 1_500
_ROWS_PER_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Portion:
    """Packed records, what is known of them by their places here, and where the rows they give belong in the plan."""

    number: int
    collections: Sequence[str]
    records: Sequence[bytes]
    activities: Mapping[Row, Activity]
    owners: Mapping[Row, UserId]
    known: Known
    as_of: datetime
    chunks_id: ObjectId
    asking_about: Collection[str] | None

    def roster(self) -> Roster:
        """The records as a roster of their own."""
        roster = SmallRoster()
        for row, record in enumerate(self.records):
            roster.add_packed(record)
            if row in self.owners:
                roster.assign(row, self.owners[row])
        roster.note_activities(self.activities)
        return roster


@dataclass(frozen=True, slots=True)
class PlannedPortion:
    """The chunks of rows a portion gives, each section's digest over its rows, and counts for the header."""

    chunks: Sequence[bytes]
    digests: Sequence[bytes]
    counts: Mapping[str, int]


async def portions(
    roster: Roster,
    known: Known,
    *,
    collections: Sequence[str],
    as_of: datetime,
    chunks_id: ObjectId,
    asking_about: Collection[str] | None = None,
    size: int | None = None,
) -> AsyncIterator[Portion]:
    """The whole roster in portions of at least so many records, in the order of first rows."""
    for number, rows in enumerate(_portions_of_rows(roster, known, size or _RECORDS_OF_A_PORTION)):
        place = {row: here for here, row in enumerate(rows)}
        yield Portion(
            number=number,
            collections=collections,
            records=[roster.packed(row) for row in rows],
            activities={place[row]: activity for row in rows if (activity := roster.activity_of(row)).references},
            owners={place[row]: owner for row in rows if (owner := roster.owner_of(row)) is not None},
            known=known.restricted_to(roster, place),
            as_of=as_of,
            chunks_id=chunks_id,
            asking_about=asking_about,
        )


def _portions_of_rows(roster: Roster, known: Known, size: int) -> Iterator[list[Row]]:
    portion: list[Row] = []
    for rows in _connected(roster, known).clusters():
        portion += rows
        if len(portion) >= size:
            yield sorted(portion)
            portion = []
    if portion:
        yield sorted(portion)


def _connected(roster: Roster, known: Known) -> Partition:
    connected = Partition(len(roster), known.joined)
    for first, *others in roster.groups():
        for row in others:
            connected.join(first, row)
    for row in roster.rows_with_links():
        for _, alias in roster[row].links:
            for other in roster.known_as(alias):
                connected.join(row, other)
    for key, row in known.unsaid.items():
        for other in roster.rows_with(key):
            connected.join(row, other)
    return connected


def plan_portion(portion: Portion) -> PlannedPortion:
    """Decide about the records of a portion."""
    roster = portion.roster()
    planning = Planning(roster, portion.known, as_of=portion.as_of)
    counts: Counter[str] = Counter()
    chunks: list[bytes] = []
    digests: list[bytes] = []
    for section, rows in _sections(planning, portion.asking_about).items():
        digest = hashlib.sha256()
        for part, some in enumerate(_chunks(rows())):
            encoded = bson.encode({"rows": [row_document(row) for row in some]})
            digest.update(encoded)
            place = chunk_id(portion.chunks_id, section, _order(portion, some[0]), portion.number, part)
            chunks.append(with_id(place, encoded))
            counts[f"rows.{section}"] += len(some)
            counts.update(name for row in some for name in _counted(row))
        digests.append(digest.digest())
    roster.let_go()
    return PlannedPortion(chunks, digests, counts)


def _order(portion: Portion, row: Any) -> int:  # noqa: ANN401 - one of the row types
    """Documents of all portions are applied collection after collection, for they name each other."""
    return portion.collections.index(row.collection) if isinstance(row, DocumentRow) else 0


def _sections(
    planning: Planning, asking_about: Collection[str] | None
) -> Mapping[Section, Callable[[], Iterable[Any]]]:
    def review_rows() -> Iterator[ReviewRow]:
        rows = planning.review_rows()
        return rows if asking_about is None else (row for row in rows if any(map(is_asked_about, row.members)))

    def is_asked_about(member: str) -> bool:
        # A user of Roundsman takes part by what he shares with a changed document, and all who share it are there.
        return asking_about is None or member in asking_about or member.startswith(f"{HERE}:")

    return {
        Section.USERS: planning.user_rows,
        Section.ROLES: planning.roles_rows,
        Section.HAND_OVERS: planning.hand_over_rows,
        Section.IDENTIFIERS: planning.identifier_rows,
        Section.DOCUMENTS: planning.document_rows,
        Section.PROFILES: planning.profile_rows,
        Section.REVIEWS: review_rows,
    }


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Rows in chunks; documents of two collections are never in one."""
    for _, of_collection in groupby(rows, lambda row: getattr(row, "collection", None)):
        while chunk := list(islice(of_collection, _ROWS_PER_CHUNK)):
            yield chunk


def _counted(row: Any) -> tuple[str, ...]:  # noqa: ANN401 - one of the row types
    match row:
        case DocumentRow():
            return ("changed" if row.changed else f"fate.{row.fate}", f"rule.{row.rule}")
        case ReviewRow():
            return (f"review.{row.list}.{row.rule}",)
        case _:
            return ()
