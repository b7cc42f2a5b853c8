"""From a filled roster to the rows of a plan. Pure: the same roster, knowledge and as-of time give the same rows.

Assignments are sticky: a document that belongs to a user stays with him. New documents may join an existing user, add
identifiers to him or open a question; they never move what was assigned.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.customers.customers import Customer, CustomerStatus
from roundsman.identity.identifiers import alias_key, email_key, phone_key
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.ids import CustomerId, UserId, derived_object_id
from roundsman.migration.clusters import Clustering, cluster
from roundsman.migration.matching import Rule, partner_role_to_confirm
from roundsman.migration.pairing import crowded_phones, decide_pairs
from roundsman.migration.plan import (
    IMPORTED,
    DocumentRow,
    Fate,
    IdentifierRow,
    ProfileRow,
    ReviewRow,
    RolesRow,
    UserRow,
)
from roundsman.migration.profile import Kind
from roundsman.migration.records import PersonRecord
from roundsman.migration.roster import Roster, Row
from roundsman.migration.survivorship import by_rank, choose_name, claim_rank, roles_of

_UNUSED_AFTER = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Assigned:
    """What an imported document became."""

    profile_id: ObjectId | None
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """What Roundsman already holds of the records at hand: assignments, owners of identifiers, human decisions."""

    assigned: Mapping[Row, Assigned] = field(default_factory=dict)
    owners: Mapping[str, tuple[UserId, ...]] = field(default_factory=dict)
    asked: frozenset[frozenset[str]] = frozenset()
    kept_apart: frozenset[tuple[Row, Row]] = frozenset()


@dataclass(frozen=True, slots=True)
class _Person:
    """One cluster: its rows with the survivor first, the user it is, and whether he is new."""

    rows: tuple[Row, ...]
    user_id: UserId
    is_new: bool


class Planning:
    """The decisions about one roster, made once; each section of rows is then produced on demand."""

    def __init__(self, roster: Roster, known: Known, *, as_of: datetime) -> None:
        self._roster = roster
        self._known = known
        self._as_of = as_of
        self._crowded = crowded_phones(roster)
        pairs = decide_pairs(roster, crowded=self._crowded, kept_apart=known.kept_apart)
        self._clustering: Clustering = cluster(roster, pairs)
        self._questioned = {row: question for question in self._clustering.questions[::-1] for row in question.rows}
        self._people = [self._person(rows) for rows in self._clustering.clusters]
        self._user_of: dict[Row, UserId] = {row: one.user_id for one in self._people for row in one.rows}
        self._archived = {one.user_id for one in self._people if self._is_unused(one)}
        self._owner_of_key = self._award_keys()

    def user_rows(self) -> Iterator[UserRow]:
        """The users to create: the survivors first met first, each followed by those merged into him."""
        for person in self._people:
            if person.is_new:
                yield self._survivor(person)
            yield from (self._loser(row, person) for row in self._losers(person))

    def roles_rows(self) -> Iterator[RolesRow]:
        """The roles that new profiles bring to users who exist."""
        for person in self._people:
            new = [row for row in person.rows if self._is_fresh(row)]
            if not person.is_new and new:
                roles = tuple(sorted(roles_of(self._roster, [row for row in new if not self._is_account(row)])))
                if roles:
                    yield RolesRow(person.user_id, roles, self._to_confirm(person))

    def identifier_rows(self) -> Iterator[IdentifierRow]:
        """The phones, e-mails and old ids of new or changed documents that nobody owns yet."""
        for key, (user_id, verified_at) in self._owner_of_key.items():
            if key not in self._known.owners:
                yield IdentifierRow(key, (user_id,), verified_at)
        for alias, rows in self._roster.alias_groups():
            if not any(map(self._is_news, rows)):
                continue
            users = tuple(sorted({self._alias_owner(row) for row in rows}))
            if alias_key(alias) not in self._known.owners and users != (_own_id_of(alias, users),):
                yield IdentifierRow(alias_key(alias), users)

    def document_rows(self) -> Iterator[DocumentRow]:
        """Every document that is new or changed, in the order of the source."""
        profiles = self._profiles()
        for row in range(len(self._roster)):
            if self._is_fresh(row):
                yield self._document(row, profiles)
            elif self._is_changed(row):
                yield self._changed(row)

    def profile_rows(self) -> Iterator[ProfileRow]:
        """The customer profiles that orders and subscriptions need and no document holds."""
        for person in self._people:
            if person.is_new and self._needs_customer(person):
                account = next(row for row in person.rows if self._is_account(row))
                yield ProfileRow(self._made_customer(account, person), self._roster[account].key)

    def review_rows(self) -> Iterator[ReviewRow]:
        """The questions for humans that were not asked before."""
        seen: set[frozenset[str]] = set()
        for question in self._clustering.questions:
            members = tuple(sorted(self._roster[row].key for row in question.rows))
            asked = frozenset(members)
            if asked in seen or any(asked <= before for before in self._known.asked):
                continue
            seen.add(asked)
            users = tuple(sorted({self._user_of[row] for row in question.rows}))
            yield ReviewRow(question.outcome.value, question.rule.value, members, users, question.evidence)

    # Who a cluster is

    def _person(self, rows: tuple[Row, ...]) -> _Person:
        owned = [owner for row in rows if (owner := self._roster.owner_of(row)) is not None]
        if owned:
            return _Person(tuple(by_rank(self._roster, rows)), owned[0], is_new=False)
        accounts = by_rank(self._roster, [row for row in rows if self._is_account(row)])
        others = by_rank(self._roster, [row for row in rows if not self._is_account(row)])
        ordered = (*accounts, *others)
        return _Person(ordered, self._new_id(ordered[0]), is_new=True)

    def _new_id(self, row: Row) -> UserId:
        record = self._roster[row]
        if record.kind is Kind.USER and record.object_id and self._holds_id_alone(row):
            return UserId(record.object_id)
        return UserId(derived_object_id(record.collection, record.source_id))

    def _holds_id_alone(self, row: Row) -> bool:
        """Whether no earlier collection of the same kind has a document with the same `_id`."""
        record = self._roster[row]
        same = [one for one in self._roster.known_as(record.source_id, record.kind) if self._has_id(one, record)]
        return not same or same[0] == row

    def _has_id(self, row: Row, record: PersonRecord) -> bool:
        return self._roster[row].source_id == record.source_id

    def _is_account(self, row: Row) -> bool:
        return self._roster[row].kind is Kind.USER

    def _is_fresh(self, row: Row) -> bool:
        """Whether the row is a source document that was not imported yet."""
        return row not in self._known.assigned and self._roster.owner_of(row) is None

    def _is_changed(self, row: Row) -> bool:
        """Whether the row was imported, and its document is another one now."""
        assigned = self._known.assigned.get(row)
        return assigned is not None and assigned.sha256 != self._roster[row].sha256

    def _is_news(self, row: Row) -> bool:
        return self._is_fresh(row) or self._is_changed(row)

    def _losers(self, person: _Person) -> list[Row]:
        accounts = [row for row in person.rows if self._is_account(row) and self._is_fresh(row)]
        return [row for row in accounts if not person.is_new or row != person.rows[0]]

    def _is_unused(self, person: _Person) -> bool:
        """A1: only accounts of customers, never named by anything, older than 180 days, and no question is open."""
        return person.is_new and all(
            self._is_account(row)
            and self._roster[row].role is Role.CUSTOMER
            and not self._roster.activity_of(row).references
            and self._roster[row].last_sign_in_at is None
            and row not in self._questioned
            and self._is_old(row)
            for row in person.rows
        )

    def _is_old(self, row: Row) -> bool:
        object_id = self._roster[row].object_id
        return object_id is not None and self._as_of - object_id.generation_time > _UNUSED_AFTER

    # Who owns a phone or an e-mail

    def _award_keys(self) -> dict[str, tuple[UserId, datetime | None]]:
        rivals: dict[str, list[Row]] = defaultdict(list)
        for row in filter(self._is_news, range(len(self._roster))):
            if self._user_of[row] not in self._archived:
                for key in self._sign_in_keys(row):
                    rivals[key].append(row)
        return {key: self._award(key, rows) for key, rows in rivals.items()}

    def _sign_in_keys(self, row: Row) -> Iterator[str]:
        record = self._roster[row]
        if record.phone and record.phone not in self._crowded:
            yield phone_key(record.phone)
        if record.sign_in_email:
            yield email_key(record.sign_in_email)

    def _award(self, key: str, rows: Sequence[Row]) -> tuple[UserId, datetime | None]:
        """Who holds it already keeps it; else the proven holder gets it, for an e-mail accounts before contacts."""
        if held := self._known.owners.get(key):
            return held[0], None
        if len(rows) == 1:
            return self._user_of[rows[0]], self._roster[rows[0]].phone_verified_at
        if key.startswith("email:"):
            accounts = [row for row in rows if self._is_account(row)] or rows
            best = max(accounts, key=lambda row: (self._roster[row].created_at or self._as_of, self._roster[row].key))
        else:
            best = min(rows, key=lambda row: claim_rank(self._roster, row))
        return self._user_of[best], self._roster[best].phone_verified_at

    def _owned_keys(self, person: _Person) -> list[str]:
        keys = {key for row in person.rows for key in self._sign_in_keys(row)}
        return sorted(key for key in keys if self._owner_of_key.get(key, (None,))[0] == person.user_id)

    def _alias_owner(self, row: Row) -> UserId:
        return self._user_of[row]

    # What is written

    def _survivor(self, person: _Person) -> UserRow:
        roster, rows = self._roster, person.rows
        name = choose_name(roster, rows)
        # Only the survivor's own: a password of an account that is merged away never opens another one.
        password = roster[rows[0]].key if roster[rows[0]].has_password else None
        roles = roles_of(roster, rows) | ({Role.CUSTOMER} if self._needs_customer(person) else frozenset())
        archived = person.user_id in self._archived
        user = User(
            id=person.user_id,
            name=name.value,
            status=self._status(person),
            claim=self._claim(person, has_password=password is not None),
            roles=tuple(sorted(roles)),
            created_at=self._created_at(person),
            created_by=IMPORTED,
            roles_to_confirm=self._to_confirm(person),
            former_identifiers=tuple(sorted(self._all_keys(rows))) if archived else (),
        )
        return UserRow(user, password, {"name": name.rule})

    def _loser(self, row: Row, person: _Person) -> UserRow:
        record = self._roster[row]
        user = User(
            id=self._new_id(row),
            name=record.name,
            status=UserStatus.MERGED,
            claim=Claim.UNCLAIMABLE,
            roles=(),
            created_at=record.created_at or self._as_of,
            created_by=IMPORTED,
            merged_into=person.user_id,
            former_identifiers=tuple(sorted(self._all_keys([row]))),
        )
        return UserRow(user, None, {})

    def _all_keys(self, rows: Sequence[Row]) -> set[str]:
        return {key for row in rows for key in self._sign_in_keys(row)}

    def _status(self, person: _Person) -> UserStatus:
        if person.user_id in self._archived:
            return UserStatus.ARCHIVED
        blocked = any(self._roster[row].blocked for row in person.rows if self._is_account(row))
        return UserStatus.DISABLED if blocked else UserStatus.ACTIVE

    def _claim(self, person: _Person, *, has_password: bool) -> Claim:
        owned = self._owned_keys(person)
        if owned and has_password:
            return Claim.CLAIMED
        if any(key.startswith("phone:") for key in owned):
            return Claim.CLAIMABLE
        contested = any(
            self._owner_of_key.get(key, (None,))[0] != person.user_id for key in self._all_keys(person.rows)
        )
        return Claim.CLAIMABLE_CONFLICT if contested else Claim.UNCLAIMABLE

    def _created_at(self, person: _Person) -> datetime:
        times = [created for row in person.rows if (created := self._roster[row].created_at)]
        return min(times, default=self._as_of)

    def _to_confirm(self, person: _Person) -> tuple[Role, ...]:
        kinds = frozenset(self._roster[row].kind for row in person.rows)
        own = frozenset(role for row in person.rows if (role := self._roster[row].role))
        return partner_role_to_confirm(kinds, own)

    def _needs_customer(self, person: _Person) -> bool:
        has_one = any(self._roster[row].kind is Kind.CUSTOMER for row in person.rows)
        needs = any(self._is_account(row) and self._roster.activity_of(row).needs_profile for row in person.rows)
        return needs and not has_one

    def _made_customer(self, account: Row, person: _Person) -> Customer:
        record = self._roster[account]
        return Customer(
            id=CustomerId(derived_object_id("customer", record.key)),
            user_id=person.user_id,
            name=record.name,
            status=CustomerStatus.ACTIVE,
            created_at=record.created_at or self._as_of,
            created_by=IMPORTED,
            phone=record.phone,
            email=record.sign_in_email,
        )

    def _profiles(self) -> Mapping[tuple[UserId, Kind], ObjectId | None]:
        """The one profile of each partner; customers have one of their own each."""
        profiles: dict[tuple[UserId, Kind], ObjectId | None] = {}
        for person in self._people:
            for row in (*(row for row in person.rows if row in self._known.assigned), *person.rows):
                kind = self._roster[row].kind
                if kind in (Kind.DELIVERY_BOY, Kind.SUPPLIER):
                    assigned = self._known.assigned.get(row)
                    profile_id = assigned.profile_id if assigned else self._profile_id(row)
                    profiles.setdefault((person.user_id, kind), profile_id)
        return profiles

    def _profile_id(self, row: Row) -> ObjectId:
        record = self._roster[row]
        if record.object_id and self._holds_id_alone(row):
            return record.object_id
        return derived_object_id(record.collection, record.source_id)

    def _document(self, row: Row, profiles: Mapping[tuple[UserId, Kind], ObjectId | None]) -> DocumentRow:
        record, user_id = self._roster[row], self._user_of[row]
        fate, rule, evidence = self._fate(row)
        own = None if self._is_account(row) else self._profile_id(row)
        profile_id = profiles.get((user_id, record.kind), own)
        return DocumentRow(
            collection=record.collection,
            source_id=record.source_id,
            sha256=record.sha256,
            user_id=user_id,
            fate=fate,
            rule=rule,
            evidence=evidence,
            profile_id=profile_id,
            makes_profile=own is not None and own == profile_id,
            created_by=self._creator(record),
        )

    def _changed(self, row: Row) -> DocumentRow:
        record, assigned = self._roster[row], self._known.assigned[row]
        return DocumentRow(
            collection=record.collection,
            source_id=record.source_id,
            sha256=record.sha256,
            user_id=self._user_of[row],
            fate=Fate.LINKED if assigned.profile_id else Fate.KEPT,
            rule="sync",
            evidence=("changed in the source",),
            profile_id=assigned.profile_id,
            makes_profile=assigned.profile_id == self._profile_id(row),
            created_by=self._creator(record),
            changed=True,
        )

    def _creator(self, record: PersonRecord) -> str | None:
        rows = self._roster.known_as(record.created_by, Kind.USER) if record.created_by else ()
        return str(self._user_of[rows[0]]) if len(rows) == 1 else None

    def _fate(self, row: Row) -> tuple[Fate, str, tuple[str, ...]]:
        user_id = self._user_of[row]
        decision = self._clustering.joined_by.get(row)
        if user_id in self._archived:
            return Fate.ARCHIVED, Rule.ARCHIVED_UNUSED.value, ("customer only", "no profile", "named by nothing")
        if decision is None:
            return self._single_fate(row)
        rule, evidence = decision.rule.value, decision.evidence
        if self._is_account(row):
            is_survivor = self._new_id(row) == user_id
            return (Fate.KEPT if is_survivor else Fate.MERGED), rule, evidence
        return (Fate.CREATED_FOR if self._new_id(row) == user_id else Fate.LINKED), rule, evidence

    def _single_fate(self, row: Row) -> tuple[Fate, str, tuple[str, ...]]:
        if question := self._questioned.get(row):
            return Fate.HELD, question.rule.value, question.evidence
        if self._is_account(row):
            return Fate.KEPT, Rule.KEPT.value, ()
        claimable = any(key.startswith("phone:") for key in self._sign_in_keys(row))
        return Fate.CREATED_FOR, (Rule.CREATED_CLAIMABLE if claimable else Rule.CREATED_UNCLAIMABLE).value, ()


def _own_id_of(alias: str, users: Sequence[UserId]) -> UserId | None:
    """The user whose own id the alias is: he is found by it without an identifier."""
    return next((user for user in users if str(user) == alias), None)
