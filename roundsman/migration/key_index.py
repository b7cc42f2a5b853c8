"""An index from text keys to rows that takes some ten bytes an entry, where a dict of lists would take three hundred.

It keeps a hash of each key, not the key. Two keys may, once in a billion imports, have one hash; so `rows` compares the
keys, and whoever uses `shared` does.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence


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
        self._sort()
        return sorted(self._runs())

    def _runs(self) -> Iterator[list[int]]:
        hashes, start = self._hashes, 0
        for end in range(1, len(hashes) + 1):
            if end == len(hashes) or hashes[end] != hashes[start]:
                if end - start > 1:
                    yield self._rows[start:end].tolist()
                start = end

    def _sort(self) -> None:
        if self._sorted_up_to == len(self._hashes):
            return
        # A stable sort, so that the rows of a key stay in their order.
        order = array("i", sorted(range(len(self._hashes)), key=self._hashes.__getitem__))
        self._hashes = array("q", map(self._hashes.__getitem__, order))
        self._rows = array("i", map(self._rows.__getitem__, order))
        self._sorted_up_to = len(self._hashes)
