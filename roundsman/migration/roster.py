"""All records of one planning, and the ways to find them by what they carry."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from roundsman.ids import UserId
from roundsman.migration.profile import Kind
from roundsman.migration.records import PersonRecord

Row = int


@dataclass(frozen=True, slots=True)
class Activity:
    """What orders, subscriptions and the like say of a record: how often it is named, when last, whether it buys."""

    references: int = 0
    latest_at: datetime | None = None
    needs_profile: bool = False

    def plus(self, at: datetime | None, *, needs_profile: bool) -> "Activity":
        """The activity with one more reference."""
        latest = max(filter(None, (self.latest_at, at)), default=None)
        return Activity(self.references + 1, latest, self.needs_profile or needs_profile)


NO_ACTIVITY = Activity()


@dataclass(slots=True)
class Roster:
    """Records by row, and indexes over them that hold rows. Filled once, then only read, but for `assign`."""

    records: list[PersonRecord] = field(default_factory=list)
    activity: dict[Row, Activity] = field(default_factory=dict)
    _by_phone: dict[str, list[Row]] = field(default_factory=dict)
    _by_email: dict[str, list[Row]] = field(default_factory=dict)
    _by_alias: dict[str, list[Row]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, row: Row) -> PersonRecord:
        return self.records[row]

    def add(self, record: PersonRecord) -> Row:
        """Append a record and index its keys and aliases."""
        row = len(self.records)
        self.records.append(record)
        if record.phone:
            self._by_phone.setdefault(record.phone, []).append(row)
        if record.email:
            self._by_email.setdefault(record.email, []).append(row)
        for alias in record.aliases:
            self._by_alias.setdefault(alias, []).append(row)
        return row

    def note_activity(self, alias: str, at: datetime | None, *, needs_profile: bool) -> bool:
        """Count a reference to everybody known by the old id; False if nobody is."""
        rows = self._by_alias.get(alias, ())
        for row in rows:
            self.activity[row] = self.activity.get(row, NO_ACTIVITY).plus(at, needs_profile=needs_profile)
        return bool(rows)

    def activity_of(self, row: Row) -> Activity:
        """What is known of the use of a record."""
        return self.activity.get(row, NO_ACTIVITY)

    def known_as(self, alias: str, *kinds: Kind) -> Sequence[Row]:
        """The rows that carry an old id, of these kinds if any are named."""
        rows = self._by_alias.get(alias, ())
        return [row for row in rows if self.records[row].kind in kinds] if kinds else rows

    def phone_groups(self) -> Mapping[str, list[Row]]:
        """Rows by the phone they may match on."""
        return self._by_phone

    def email_groups(self) -> Mapping[str, list[Row]]:
        """Rows by the e-mail they may match on."""
        return self._by_email

    def alias_groups(self) -> Iterable[tuple[str, list[Row]]]:
        """Every old id with the rows that carry it."""
        return self._by_alias.items()

    def linked(self, row: Row) -> Iterator[Row]:
        """The rows that the record's links lead to, where exactly one record of that kind carries the old id."""
        for kind, alias in self.records[row].links:
            found = self.known_as(alias, kind)
            if len(found) == 1:
                yield found[0]

    def dangling(self, row: Row) -> bool:
        """Whether the record has a link that leads nowhere, or to several."""
        return any(len(self.known_as(alias, kind)) != 1 for kind, alias in self.records[row].links)

    def assign(self, row: Row, user_id: UserId) -> None:
        """Note that the record belongs to a user already."""
        self.records[row] = replace(self.records[row], user_id=user_id)

    def owner_of(self, row: Row) -> UserId | None:
        """The user a record already belongs to."""
        return self.records[row].user_id
