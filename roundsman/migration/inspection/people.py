"""What is noted of records together: who shares what, which links lead where, who stands alone.

The questions are asked of the same roster that planning uses, so that what is announced here is what the import meets.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Final

from roundsman.identity.names import Verdict, compare_names
from roundsman.migration.inspection.findings import Overlap, Tally
from roundsman.migration.pairing import crowded_phones
from roundsman.migration.profile import PEOPLE, Kind
from roundsman.migration.roster import Roster, Row

_MOST_NAMES_COMPARED: Final = 12


def inspect_people(roster: Roster, tally: Tally, *, spelled: Mapping[Row, str]) -> tuple[Overlap, ...]:
    """Note everything about the records together. `spelled` are e-mails of rows that are not written in their one form."""
    inspection = _PeopleInspection(roster, tally)
    inspection.note_phones()
    inspection.note_emails(spelled)
    inspection.note_ids()
    for row in range(len(roster)):
        inspection.note_links(row)
    inspection.note_loneliness()
    return inspection.overlaps()


class _PeopleInspection:
    def __init__(self, roster: Roster, tally: Tally) -> None:
        self._roster = roster
        self._tally = tally
        self._crowded = crowded_phones(roster)
        self._accompanied = bytearray(len(roster))
        self._shared_phones: Counter[tuple[Kind, Kind]] = Counter()
        self._shared_emails: Counter[tuple[Kind, Kind]] = Counter()

    def note_phones(self) -> None:
        for phone, rows in self._roster.phone_groups().items():
            if phone in self._crowded:
                self._tally.add("phone_crowded", *self._keys(rows))
            elif len(rows) > 1:
                self._note_shared_phone(rows)

    def note_emails(self, spelled: Mapping[Row, str]) -> None:
        for rows in self._roster.email_groups().values():
            self._shared_emails.update(self._kind_pairs(rows))
            self._tie(rows)
        for address, rows in self._sign_in_emails().items():
            if len(rows) > 1:
                self._tally.add("email_of_several_users", *self._keys(rows))
                if len({spelled.get(row, address) for row in rows}) > 1:
                    self._tally.add("email_spelled_differently", *self._keys(rows))

    def note_ids(self) -> None:
        for alias, rows in self._roster.alias_groups():
            if len(rows) > 1:
                self._note_shared_id(alias, rows)

    def note_links(self, row: Row) -> None:
        record = self._roster[row]
        for kind, alias in record.links:
            found = len(self._roster.known_as(alias, kind))
            if found != 1:
                code = "link_ambiguous" if found else "link_dangling"
                self._tally.add(code, record.key, subject=f"{record.collection} to {kind}")
        linked = set(self._roster.linked(row))
        self._tie([row, *linked])
        for other in self._disagreeing(row, linked):
            self._tally.add("link_contradicting", record.key, self._roster[other].key)

    def note_loneliness(self) -> None:
        for row, record in enumerate(self._roster.records):
            if self._accompanied[row] or record.is_staff:
                continue
            if record.kind is Kind.USER:
                self._tally.add("user_without_profile", record.key, subject=record.role or "no role")
            else:
                self._tally.add(f"{record.kind}_without_user", record.key, subject=record.collection)

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

    def _note_shared_id(self, alias: str, rows: Sequence[Row]) -> None:
        in_collection = Counter(self._roster[row].collection for row in rows)
        for collection, count in in_collection.items():
            if count > 1:
                carriers = [row for row in rows if self._roster[row].collection == collection]
                self._tally.add("id_repeated", *self._keys(carriers), subject=collection)
        owners = [row for row in rows if self._roster[row].app_id == alias]
        self._tie(owners)
        pairs = combinations(self._of_distinct_names(owners), 2)
        apart = (pair for pair in pairs if self._differ(*pair) and self._in_two_collections(*pair))
        if differing := next(apart, None):
            self._tally.add("id_names_differ", *self._keys(differing))

    def _disagreeing(self, row: Row, linked: set[Row]) -> Iterator[Row]:
        """Those whom the record's links name, and who name another account or stand beside one that is named too."""
        users = {other for other in linked if self._roster[other].kind is Kind.USER}
        if self._roster[row].kind is not Kind.USER:
            yield from sorted(users)[1:]
            return
        for other in sorted(linked - users):
            named = {back for back in self._roster.linked(other) if self._roster[back].kind is Kind.USER}
            if named and row not in named:
                yield other

    def _sign_in_emails(self) -> Mapping[str, list[Row]]:
        users: dict[str, list[Row]] = defaultdict(list)
        for row, record in enumerate(self._roster.records):
            if record.kind is Kind.USER and record.sign_in_email:
                users[record.sign_in_email].append(row)
        return users

    def _tie(self, rows: Iterable[Row]) -> None:
        """Note that accounts and other records that something connects do not stand alone."""
        group = list(rows)
        is_account = [self._roster[row].kind is Kind.USER for row in group]
        if any(is_account) and not all(is_account):
            for row in group:
                self._accompanied[row] = 1

    def _by_kind(self, rows: Iterable[Row]) -> Mapping[Kind, list[Row]]:
        of_kind: dict[Kind, list[Row]] = defaultdict(list)
        for row in rows:
            of_kind[self._roster[row].kind].append(row)
        return of_kind

    def _kind_pairs(self, rows: Iterable[Row]) -> Iterator[tuple[Kind, Kind]]:
        kinds = {self._roster[row].kind for row in rows}
        return combinations([kind for kind in PEOPLE if kind in kinds], 2)

    def _of_distinct_names(self, rows: Iterable[Row]) -> list[Row]:
        """The first rows of each name, as many as are worth comparing."""
        first = {self._roster[row].folded_name: row for row in reversed(list(rows))}
        return sorted(first.values())[:_MOST_NAMES_COMPARED]

    def _differ(self, a: Row, b: Row) -> bool:
        return compare_names(self._roster[a].folded_name, self._roster[b].folded_name) is Verdict.DIFFERENT

    def _in_two_collections(self, a: Row, b: Row) -> bool:
        return self._roster[a].collection != self._roster[b].collection

    def _keys(self, rows: Iterable[Row]) -> list[str]:
        return [self._roster[row].key for row in rows]
