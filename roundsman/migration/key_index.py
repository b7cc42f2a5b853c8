"""Indexes from text keys to rows: one for millions of entries, and one for few.

The first takes some ten bytes an entry, where a dict of lists would take three hundred. It keeps a hash of each key, not the key. Two keys may, once in a billion imports, have one hash; so `rows` compares the
keys, and whoever uses `shared` does.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

_ROW_BITS = 32
_ROW_MASK = (1 << _ROW_BITS) - 1


class Index(Protocol):
    """What both offer. Rows are added in their order, and given in it."""

    def add(self, key: str, row: int) -> None:
        """Note that the row carries the key."""

    def rows(self, key: str) -> Sequence[int]:
        """The rows that carry the key."""

    def candidates(self, key: str) -> Sequence[int]:
        """The rows that seem to carry the key: one alone that is known to carry it needs no look."""

    def shared(self) -> list[list[int]]:
        """The rows of each key that several rows seem to carry, in the order of first rows."""

    def runs(self) -> Iterable[list[int]]:
        """The same, one after another in no particular order."""


class KeyTable:
    """A dict of lists."""

    def __init__(self) -> None:
        self._rows: dict[str, list[int]] = {}

    def add(self, key: str, row: int) -> None:
        """Note that the row carries the key."""
        self._rows.setdefault(key, []).append(row)

    def rows(self, key: str) -> Sequence[int]:
        """The rows that carry the key, in their order."""
        return self._rows.get(key, ())

    candidates = rows

    def shared(self) -> list[list[int]]:
        """The rows of each key that several rows carry, in the order of first rows."""
        return sorted(self.runs())

    def runs(self) -> Iterator[list[int]]:
        """The same, one after another in no particular order."""
        return (rows for rows in self._rows.values() if len(rows) > 1)


class KeyIndex:
    """Rows by their keys; `keys_of` tells them. Sorting is done when something is asked after something was added."""

    def __init__(self, keys_of: Callable[[int], Sequence[str | None]]) -> None:
        self._keys_of = keys_of
        self._hashes = array("q")
        self._rows = array("i")
        self._sorted_up_to = 0

    def add(self, key: str, row: int) -> None:
        """Note that the row carries the key; rows are added in their order."""
        self._hashes.append(hash(key))
        self._rows.append(row)

    def rows(self, key: str) -> list[int]:
        """The rows that carry the key, in their order."""
        return [row for row in self.candidates(key) if key in self._keys_of(row)]

    def candidates(self, key: str) -> list[int]:
        """The rows that seem to carry the key, in their order: one alone that is known to carry it needs no look."""
        self._sort()
        wanted = hash(key)
        start = end = bisect_left(self._hashes, wanted)
        while end < len(self._hashes) and self._hashes[end] == wanted:
            end += 1
        return self._rows[start:end].tolist()

    def shared(self) -> list[list[int]]:
        """The rows of each key that several rows seem to carry, in the order of first rows."""
        return sorted(self.runs())

    def runs(self) -> Iterator[list[int]]:
        """The same, one after another in no particular order."""
        self._sort()
        hashes, start = self._hashes, 0
        for end in range(1, len(hashes) + 1):
            if end == len(hashes) or hashes[end] != hashes[start]:
                if end - start > 1:
                    yield self._rows[start:end].tolist()
                start = end

    def _sort(self) -> None:
        if self._sorted_up_to == len(self._hashes):
            return
        # Both in one number take half the memory of sorting by a key; the rows of a key stay in their order.
        entries = sorted(map(_entry, self._hashes, self._rows))
        self._hashes = array("q", (entry >> _ROW_BITS for entry in entries))
        self._rows = array("i", (entry & _ROW_MASK for entry in entries))
        self._sorted_up_to = len(self._hashes)


def _entry(key_hash: int, row: int) -> int:
    return key_hash << _ROW_BITS | row
