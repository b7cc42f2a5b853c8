"""All records of one planning, and the ways to find them by what they carry.

A roster may hold millions of records, so they are kept packed, and unpacked when somebody looks at them.
"""

from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from roundsman.ids import UserId
from roundsman.migration.key_index import Index, KeyIndex, KeyTable
from roundsman.migration.profile import Kind
from roundsman.migration.records import PersonRecord

Row = int
_KINDS = tuple(Kind)
_KEPT_UNPACKED = 2_048


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


class Roster:
    """Records by row, and indexes over them that hold rows. Filled once, then only read, but for `assign`."""

    def __init__(self) -> None:
        self._packed = bytearray()
        self._starts = array("Q", [0])
        self._kinds = array("B")
        self._rows_with_links = array("i")
        self._owners: dict[Row, UserId] = {}
        self._activity: dict[Row, Activity] = {}
        self._by_phone: Index = KeyIndex(lambda row: (self[row].phone,))
        self._by_email: Index = KeyIndex(lambda row: (self[row].sign_in_email or self[row].email,))
        self._by_gstin: Index = KeyIndex(lambda row: (self[row].gstin,))
        self._by_alias: Index = KeyIndex(lambda row: self[row].aliases)
        # Rows that belong together are looked at one after another, many times each.
        self._record: Callable[[Row], PersonRecord] = lru_cache(_KEPT_UNPACKED)(self._unpack)
        self._linked: Callable[[Row], tuple[Row, ...]] = lru_cache(_KEPT_UNPACKED)(self._follow_links)

    def __len__(self) -> int:
        return len(self._kinds)

    def __getitem__(self, row: Row) -> PersonRecord:
        return self._record(row)

    def __iter__(self) -> Iterator[PersonRecord]:
        return map(self._unpack, range(len(self)))

    def add(self, record: PersonRecord, *, owner: UserId | None = None) -> Row:
        """Append a record and index its keys and aliases; `owner` is the user it belongs to already."""
        row = self.add_packed(record.packed())
        if owner is not None:
            self._owners[row] = owner
        return row

    def add_packed(self, packed: bytes) -> Row:
        """Append a record that was packed before."""
        row, record = len(self), PersonRecord.unpacked(packed)
        self._keep(packed, record)
        self._kinds.append(_KINDS.index(record.kind))
        if record.link_values:
            self._rows_with_links.append(row)
        if record.phone:
            self._by_phone.add(record.phone, row)
        if login := record.sign_in_email or record.email:
            self._by_email.add(login, row)
        if record.gstin:
            self._by_gstin.add(record.gstin, row)
        for alias in record.aliases:
            self._by_alias.add(alias, row)
        return row

    def packed(self, row: Row) -> bytes:
        """The record as it was packed."""
        return bytes(self._packed[self._starts[row] : self._starts[row + 1]])

    def note_activity(self, alias: str, at: datetime | None, *, needs_profile: bool) -> bool:
        """Count a reference to everybody known by the old id; False if nobody is."""
        rows = self.known_as(alias)
        for row in rows:
            self._activity[row] = self.activity_of(row).plus(at, needs_profile=needs_profile)
        return bool(rows)

    def activity_of(self, row: Row) -> Activity:
        """What is known of the use of a record."""
        return self._activity.get(row, NO_ACTIVITY)

    def kind_of(self, row: Row) -> Kind:
        """What kind of record it is."""
        return _KINDS[self._kinds[row]]

    def note_activities(self, activities: Mapping[Row, Activity]) -> None:
        """Take over what was counted before."""
        self._activity.update(activities)

    def known_as(self, alias: str, *kinds: Kind) -> Sequence[Row]:
        """The rows that carry an old id, of these kinds if any are named."""
        rows = self._by_alias.rows(alias)
        return [row for row in rows if self.kind_of(row) in kinds] if kinds else rows

    def rows_with(self, key: str) -> Sequence[Row]:
        """The rows that carry a phone or an e-mail, given as the key of an identifier."""
        kind, _, value = key.partition(":")
        return self._by_phone.rows(value) if kind == "phone" else self._by_email.rows(value)

    def shared_phones(self) -> list[list[Row]]:
        """The rows of each phone that several records seem to match on."""
        return self._by_phone.shared()

    def shared_emails(self) -> list[list[Row]]:
        """The rows of each e-mail that several records seem to match on."""
        matching = ([row for row in rows if self[row].email] for rows in self._by_email.shared())
        return [rows for rows in matching if len(rows) > 1]

    def shared_gstins(self) -> list[list[Row]]:
        """The rows of each GSTIN that several suppliers seem to have."""
        return self._by_gstin.shared()

    def groups(self) -> Iterator[Sequence[Row]]:
        """Rows that share a phone, an e-mail to match on or to sign in with, a GSTIN, an old id, or the user they belong to."""
        yield from self._by_phone.runs()
        yield from self._by_email.runs()
        yield from self._by_gstin.runs()
        yield from self._by_alias.runs()
        by_owner: dict[UserId, list[Row]] = {}
        for row, owner in self._owners.items():
            by_owner.setdefault(owner, []).append(row)
        yield from by_owner.values()

    def shared_aliases(self) -> list[list[Row]]:
        """The rows of each old id that several records seem to carry."""
        return self._by_alias.shared()

    def alias_groups(self) -> Iterator[tuple[str, Sequence[Row]]]:
        """Every old id with the rows that carry it, in the order of first rows."""
        for row in range(len(self)):
            for alias in self[row].aliases:
                rows = self._sharing(alias)
                if rows[0] == row:
                    yield alias, rows

    def same_ids(self, row: Row) -> Sequence[Row]:
        """The rows of the same kind with the same source `_id`, itself among them, in reading order."""
        source_id, kind = self[row].source_id, self.kind_of(row)
        rows = self._sharing(source_id)
        if len(rows) == 1:
            return rows
        return [one for one in rows if self.kind_of(one) is kind and self[one].source_id == source_id]

    def rows_with_links(self) -> Sequence[Row]:
        """The rows whose records name others, whether or not these exist."""
        return self._rows_with_links

    def linked(self, row: Row) -> tuple[Row, ...]:
        """The rows that the record's links lead to, where exactly one record of that kind carries the old id."""
        return self._linked(row)

    def assign(self, row: Row, user_id: UserId) -> None:
        """Note that the record belongs to a user already."""
        self._owners[row] = user_id

    def owned_rows(self) -> Collection[Row]:
        """The rows whose records belong to a user already."""
        return self._owners.keys()

    def owner_of(self, row: Row) -> UserId | None:
        """The user a record already belongs to."""
        return self._owners.get(row)

    def let_go(self) -> None:
        """Give the memory back at once: a roster and its caches refer to each other, and cycles are seldom looked for."""
        self.__dict__.clear()

    def _keep(self, packed: bytes, _record: PersonRecord) -> None:
        self._packed += packed
        self._starts.append(len(self._packed))

    def _sharing(self, alias: str) -> Sequence[Row]:
        """The rows that carry an old id which one of them is known to carry."""
        rows = self._by_alias.candidates(alias)
        return rows if len(rows) == 1 else self._by_alias.rows(alias)

    def _unpack(self, row: Row) -> PersonRecord:
        return PersonRecord.unpacked(self.packed(row))

    def _follow_links(self, row: Row) -> tuple[Row, ...]:
        found = (self.known_as(alias, kind) for kind, alias in self[row].links)
        return tuple(rows[0] for rows in found if len(rows) == 1)


class SmallRoster(Roster):
    """A roster of records that are few enough to be at hand: unpacked, and found without a search."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[PersonRecord] = []
        self._by_phone, self._by_email = KeyTable(), KeyTable()
        self._by_gstin, self._by_alias = KeyTable(), KeyTable()

    def __getitem__(self, row: Row) -> PersonRecord:
        return self._records[row]

    def packed(self, row: Row) -> bytes:
        """The record packed again."""
        return self[row].packed()

    def _keep(self, _packed: bytes, record: PersonRecord) -> None:
        self._records.append(record)

    def _unpack(self, row: Row) -> PersonRecord:
        return self._records[row]
