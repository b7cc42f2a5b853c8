"""What is noted of records together: who shares what, which links lead where, who stands alone.

Phones, names and links are judged by the functions that planning uses, so that what is announced here is what the import
meets.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Final

from roundsman.access.roles import STAFF_ROLES
from roundsman.identity.names import Verdict, compare_names
from roundsman.migration.inspection.findings import Overlap, Tally
from roundsman.migration.inspection.register import Fingerprint, Register
from roundsman.migration.pairing import has_many_names
from roundsman.migration.profile import PEOPLE, Kind
from roundsman.migration.roster import Row

_MOST_NAMES_COMPARED: Final = 12


def inspect_people(register: Register, tally: Tally, *, spelled: Mapping[Row, str]) -> tuple[Overlap, ...]:
    """Note everything about the records together. `spelled` are e-mails of rows that are not written in their one form."""
    inspection = _PeopleInspection(register, tally)
    inspection.note_phones()
    inspection.note_emails(spelled)
    inspection.note_ids()
    for row in range(len(register)):
        inspection.note_links(row)
    inspection.note_loneliness()
    return inspection.overlaps()


class _PeopleInspection:
    def __init__(self, register: Register, tally: Tally) -> None:
        self._register = register
        self._tally = tally
        self._accompanied = bytearray(len(register))
        self._shared_phones: Counter[tuple[Kind, Kind]] = Counter()
        self._shared_emails: Counter[tuple[Kind, Kind]] = Counter()

    def note_phones(self) -> None:
        for rows in self._register.phone_groups():
            if has_many_names(self._register.name(row).text for row in rows):
                self._tally.add("phone_crowded", *self._keys(rows))
            else:
                self._note_shared_phone(rows)

    def note_emails(self, spelled: Mapping[Row, str]) -> None:
        for rows in self._register.email_groups():
            self._shared_emails.update(self._kind_pairs(rows))
            self._tie(rows)
        for rows in self._register.sign_in_email_groups():
            users = [row for row in rows if self._is_account(row)]
            if len(users) > 1:
                self._tally.add("email_of_several_users", *self._keys(users))
                if len({spelled.get(row) for row in users}) > 1:
                    self._tally.add("email_spelled_differently", *self._keys(users))

    def note_ids(self) -> None:
        for rows, alias in self._register.alias_groups():
            self._note_shared_id(alias, rows)

    def note_links(self, row: Row) -> None:
        for kind, alias in self._register.links(row):
            found = len(self._register.known_as(alias, kind))
            if found != 1:
                code = "link_ambiguous" if found else "link_dangling"
                self._tally.add(code, *self._keys([row]), subject=f"{self._register.collection(row)} to {kind}")
        linked = self._register.linked(row)
        self._tie([row, *linked])
        for other in self._disagreeing(row, linked):
            self._tally.add("link_contradicting", *self._keys([row, other]))

    def note_loneliness(self) -> None:
        for row in range(len(self._register)):
            role = self._register.role(row)
            if self._accompanied[row] or role in STAFF_ROLES:
                continue
            if self._is_account(row):
                self._tally.add("user_without_profile", *self._keys([row]), subject=role or "no role")
            else:
                code = f"{self._register.kind(row)}_without_user"
                self._tally.add(code, *self._keys([row]), subject=self._register.collection(row))

    def overlaps(self) -> tuple[Overlap, ...]:
        return tuple(
            Overlap(*kinds, phones=self._shared_phones[kinds], emails=self._shared_emails[kinds])
            for kinds in combinations(PEOPLE, 2)
            if self._shared_phones[kinds] or self._shared_emails[kinds]
        )

    def _note_shared_phone(self, rows: Sequence[Row]) -> None:
        self._shared_phones.update(self._kind_pairs(rows))
        self._tie(rows)
        of_kind = self._by_kind(rows)
        users, customers = of_kind.get(Kind.USER, []), of_kind.get(Kind.CUSTOMER, [])
        if len(users) > 1:
            self._tally.add("phone_of_several_users", *self._keys(users))
            if any(self._differ(a, b) for a, b in combinations(self._of_distinct_names(users), 2)):
                self._tally.add("phone_of_different_users", *self._keys(users))
        if len(customers) > 1:
            self._tally.add("phone_of_several_customers", *self._keys(customers))
        for one, other in self._kind_pairs(rows):
            pairs = product(self._of_distinct_names(of_kind[one]), self._of_distinct_names(of_kind[other]))
            if differing := next((pair for pair in pairs if self._differ(*pair)), None):
                self._tally.add("phone_names_differ", *self._keys(differing), subject=f"{one} and {other}")

    def _note_shared_id(self, alias: Fingerprint, rows: Sequence[Row]) -> None:
        in_collection = Counter(map(self._register.collection, rows))
        for collection, count in in_collection.items():
            if count > 1:
                carriers = [row for row in rows if self._register.collection(row) == collection]
                self._tally.add("id_repeated", *self._keys(carriers), subject=collection)
        owners = [row for row in rows if self._register.has_app_id(row, alias)]
        self._tie(owners)
        pairs = combinations(self._of_distinct_names(owners), 2)
        apart = (pair for pair in pairs if self._differ(*pair) and self._in_two_collections(*pair))
        if differing := next(apart, None):
            self._tally.add("id_names_differ", *self._keys(differing))

    def _disagreeing(self, row: Row, linked: set[Row]) -> Iterator[Row]:
        """Those whom the record's links name, and who name another account or stand beside one that is named too."""
        users = {other for other in linked if self._is_account(other)}
        if not self._is_account(row):
            yield from sorted(users)[1:]
            return
        for other in sorted(linked - users):
            named = {back for back in self._register.linked(other) if self._is_account(back)}
            if named and row not in named:
                yield other

    def _tie(self, rows: Iterable[Row]) -> None:
        """Note that accounts and other records that something connects do not stand alone."""
        group = list(rows)
        is_account = [self._is_account(row) for row in group]
        if any(is_account) and not all(is_account):
            for row in group:
                self._accompanied[row] = 1

    def _by_kind(self, rows: Iterable[Row]) -> Mapping[Kind, list[Row]]:
        of_kind: dict[Kind, list[Row]] = defaultdict(list)
        for row in rows:
            of_kind[self._register.kind(row)].append(row)
        return of_kind

    def _kind_pairs(self, rows: Iterable[Row]) -> Iterator[tuple[Kind, Kind]]:
        kinds = set(map(self._register.kind, rows))
        return combinations([kind for kind in PEOPLE if kind in kinds], 2)

    def _of_distinct_names(self, rows: Iterable[Row]) -> list[Row]:
        """The first rows of each name, as many as are worth comparing."""
        first = {self._register.name(row): row for row in reversed(list(rows))}
        return sorted(first.values())[:_MOST_NAMES_COMPARED]

    def _differ(self, a: Row, b: Row) -> bool:
        return compare_names(self._register.name(a), self._register.name(b)) is Verdict.DIFFERENT

    def _in_two_collections(self, a: Row, b: Row) -> bool:
        return self._register.collection(a) != self._register.collection(b)

    def _is_account(self, row: Row) -> bool:
        return self._register.kind(row) is Kind.USER

    def _keys(self, rows: Iterable[Row]) -> list[str]:
        return [self._register.key(row) for row in rows]
