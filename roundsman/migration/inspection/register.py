"""What comparing needs of every record, in about a hundred bytes each.

An inspection of two hundred thousand customers must not need the memory that planning takes. Texts are kept as 64-bit
fingerprints in columns: that two records share one is all that is asked of them. Filled once, then `close` sorts the
ids, and from then on it is only read.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from heapq import merge
from itertools import groupby
from typing import Final

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.identity.names import FoldedName
from roundsman.migration.profile import CollectionProfile, Kind
from roundsman.migration.records import PersonRecord
from roundsman.migration.roster import Row

Fingerprint = int
_NONE: Final[Fingerprint] = 0
_OBJECT_ID_BYTES: Final = 12
_NO_OBJECT_ID: Final = bytes(_OBJECT_ID_BYTES)


def fingerprint(text: str | None) -> Fingerprint:
    """64 bits that are the same for the same text, and for nothing else that will ever be met; 0 for no text."""
    if text is None:
        return _NONE
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) or 1


class Register:
    """Records by row."""

    def __init__(self) -> None:
        self._collections: list[CollectionProfile] = []
        self._collection = array("H")
        self._object_ids = bytearray()
        self._other_ids: dict[Row, str] = {}
        self._names: list[str] = []
        self._roles: list[Role | None] = []
        self._phones, self._emails, self._sign_in_emails = array("Q"), array("Q"), array("Q")
        self._app_ids, self._source_ids = array("Q"), array("Q")
        self._link_kinds: list[Kind] = []
        self._link_targets, self._links_end = array("Q"), array("L")
        self._aliases, self._alias_rows = array("Q"), array("L")

    def __len__(self) -> int:
        return len(self._names)

    def add(self, record: PersonRecord, collection: CollectionProfile) -> Row:
        """Append a record."""
        row = len(self)
        if not self._collections or self._collections[-1] is not collection:
            self._collections.append(collection)
        self._collection.append(len(self._collections) - 1)
        self._object_ids += record.object_id.binary if record.object_id else _NO_OBJECT_ID
        if not record.object_id:
            self._other_ids[row] = record.source_id
        self._names.append(record.folded_text)
        self._roles.append(record.role)
        self._phones.append(fingerprint(record.phone))
        self._emails.append(fingerprint(record.email))
        self._sign_in_emails.append(fingerprint(record.sign_in_email))
        self._app_ids.append(fingerprint(record.app_id))
        self._source_ids.append(fingerprint(record.source_id))
        self._link_kinds.extend(kind for kind, _ in record.links)
        self._link_targets.extend(fingerprint(alias) for _, alias in record.links)
        self._links_end.append(len(self._link_kinds))
        return row

    def close(self) -> None:
        """Sort the old ids, so that records can be found by them."""
        own = (row for row in range(len(self)) if self._app_ids[row] not in (_NONE, self._source_ids[row]))
        by_app_id = array("L", sorted(own, key=self._app_ids.__getitem__))
        by_source_id = array("L", sorted(range(len(self)), key=self._source_ids.__getitem__))
        for alias, row in merge(_with(self._app_ids, by_app_id), _with(self._source_ids, by_source_id)):
            self._aliases.append(alias)
            self._alias_rows.append(row)

    def collection(self, row: Row) -> str:
        """The name of the record's collection."""
        return self._collections[self._collection[row]].name

    def kind(self, row: Row) -> Kind:
        """The kind of the record."""
        return self._collections[self._collection[row]].kind

    def name(self, row: Row) -> FoldedName:
        """The record's name as it sounds."""
        return FoldedName(self._names[row])

    def role(self, row: Row) -> Role | None:
        """The role of an account."""
        return self._roles[row]

    def key(self, row: Row) -> str:
        """What names the record everywhere."""
        start = row * _OBJECT_ID_BYTES
        own = self._other_ids.get(row) or str(ObjectId(bytes(self._object_ids[start : start + _OBJECT_ID_BYTES])))
        return f"{self.collection(row)}:{own}"

    def links(self, row: Row) -> Iterator[tuple[Kind, Fingerprint]]:
        """The kinds and old ids that the record's links name."""
        for place in range(self._links_end[row - 1] if row else 0, self._links_end[row]):
            yield self._link_kinds[place], self._link_targets[place]

    def linked(self, row: Row) -> set[Row]:
        """The rows that the record's links lead to, where exactly one record of that kind carries the old id."""
        found = [self.known_as(alias, kind) for kind, alias in self.links(row)]
        return {rows[0] for rows in found if len(rows) == 1}

    def known_as(self, alias: Fingerprint, kind: Kind | None = None) -> Sequence[Row]:
        """The rows that carry an old id, of this kind if one is named."""
        rows = []
        place = bisect_left(self._aliases, alias)
        while place < len(self._aliases) and self._aliases[place] == alias:
            rows.append(self._alias_rows[place])
            place += 1
        return sorted(row for row in rows if kind is None or self.kind(row) is kind)

    def has_app_id(self, row: Row, alias: Fingerprint) -> bool:
        """Whether the old id is the one the application gave to the record."""
        return self._app_ids[row] == alias

    def phone_groups(self) -> list[list[Row]]:
        """The rows of each phone that several records may match on."""
        return _groups(self._phones)

    def email_groups(self) -> list[list[Row]]:
        """The rows of each e-mail that several records may match on."""
        return _groups(self._emails)

    def sign_in_email_groups(self) -> list[list[Row]]:
        """The rows of each e-mail that several records may sign in with."""
        return _groups(self._sign_in_emails)

    def alias_groups(self) -> list[tuple[list[Row], Fingerprint]]:
        """The rows of each old id that several records carry, with the id."""
        groups: list[tuple[list[Row], Fingerprint]] = []
        for alias, places in groupby(range(len(self._aliases)), key=self._aliases.__getitem__):
            rows = sorted(self._alias_rows[place] for place in places)
            if len(rows) > 1:
                groups.append((rows, alias))
        return sorted(groups)


def _groups(column: Sequence[Fingerprint]) -> list[list[Row]]:
    """The rows of each value that stands more than once, by their first row."""
    rows = sorted((row for row in range(len(column)) if column[row]), key=column.__getitem__)
    groups = (list(group) for _, group in groupby(rows, key=column.__getitem__))
    return sorted(group for group in groups if len(group) > 1)


def _with(column: Sequence[Fingerprint], rows: Iterable[Row]) -> Iterator[tuple[Fingerprint, Row]]:
    return ((column[row], row) for row in rows)
