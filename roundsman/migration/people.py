"""Which person stands behind which records (pure): clusters made into users that exist or are new.

Assignments are sticky: a document that belongs to a user stays with him. New documents may join an existing user; they
never move what was assigned.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bson import ObjectId

from roundsman.ids import UserId, derived_object_id
from roundsman.migration.clusters import Clustering, OpenQuestion, cluster
from roundsman.migration.matching import Rule
from roundsman.migration.pairing import crowded_phones, decide_pairs
from roundsman.migration.profile import Kind
from roundsman.migration.roster import Roster, Row
from roundsman.migration.survivorship import by_rank

_UNUSED_AFTER = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Assigned:
    """What an imported document became."""

    profile_id: ObjectId | None
    sha256: bytes
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What Roundsman holds of the records at hand: assignments, owners of identifiers, customers, human decisions."""

    assigned: Mapping[Row, Assigned] = field(default_factory=dict)
    owners: Mapping[str, tuple[UserId, ...]] = field(default_factory=dict)
    with_customer: frozenset[UserId] = frozenset()
    asked: Mapping[str, Sequence[frozenset[str]]] = field(default_factory=dict)
    """Who was asked about together, by each of them."""
    kept_apart: frozenset[tuple[Row, Row]] = frozenset()
    joined: frozenset[tuple[Row, Row]] = frozenset()
    people_are_live: bool = False
    """Whether users who exist sign in with what was proved here, whatever the source says since."""
    unsaid: Mapping[str, Row] = field(default_factory=dict)
    """Phones and e-mails whose holders' documents do not say them any more, and a row of each holder; not among `owners`."""
    claimed: frozenset[UserId] = frozenset()
    """Once people are live, the users who have taken their accounts into their hands."""

    def restricted_to(self, roster: Roster, places: Mapping[Row, Row]) -> "Known":
        """What is known of some rows, which have other places elsewhere; keys and users may be of others too."""
        if self == Known():
            return self
        records = [roster[row] for row in places]
        return Known(
            assigned={place: self.assigned[row] for row, place in places.items() if row in self.assigned},
            owners={key: self.owners[key] for one in records for key in one.identifier_keys if key in self.owners},
            with_customer=self.with_customer & {roster.owner_of(row) for row in places},
            asked={one.key: self.asked[one.key] for one in records if one.key in self.asked},
            kept_apart=frozenset((places[a], places[b]) for a, b in self.kept_apart if a in places and b in places),
            joined=frozenset((places[a], places[b]) for a, b in self.joined if a in places and b in places),
            people_are_live=self.people_are_live,
            unsaid={key: places[row] for key, row in self.unsaid.items() if row in places},
            claimed=frozenset(owner for row in places if (owner := roster.owner_of(row)) in self.claimed and owner),
        )


def asked_by_member(questions: Iterable[frozenset[str]]) -> dict[str, list[frozenset[str]]]:
    """Questions by each of their members, so that a new one is compared with few old ones."""
    asked: dict[str, list[frozenset[str]]] = {}
    for members in questions:
        for member in members:
            asked.setdefault(member, []).append(members)
    return asked


@dataclass(frozen=True, slots=True)
class Person:
    """One cluster: its rows with the survivor first, the user it is, whether he is new or an unused account."""

    rows: tuple[Row, ...]
    user_id: UserId
    is_new: bool
    is_archived: bool = False


class People:
    """The persons of a roster, decided once."""

    def __init__(self, roster: Roster, known: Known, *, as_of: datetime) -> None:
        self.roster = roster
        self.known = known
        self.as_of = as_of
        self.crowded = crowded_phones(roster)
        archived = frozenset(row for row, assigned in known.assigned.items() if assigned.archived)
        pairs = decide_pairs(
            roster, crowded=self.crowded, kept_apart=known.kept_apart, joined=known.joined, archived=archived
        )
        self.clustering: Clustering = cluster(roster, pairs, known.claimed)
        self._question_of = self._first_questions()
        self.persons = tuple(person for rows in self._gathered() for person in self._persons(rows))
        self.person_of = self._persons_by_row()

    def user_of(self, row: Row) -> UserId:
        """The user a record belongs to or will belong to."""
        return self.person_of[row].user_id

    def users_of(self, rows: Sequence[Row]) -> tuple[UserId, ...]:
        """The users of several records, each once, in the order of their ids."""
        if len(rows) == 1:
            return (self.user_of(rows[0]),)
        return tuple(sorted({self.user_of(row) for row in rows}))

    def question_of(self, row: Row) -> OpenQuestion | None:
        """What a human must decide about a record first."""
        number = self._question_of[row]
        return self.clustering.questions[number] if number >= 0 else None

    def is_account(self, row: Row) -> bool:
        """Whether the record is one to sign in with."""
        return self.roster.kind_of(row) is Kind.USER

    def is_fresh(self, row: Row) -> bool:
        """Whether the record is a source document that was not imported yet; it may have its user already."""
        if row in self.known.assigned:
            return False
        # What belongs to somebody and was not imported is mostly a user of Roundsman, who has no document.
        return self.roster.owner_of(row) is None or bool(self.roster[row].sha256)

    def is_changed(self, row: Row) -> bool:
        """Whether the record was imported, and its document is another one now."""
        assigned = self.known.assigned.get(row)
        return assigned is not None and assigned.sha256 != self.roster[row].sha256

    def is_news(self, row: Row) -> bool:
        """Whether the record may bring anything that is not here yet."""
        return self.is_fresh(row) or self.is_changed(row)

    def losers(self, person: Person) -> list[Row]:
        """The new accounts that another account of the same person survives."""
        accounts = [row for row in person.rows if self.is_account(row) and self.is_fresh(row)]
        if person.is_new:
            return [row for row in accounts if row != person.rows[0]]
        return [row for row in accounts if self.new_user_id(row) != person.user_id]

    def needs_customer(self, person: Person) -> bool:
        """P1: whether orders or subscriptions name an account of a person who has no customer profile."""
        has_one = person.user_id in self.known.with_customer or any(
            self.roster.kind_of(row) is Kind.CUSTOMER for row in person.rows
        )
        needs = (self.is_account(row) and self.roster.activity_of(row).needs_profile for row in person.rows)
        return not has_one and any(needs)

    def new_user_id(self, row: Row) -> UserId:
        """The id of a user made of this record: an account keeps its own."""
        record = self.roster[row]
        if record.kind is Kind.USER:
            return UserId(self.record_id(row))
        return UserId(derived_object_id(record.collection, record.source_id))

    def record_id(self, row: Row) -> ObjectId:
        """The record's own ObjectId, or one derived from its place where it has none or another record has the same."""
        record = self.roster[row]
        if record.object_id and row == self.roster.same_ids(row)[0]:
            return record.object_id
        return derived_object_id("record", record.collection, record.source_id)

    def _first_questions(self) -> Sequence[int]:
        """By row the number of the first question about it, -1 if there is none."""
        first = array("i", [-1]) * len(self.roster)
        for number, question in enumerate(self.clustering.questions):
            for row in question.rows:
                if first[row] < 0:
                    first[row] = number
        return first

    def _persons_by_row(self) -> Sequence[Person]:
        by_row: list[Person] = [self.persons[0]] * len(self.roster) if self.persons else []
        for person in self.persons:
            for row in person.rows:
                by_row[row] = person
        return by_row

    def _gathered(self) -> Iterable[tuple[Row, ...]]:
        """The clusters; those of one existing user, whom nothing in the source may connect any more, as one."""
        if not self.roster.owned_rows():
            return self.clustering.partition.clusters()
        gathered: list[tuple[Row, ...]] = []
        place: dict[UserId, int] = {}
        for rows in self.clustering.partition.clusters():
            owner = next((owner for row in rows if (owner := self.roster.owner_of(row)) is not None), None)
            if owner is not None and owner in place:
                gathered[place[owner]] += rows
                continue
            if owner is not None:
                place[owner] = len(gathered)
            gathered.append(rows)
        return gathered

    def _persons(self, rows: tuple[Row, ...]) -> Iterator[Person]:
        owned = [owner for row in rows if (owner := self.roster.owner_of(row)) is not None]
        if owned:
            yield Person(tuple(by_rank(self.roster, rows)), owned[0], is_new=False, is_archived=self._are_resting(rows))
        elif all(map(self._is_unused, rows)):
            # Each is archived for itself: nobody lives on whom they could lead to.
            yield from (Person((row,), self.new_user_id(row), is_new=True, is_archived=True) for row in rows)
        else:
            accounts = by_rank(self.roster, [row for row in rows if self.is_account(row)])
            ordered = (*accounts, *by_rank(self.roster, [row for row in rows if not self.is_account(row)]))
            yield Person(ordered, self.new_user_id(ordered[0]), is_new=True)

    def _are_resting(self, rows: Iterable[Row]) -> bool:
        """Whether all are accounts that were archived and still tell of no use."""
        assigned = self.known.assigned
        return all(row in assigned and assigned[row].archived and self.roster[row].may_rest for row in rows)

    def _is_unused(self, row: Row) -> bool:
        """A1: an account with the role customer only, named by nothing, over 180 days old, and no question is open."""
        if not self.is_account(row):
            return False
        record, joined = self.roster[row], self.clustering.joined_by[row]
        if joined is not None and joined.rule is Rule.DECIDED:
            return False
        return (
            record.may_rest
            and not self.roster.activity_of(row).references
            and self.question_of(row) is None
            and record.object_id is not None
            and self.as_of - record.object_id.generation_time > _UNUSED_AFTER
        )
