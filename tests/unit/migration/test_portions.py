"""Planning in portions gives what planning the whole gives, however small the portions are."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import bson
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from roundsman.migration.people import Known
from roundsman.migration.plan_documents import row_document
from roundsman.migration.planning import Planning
from roundsman.migration.portions import plan_portion, portions
from roundsman.migration.roster import Roster
from tests.migration_builders import AS_OF, Fields, applied, completed, plan, roster_of
from tests.unit.migration.test_worlds import PEOPLE, worlds


@given(worlds, st.sets(st.integers(0, 40)), st.integers(1, 4))
def test_portions_give_the_rows_of_the_whole(world: dict[str, list[Fields]], older: set[int], size: int) -> None:
    known_of = applied(plan(_some_of(world, older)))
    roster, whole = roster_of(world), roster_of(world)

    by_portions = Counter(_rows_by_portions(roster, known_of(roster), size))

    assert by_portions == Counter(_rows_of_the_whole(whole, known_of(whole)))


def _some_of(world: dict[str, list[Fields]], places: set[int]) -> dict[str, list[Fields]]:
    """Keep the documents that were there when the world was imported for the first time."""
    return {name: [one for place, one in enumerate(documents) if place in places] for name, documents in world.items()}


def _rows_by_portions(roster: Roster, known: Known, size: int) -> Iterator[bytes]:
    async def planned() -> list[bytes]:
        pieces = portions(roster, known, collections=PEOPLE, as_of=AS_OF, chunks_id=ObjectId(), size=size)
        return [chunk async for portion in pieces for chunk in plan_portion(portion).chunks]

    for chunk in map(bson.decode, completed(planned())):
        yield from map(_comparable, chunk["rows"])


def _rows_of_the_whole(roster: Roster, known: Known) -> Iterator[bytes]:
    planning = Planning(roster, known, as_of=AS_OF)
    for rows in (
        planning.user_rows,
        planning.roles_rows,
        planning.identifier_rows,
        planning.document_rows,
        planning.profile_rows,
        planning.review_rows,
    ):
        yield from (_comparable(row_document(row)) for row in rows())


def _comparable(row: dict[str, Any]) -> bytes:
    return bson.encode(row)
