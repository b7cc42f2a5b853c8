"""Small worlds of source documents for the tests of the migration, planned the way the program plans them.

A document is a dict in the words of the existing application. Tests call it by its own id, or by `collection/id` where
two collections use the same one.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import bson
from bson import ObjectId

from roundsman.identity.users import User
from roundsman.ids import UserId
from roundsman.migration.collecting import collect
from roundsman.migration.people import Assigned, Known, asked_by_member
from roundsman.migration.plan import DocumentRow, Fate, IdentifierRow
from roundsman.migration.plan_documents import row_document
from roundsman.migration.planning import Planning
from roundsman.migration.profile import Kind, SourceProfile, builtin_profile
from roundsman.migration.records import PersonRecord
from roundsman.migration.roster import Roster, Row
from roundsman.migration.sources.port import SourceDocument

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
PHONE, OTHER_PHONE, THIRD_PHONE = "9845012367", "9845067812", "9731145602"
EARLYBIRD = builtin_profile("earlybird")
EARLYBIRD_KINDS = {collection.name: collection.kind for collection in EARLYBIRD.collections}
PASSWORD_HASH = hashlib.sha256(b"not a default").hexdigest()

Fields = dict[str, Any]
World = Mapping[str, Sequence[Fields]]
Result = TypeVar("Result")


def object_id(seed: str, *, days_old: int = 30) -> ObjectId:
    """Make the same ObjectId for the same seed, born so many days before the plan."""
    born = int((AS_OF - timedelta(days=days_old)).timestamp())
    return ObjectId(born.to_bytes(4, "big") + hashlib.sha256(seed.encode()).digest()[:8])


def doc(id: str, name: str, **fields: Any) -> Fields:  # noqa: A002, ANN401 - the field's name; any BSON value
    """Build a document of a person; `_id` is a recent ObjectId unless said otherwise."""
    return {"_id": object_id(f"{id} {name}"), "id": id, "name": name, **fields}


def account(id: str, name: str, role: str = "customer", **fields: Any) -> Fields:  # noqa: A002, ANN401 - see `doc`
    """Build a user document of the existing application."""
    return doc(id, name, role=role, **fields)


class MemorySource:
    """A source whose collections are lists of dicts."""

    locator = "memory"

    def __init__(self, world: World) -> None:
        self._world = {name: [SourceDocument(bson.encode(one)) for one in docs] for name, docs in world.items()}

    async def count_documents(self) -> dict[str, int]:
        """Count what is there."""
        return {name: len(documents) for name, documents in sorted(self._world.items())}

    async def read(self, collection: str) -> AsyncIterator[Sequence[SourceDocument]]:
        """Give everything in one batch."""
        if documents := self._world.get(collection):
            yield documents

    async def fetch(self, collection: str, ids: Sequence[Any]) -> Sequence[SourceDocument]:
        """Find by `_id`."""
        return [document for document in self._world.get(collection, ()) if document.id in ids]

    async def fetch_batches(self, collection: str, ids: Sequence[Any]) -> AsyncIterator[Sequence[SourceDocument]]:
        """All at once."""
        if found := await self.fetch(collection, ids):
            yield found

    async def close(self) -> None:
        """There is nothing to let go of."""


def completed(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine that never waits, as reading from memory never does, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    raise AssertionError("the coroutine waits for something")


def roster_of(world: World, profile: SourceProfile | None = None) -> Roster:
    """Read a world as the import does."""
    return completed(collect(MemorySource(world), profile or EARLYBIRD))


def records_of(roster: Roster) -> list[PersonRecord]:
    """List all records by row."""
    return [roster[row] for row in range(len(roster))]


def plan(world: World, *, know: Callable[[Roster], Known] = lambda _roster: Known(), as_of: datetime = AS_OF) -> "Plan":
    """Plan the import of a world, after `know` has said what Roundsman holds already."""
    roster = roster_of(world)
    return Plan(roster, Planning(roster, know(roster), as_of=as_of))


def applied(before: "Plan") -> Callable[[Roster], Known]:
    """Pretend that a plan was applied: what Roundsman knows afterwards of a roster that holds the same documents."""
    documents = {row.key: row for row in before.planning.document_rows()}
    owners = {row.key: row.user_ids for row in before.planning.identifier_rows()}
    asked = frozenset(frozenset(row.members) for row in before.planning.review_rows())
    customers = {row.customer.user_id for row in before.planning.profile_rows()}
    customers |= {row.user_id for row in documents.values() if EARLYBIRD_KINDS[row.collection] is Kind.CUSTOMER}

    def know(roster: Roster) -> Known:
        assigned: dict[Row, Assigned] = {}
        for row in range(len(roster)):
            if became := documents.get(roster[row].key):
                archived = became.fate is Fate.ARCHIVED
                assigned[row] = Assigned(became.profile_id, became.sha256, archived=archived)
                roster.assign(row, became.user_id)
        return Known(assigned, owners, frozenset(customers), asked_by_member(asked))

    return know


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan, and what a reader would ask it."""

    roster: Roster
    planning: Planning

    def row(self, handle: str) -> Row:
        """Find the row of a document."""
        collection, _, app_id = handle.rpartition("/")
        rows = [
            row
            for row in range(len(self.roster))
            if self.roster[row].app_id == app_id and collection in {"", self.roster[row].collection}
        ]
        assert len(rows) == 1, f"{handle} names {len(rows)} documents"
        return rows[0]

    def user_id(self, handle: str) -> UserId:
        """Whose the document is."""
        return self.planning.people.user_of(self.row(handle))

    def user(self, handle: str) -> User:
        """Find the planned user whose the document is."""
        return self.users()[self.user_id(handle)]

    def users(self) -> dict[UserId, User]:
        """List all planned users, tombstones of merged ones too."""
        return {row.user.id: row.user for row in self.planning.user_rows()}

    def document(self, handle: str) -> DocumentRow:
        """Find what becomes of the document."""
        key = self.roster[self.row(handle)].key
        return next(row for row in self.planning.document_rows() if row.key == key)

    def fate(self, handle: str) -> tuple[str, str]:
        """Say what becomes of the document, by which rule."""
        row = self.document(handle)
        return row.fate.value, row.rule

    def together(self, *handles: str) -> bool:
        """Say whether all these documents are one user's."""
        return len({self.user_id(handle) for handle in handles}) == 1

    def apart(self, *handles: str) -> bool:
        """Say whether each of these documents has a user of its own."""
        return len({self.user_id(handle) for handle in handles}) == len(handles)

    def identifiers(self) -> dict[str, IdentifierRow]:
        """List the new identifiers by key."""
        return {row.key: row for row in self.planning.identifier_rows()}

    def signs_in(self, phone: str) -> UserId | None:
        """Find the one user who may sign in with the phone, written in ten digits."""
        found = self.identifiers().get(f"phone:+91{phone}")
        return found.user_ids[0] if found else None

    def reads_mail(self, email: str) -> UserId | None:
        """Find the one user who may sign in with the e-mail."""
        found = self.identifiers().get(f"email:{email}")
        return found.user_ids[0] if found else None

    def questions(self) -> list[tuple[str, str, frozenset[str]]]:
        """List what humans are asked: the list, the rule, and the ids of the documents."""
        ids = {record.key: record.app_id or record.source_id for record in records_of(self.roster)}
        return [
            (row.list, row.rule, frozenset(ids[member] for member in row.members))
            for row in self.planning.review_rows()
        ]

    def sections(self) -> dict[str, list[Any]]:
        """List all rows by section."""
        return {
            "users": list(self.planning.user_rows()),
            "roles": list(self.planning.roles_rows()),
            "identifiers": list(self.planning.identifier_rows()),
            "documents": list(self.planning.document_rows()),
            "profiles": list(self.planning.profile_rows()),
            "reviews": list(self.planning.review_rows()),
        }

    def encoded(self) -> bytes:
        """Encode all rows as the digest takes them in."""
        return b"".join(bson.encode({"row": row_document(row)}) for rows in self.sections().values() for row in rows)

    def groups(self) -> frozenset[frozenset[str]]:
        """List who is with whom, as sets of document keys, unused accounts each for itself."""
        return frozenset(frozenset(self._keys(person.rows)) for person in self.planning.people.persons)

    def _keys(self, rows: Sequence[Row]) -> Iterator[str]:
        return (self.roster[row].key for row in rows)
