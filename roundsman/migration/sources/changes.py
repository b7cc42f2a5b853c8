"""Watching a source for changes: which documents changed, and where to go on after them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from roundsman.errors import Unavailable


class ChangesLost(Unavailable):
    """The source does not know its changes since the token any more: everything has to be compared once."""

    code = "changes_lost"


@dataclass(slots=True)
class Changes:
    """What changed since the last look: ids by collection, and `token`, after which the next look goes on.

    `newest_at` is when the last of them was made, as the source's clock says; None if nothing changed. `caught_up` says
    that there was nothing after them. `unclear` says that collections were dropped or renamed, so that only a comparison
    of everything tells what changed.
    """

    token: Any
    documents: Mapping[str, Collection[str]] = field(default_factory=lambda: defaultdict(set))
    newest_at: datetime | None = None
    caught_up: bool = False
    unclear: bool = False

    @property
    def count(self) -> int:
        """The number of changed documents."""
        return sum(map(len, self.documents.values()))


class ChangeFeed(Protocol):
    """Changes of some collections, in the order in which they were made."""

    @property
    def token(self) -> Any:  # noqa: ANN401 - the source's own
        """Where it stands: going on from here misses nothing."""

    async def gather(self, *, patience: timedelta, debounce: timedelta, most: int) -> Changes:
        """Wait at most `patience` for a change, then collect for the time of `debounce`, or until there are `most`.

        Raises ChangesLost or SourceUnreachable.
        """

    async def close(self) -> None:
        """Stop watching."""


@runtime_checkable
class Watchable(Protocol):
    """A source that may be able to tell of its changes."""

    async def can_be_watched(self) -> bool:
        """Whether it really does."""

    async def watch(self, collections: Collection[str], *, after: Any) -> ChangeFeed:  # noqa: ANN401 - the source's own token
        """The changes of some collections, after a token or from now on. Raises ChangesLost or SourceUnreachable."""
