"""From a filled roster to the rows of a plan. Pure: the same roster, knowledge and as-of time give the same rows."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.customers.customers import Customer, CustomerStatus
from roundsman.identity.identifiers import alias_key
from roundsman.identity.users import Claim, User, UserStatus
from roundsman.ids import CustomerId, UserId, derived_object_id
from roundsman.migration.awards import Awards
from roundsman.migration.matching import Rule, partner_role_to_confirm
from roundsman.migration.people import Known, People, Person
from roundsman.migration.plan import (
    IMPORTED,
    DocumentRow,
    Fate,
    HandOverRow,
    IdentifierRow,
    ProfileRow,
    ReviewRow,
    RolesRow,
    UserRow,
)
from roundsman.migration.profile import Kind
from roundsman.migration.roster import Roster, Row
from roundsman.migration.survivorship import choose_name, roles_of

_PARTNERS = (Kind.DELIVERY_BOY, Kind.SUPPLIER)
_PartnerProfiles = Mapping[tuple[UserId, Kind], ObjectId | None]


class Planning:
    """The decisions about one roster, made once; each section of rows is then produced on demand."""

    def __init__(self, roster: Roster, known: Known, *, as_of: datetime) -> None:
        self._roster = roster
        self._known = known
        self._as_of = as_of
        self.people = People(roster, known, as_of=as_of)
        self._awards = Awards(self.people)

    def user_rows(self) -> Iterator[UserRow]:
        """The users to create: each person's survivor, followed by the accounts merged into him."""
        for person in self.people.persons:
            if person.is_new:
                yield self._survivor(person)
            yield from (self._loser(row, person) for row in self.people.losers(person))

    def roles_rows(self) -> Iterator[RolesRow]:
        """The roles that new profiles bring to users who exist."""
        for person in self.people.persons:
            if not person.is_new:
                profiles = [row for row in person.rows if self.people.is_fresh(row) and not self._is_account(row)]
                roles = roles_of(self._roster, profiles) | self._role_by_need(person)
                if roles:
                    to_confirm = tuple(role for role in self._to_confirm(person) if role in roles)
                    yield RolesRow(person.user_id, tuple(sorted(roles)), to_confirm)

    def hand_over_rows(self) -> Iterator[HandOverRow]:
        """What becomes of the phones and e-mails that their holders' documents do not say any more."""
        for key, row in sorted(self._known.unsaid.items()):
            award = self._awards.of(key)
            after, verified_at = (award.user_id, award.verified_at) if award else (None, None)
            if after != (before := self.people.user_of(row)):
                yield HandOverRow(key, before, after, verified_at)

    def identifier_rows(self) -> Iterator[IdentifierRow]:
        """The phones, e-mails and old ids of new or changed documents that nobody owns yet.

        Once people are live, the source gives a user who exists nothing to sign in with: it may not be his.
        """
        settled = {person.user_id for person in self.people.persons if not person.is_new}
        for key, award in self._awards.new():
            if not self._known.people_are_live or award.user_id not in settled:
                yield IdentifierRow(key, (award.user_id,), award.verified_at)
        for alias, rows in self._roster.alias_groups():
            if alias_key(alias) not in self._known.owners and any(map(self.people.is_news, rows)):
                users = self.people.users_of(rows)
                # A user is found by his own id without an identifier.
                if [str(user) for user in users] != [alias]:
                    yield IdentifierRow(alias_key(alias), users)

    def document_rows(self) -> Iterator[DocumentRow]:
        """Every document that is new or changed, in the order of the source."""
        profiles = self._partner_profiles()
        for row in range(len(self._roster)):
            if self.people.is_fresh(row):
                yield self._document(row, profiles)
            elif self.people.is_changed(row):
                yield self._changed(row)

    def profile_rows(self) -> Iterator[ProfileRow]:
        """The customer profiles that orders and subscriptions need and no document holds (P1)."""
        for person in self.people.persons:
            if self.people.needs_customer(person):
                account = next(row for row in person.rows if self._is_account(row))
                yield ProfileRow(self._made_customer(account, person), self._roster[account].key)

    def review_rows(self) -> Iterator[ReviewRow]:
        """The questions for humans that were not asked before."""
        seen: set[tuple[Row, ...]] = set()
        for question in self.people.clustering.questions:
            members = {self._roster[row].key for row in question.rows}
            first = min(members)
            if question.rows in seen or any(members <= before for before in self._known.asked.get(first, ())):
                continue
            seen.add(question.rows)
            users = self.people.users_of(question.rows)
            # What came to one user by way of others that are his already leaves nothing to ask.
            if len(users) > 1:
                yield ReviewRow(
                    question.outcome.value, question.rule.value, tuple(sorted(members)), users, question.evidence
                )

    def _is_account(self, row: Row) -> bool:
        return self.people.is_account(row)

    # Users

    def _survivor(self, person: Person) -> UserRow:
        survivor = self._roster[person.rows[0]]
        name = choose_name(self._roster, person.rows)
        user = User(
            id=person.user_id,
            name=name.value,
            status=self._status(person),
            claim=self._claim(person, has_password=survivor.has_password),
            roles=tuple(sorted(roles_of(self._roster, person.rows) | self._role_by_need(person))),
            created_at=self._created_at(person),
            created_by=IMPORTED,
            roles_to_confirm=self._to_confirm(person),
            former_identifiers=tuple(self._awards.keys_of(person.rows)) if person.is_archived else (),
        )
        # Only the survivor's own password: that of an account merged away never opens another one.
        return UserRow(user, survivor.key if survivor.has_password else None, {"name": name.rule})

    def _loser(self, row: Row, person: Person) -> UserRow:
        record = self._roster[row]
        user = User(
            id=self.people.new_user_id(row),
            name=record.name,
            status=UserStatus.MERGED,
            claim=Claim.UNCLAIMABLE,
            roles=(),
            created_at=record.came_at(self._as_of),
            created_by=IMPORTED,
            merged_into=person.user_id,
            former_identifiers=tuple(self._awards.keys_of([row])),
        )
        return UserRow(user, None, {})

    def _status(self, person: Person) -> UserStatus:
        if person.is_archived:
            return UserStatus.ARCHIVED
        blocked = any(self._roster[row].blocked for row in person.rows if self._is_account(row))
        return UserStatus.DISABLED if blocked else UserStatus.ACTIVE

    def _claim(self, person: Person, *, has_password: bool) -> Claim:
        won, lost = self._awards.shares(person)
        if won and has_password:
            return Claim.CLAIMED
        if any(key.startswith("phone:") for key in won):
            return Claim.CLAIMABLE
        return Claim.CLAIMABLE_CONFLICT if lost else Claim.UNCLAIMABLE

    def _created_at(self, person: Person) -> datetime:
        return min(self._roster[row].came_at(self._as_of) for row in person.rows)

    def _to_confirm(self, person: Person) -> tuple[Role, ...]:
        kinds = frozenset(self._roster[row].kind for row in person.rows)
        own = frozenset(role for row in person.rows if (role := self._roster[row].role))
        return partner_role_to_confirm(kinds, own)

    def _role_by_need(self, person: Person) -> frozenset[Role]:
        return frozenset({Role.CUSTOMER}) if self.people.needs_customer(person) else frozenset()

    # Profiles and documents

    def _made_customer(self, account: Row, person: Person) -> Customer:
        record = self._roster[account]
        return Customer(
            id=CustomerId(derived_object_id("customer", record.key)),
            user_id=person.user_id,
            name=record.name,
            status=CustomerStatus.ACTIVE,
            created_at=record.came_at(self._as_of),
            created_by=IMPORTED,
            phone=record.phone,
            email=record.sign_in_email,
        )

    def _partner_profiles(self) -> _PartnerProfiles:
        """The one profile that each partner has, however many documents tell of him."""
        profiles: dict[tuple[UserId, Kind], ObjectId | None] = {}
        for person in self.people.persons:
            imported = [row for row in person.rows if row in self._known.assigned]
            for row in (*imported, *person.rows):
                if (kind := self._roster.kind_of(row)) in _PARTNERS:
                    assigned = self._known.assigned.get(row)
                    profile_id = assigned.profile_id if assigned else self.people.record_id(row)
                    profiles.setdefault((person.user_id, kind), profile_id)
        return profiles

    def _document(self, row: Row, profiles: _PartnerProfiles) -> DocumentRow:
        record, user_id = self._roster[row], self.people.user_of(row)
        fate, rule, evidence = self._fate(row)
        own = None if self._is_account(row) else self.people.record_id(row)
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
            created_by=record.created_by,
        )

    def _changed(self, row: Row) -> DocumentRow:
        record, assigned = self._roster[row], self._known.assigned[row]
        return DocumentRow(
            collection=record.collection,
            source_id=record.source_id,
            sha256=record.sha256,
            user_id=self.people.user_of(row),
            fate=Fate.LINKED if assigned.profile_id else Fate.KEPT,
            rule=Rule.FOLLOWED.value,
            evidence=("changed in the source",),
            profile_id=assigned.profile_id,
            makes_profile=assigned.profile_id == self.people.record_id(row),
            created_by=record.created_by,
            changed=True,
        )

    def _fate(self, row: Row) -> tuple[Fate, str, tuple[str, ...]]:
        person = self.people.person_of[row]
        if person.is_archived:
            return Fate.ARCHIVED, Rule.ARCHIVED_UNUSED.value, ("customer only", "no profile", "named by nothing")
        decision = self.people.clustering.joined_by[row]
        if decision is None:
            return self._single_fate(row)
        is_first = self.people.new_user_id(row) == person.user_id
        if self._is_account(row):
            fate = Fate.KEPT if is_first else Fate.MERGED
        else:
            fate = Fate.CREATED_FOR if is_first else Fate.LINKED
        return fate, decision.rule.value, decision.evidence

    def _single_fate(self, row: Row) -> tuple[Fate, str, tuple[str, ...]]:
        if question := self.people.question_of(row):
            return Fate.HELD, question.rule.value, question.evidence
        if self._is_account(row):
            return Fate.KEPT, Rule.KEPT.value, ()
        has_phone = any(key.startswith("phone:") for key in self._awards.keys_of([row]))
        return Fate.CREATED_FOR, (Rule.CREATED_CLAIMABLE if has_phone else Rule.CREATED_UNCLAIMABLE).value, ()
