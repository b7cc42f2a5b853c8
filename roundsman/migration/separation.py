"""Which documents of a user go, when a human says that one of them is another person's (pure).

The same rules decide as at the import, over the documents of that user alone, with the one answer more: the document is
not the person whom the user's own account is. What the rules then join to it goes with it, and what they can no longer
place stays. Phones and e-mails go to whom the rules would have given them, unless they were proved here since.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from bson import ObjectId

from roundsman.errors import Conflict
from roundsman.identity.users import Identifier
from roundsman.ids import UserId, derived_object_id
from roundsman.migration.awards import Awards
from roundsman.migration.people import Assigned, Known, People
from roundsman.migration.planning import Planning
from roundsman.migration.roster import Roster, Row


class CannotSeparate(Conflict):
    """The document cannot leave its user; the message says why."""

    code = "cannot_separate"


@dataclass(frozen=True, slots=True)
class Separation:
    """The rows that go and those that stay, the plan of the person who goes, and the phones and e-mails he gets."""

    leaving: tuple[Row, ...]
    staying: tuple[Row, ...]
    user_id: UserId
    planning: Planning
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Possessions:
    """What finds the user, and of that what is of others; the profiles of his documents, and all his customer profiles."""

    held: Sequence[Identifier]
    elsewhere: Mapping[str, tuple[UserId, ...]]
    profiles: Mapping[Row, ObjectId | None]
    customers: Collection[ObjectId]


def separate(roster: Roster, seed: Row, user_id: UserId, had: Possessions, *, as_of: datetime) -> Separation:
    """Decide who goes with the seed. Raises CannotSeparate."""
    people = People(roster, Known(), as_of=as_of)
    if people.new_user_id(seed) == user_id:
        raise CannotSeparate(f"user {user_id} is made of {roster[seed].key}; name the document that is not his")
    rows = range(len(roster))
    base = [row for row in rows if people.new_user_id(row) == user_id and people.is_account(row)]
    apart = frozenset(_pair(seed, row) for row in base or rows if row != seed)
    decided = People(roster, Known(kept_apart=apart), as_of=as_of)
    leaving = tuple(sorted(decided.person_of[seed].rows))
    staying = tuple(row for row in rows if row not in leaving)
    if not staying:
        raise CannotSeparate(f"nothing but {roster[seed].key} and what belongs to it is of user {user_id}")
    keys = _won(decided, seed, had.held)
    for row in staying:
        roster.assign(row, user_id)
    # Somebody asks for him, so he is not unused.
    roster.note_activity(roster[seed].source_id, None, needs_profile=False)
    known = Known(
        assigned={row: Assigned(had.profiles[row], roster[row].sha256) for row in staying},
        owners={**had.elsewhere, **{one.key: one.user_ids for one in had.held if one.key not in keys}},
        with_customer=frozenset({user_id} if {*had.customers} - _customers_of(roster, leaving, had.profiles) else ()),
        kept_apart=frozenset(_pair(a, b) for a in leaving for b in staying),
        joined=frozenset(combinations(leaving, 2)),
    )
    planning = Planning(roster, known, as_of=as_of)
    return Separation(leaving, staying, planning.people.user_of(seed), planning, keys)


def _won(people: People, seed: Row, held: Collection[Identifier]) -> frozenset[str]:
    """The phones and e-mails of the user that the rules give to the one who leaves; a proof made here outweighs them."""
    goes = people.user_of(seed)
    awards = {key: award for key, award in Awards(people).new() if award.user_id == goes}
    return frozenset(one.key for one in held if one.key in awards and one.verified_at == awards[one.key].verified_at)


def _customers_of(roster: Roster, rows: Iterable[Row], profiles: Mapping[Row, ObjectId | None]) -> set[ObjectId | None]:
    """The customer profiles that are of these documents, or were made for them."""
    return {one for row in rows for one in (profiles[row], derived_object_id("customer", roster[row].key))}


def _pair(a: Row, b: Row) -> tuple[Row, Row]:
    return (a, b) if a < b else (b, a)
