"""What became of each field that write-back looked at (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_MOST_LISTED = 1_000


class Became(StrEnum):
    """Every field is in one of these classes; `own_id` and `refused_because` only say more of some."""

    WRITTEN = "written"
    LINKED = "linked"
    PRESENT = "present"
    WRITTEN_BEFORE = "written_before"
    NOT_IMPORTED = "not_imported"
    NO_STATUS = "no_status"
    BLOCKED = "blocked"
    CHANGED_MEANWHILE = "changed_meanwhile"
    REFUSED = "refused"
    RESTORED = "restored"
    CHANGED_SINCE = "changed_since"
    GONE = "gone"


MEANING: Mapping[Became, str] = {
    Became.WRITTEN: "written",
    Became.LINKED: "names a user of the source already, left alone",
    Became.PRESENT: "has a value already, left alone",
    Became.WRITTEN_BEFORE: "written by an earlier run",
    Became.NOT_IMPORTED: "its document was not imported yet",
    Became.NO_STATUS: "nothing is known here to write",
    Became.BLOCKED: "something else stands in the way, left alone",
    Became.CHANGED_MEANWHILE: "changed meanwhile by somebody else, left alone",
    Became.REFUSED: "refused by the source's own rules",
    Became.RESTORED: "as it was before",
    Became.CHANGED_SINCE: "changed since by somebody else, left alone",
    Became.GONE: "its document is gone from the source",
}
MEANING_BEFOREHAND: Mapping[Became, str] = {
    **MEANING,
    Became.WRITTEN: "to be written",
    Became.RESTORED: "to be as it was before",
}
"""The same before anything was done."""
NEEDS_EYES = (Became.BLOCKED, Became.CHANGED_MEANWHILE, Became.REFUSED, Became.CHANGED_SINCE)
OWN_ID = "own_id"
_LISTED = frozenset({*NEEDS_EYES, Became.GONE, OWN_ID})


@dataclass(slots=True)
class Outcome:
    """Counts by field and class; the first thousand of what is listed, by class, as `collection:_id:field`."""

    run: str | None = None
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    listed: dict[str, list[str]] = field(default_factory=dict)
    own_ids: int = 0

    def add(self, place: str, became: Became, count: int = 1) -> None:
        """Count fields of one kind, `collection.field`."""
        if count:
            counts = self.counts.setdefault(place, {})
            counts[became.value] = counts.get(became.value, 0) + count

    def list(self, became: str, keys: Iterable[str]) -> None:
        """List what somebody may want to look at."""
        found = self.listed.setdefault(became, []) if became in _LISTED else []
        found.extend(key for key, _ in zip(keys, range(_MOST_LISTED - len(found)), strict=False))

    def total(self, became: Became) -> int:
        """How many fields of all kinds are in a class."""
        return sum(counts.get(became.value, 0) for counts in self.counts.values())

    @property
    def needs_eyes(self) -> bool:
        """Whether anything was left that should have been written or restored."""
        return any(self.total(became) for became in NEEDS_EYES)

    def told(self) -> str:
        """The totals in one line."""
        totals = ((became, self.total(became)) for became in Became)
        return ", ".join(f"{became.value} {total}" for became, total in totals if total) or "nothing to do"
