"""The chain that shows whether the audit log is what was written, without reading or writing anything.

Each sealed row has a number (from 1, without gaps), the mac of the row before it, and a mac of its own: HMAC-SHA256 over
that and the row in canonical form (fields in alphabetical order, at any depth; the seal is no part of it). The first row
follows 32 zero bytes. Only who has the key can make a mac, so that a hand in the database shows:

- a row that was edited does not fit its mac, and a row that was inserted fits none;
- a row that was moved fits a mac, but not in its place;
- a row that was deleted leaves a gap; a tail that was cut off is known to the head of the chain and to the checkpoints.

The head and the checkpoints name a number and the mac of that row; they are signed with keys derived for each of them.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import bson

from roundsman.audit_log.entries import in_order

SEAL: Final = "seal"
START: Final = bytes(32)
"""What the first row follows."""

Row = Mapping[str, Any]
_SEATS_TRIED: Final = 500


@dataclass(frozen=True, slots=True)
class Seal:
    """The place of a row in the chain."""

    number: int
    previous: bytes
    mac: bytes


class MarkKind(StrEnum):
    """What a signed mark is; each has a key of its own, so that none can stand for another."""

    HEAD = "head"
    CHECKPOINT = "checkpoint"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Mark:
    """So far the chain went at that time: the number and the mac of its last row, signed."""

    kind: MarkKind
    number: int
    mac: bytes
    at: datetime
    signature: bytes


@dataclass(frozen=True, slots=True)
class ChainKey:
    """The key of the chain."""

    secret: bytes

    @property
    def id(self) -> str:
        """What may be shown of the key: whether it is the same."""
        return self._derived("id").hex()[:16]

    def mac(self, previous: bytes, row: Row) -> bytes:
        """Give the mac of a row that follows the row with the mac `previous`."""
        return hmac.digest(self._derived("row"), previous + canonical(row), "sha256")

    def sign(self, kind: MarkKind, number: int, mac: bytes, *, at: datetime) -> Mark:
        """Make a mark."""
        return Mark(kind, number, mac, at, self._signature(kind, number, mac, at))

    def made(self, mark: Mark) -> bool:
        """Whether the mark was signed with this key and is as it was then."""
        return hmac.compare_digest(self._signature(mark.kind, mark.number, mark.mac, mark.at), mark.signature)

    def _signature(self, kind: MarkKind, number: int, mac: bytes, at: datetime) -> bytes:
        text = bson.encode({"number": number, "mac": mac, "at": at})
        return hmac.digest(self._derived(kind), text, "sha256")

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self.secret, f"audit log: {purpose}".encode(), "sha256")


def canonical(row: Row) -> bytes:
    """Give the bytes of a row, whatever the order of its fields; its seal is no part of it."""
    return bson.encode(in_order({name: value for name, value in row.items() if name != SEAL}))


def seals_for(key: ChainKey, rows: Iterable[Row], *, after: tuple[int, bytes]) -> list[Seal]:
    """Chain rows in the order given to the row of that number and mac."""
    number, previous = after
    seals: list[Seal] = []
    for row in rows:
        number += 1
        seals.append(Seal(number, previous, key.mac(previous, row)))
        previous = seals[-1].mac
    return seals


class Trouble(StrEnum):
    """What a hand in the database did."""

    EDITED = "edited"
    INSERTED = "inserted"
    MOVED = "moved"
    MISSING = "missing"
    CUT_OFF = "cut off"
    MARK_FORGED = "mark forged"
    MARK_MISSING = "mark missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One trouble: which numbers, and the row as far as there is one."""

    trouble: Trouble
    first: int | None
    last: int | None
    row: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Suspect:
    row: Row
    seal: Seal | None
    is_extra: bool


class Examiner:
    """Takes the sealed rows in the order of their numbers, then says what is wrong with them."""

    def __init__(self, key: ChainKey, marks: Sequence[Mark]) -> None:
        self._key = key
        self._marks = marks
        self._wanted = {mark.number for mark in marks}
        self._macs: dict[int, bytes] = {0: START}
        self._group: list[tuple[Seal, Row]] = []
        self._suspects: list[_Suspect] = []
        self._gaps: list[Finding] = []
        self._previous: bytes | None = START
        self._last_mac = START
        self._last = self.held = self._last_held = 0

    def take(self, row: Row) -> None:
        """Take the next row; rows of one number come one after another."""
        seal = seal_of(row)
        if seal is None or seal.number <= self._last:
            self._suspects.append(_Suspect(row, seal, is_extra=True))
            return
        if self._group and self._group[0][0].number != seal.number:
            self._place()
        self._group.append((seal, row))

    def findings(self, *, beyond: int) -> list[Finding]:
        """Say what is wrong; nothing of ours was given a number after `beyond`."""
        self._place()
        gaps = [_ending_at(gap, beyond) for gap in self._gaps if gap.first and gap.first <= beyond]
        named = [_named(self._key, suspect, self._suspects, beyond) for suspect in self._suspects]
        return sorted([*gaps, *named, *self._about_marks(beyond)], key=lambda one: one.first or 0)

    def _place(self) -> None:
        """Decide which row has the place of a number; where none fits, the next one is believed what it follows."""
        if not self._group:
            return
        group, self._group = self._group, []
        number = group[0][0].number
        if number > self._last + 1:
            self._gaps.append(Finding(Trouble.MISSING, self._last + 1, number - 1))
            self._previous = None
        holder = next((seal for seal, row in group if self._fits(seal, row)), None)
        self._suspects += [_Suspect(row, seal, holder is not None) for seal, row in group if seal is not holder]
        self._previous = holder.mac if holder else None
        self._last = number
        if holder:
            self.held += 1
            self._last_held, self._last_mac = number, holder.mac
            if number in self._wanted:
                self._macs[number] = holder.mac

    def _fits(self, seal: Seal, row: Row) -> bool:
        if self._previous is None:
            # What directly follows the last row that holds belongs there, and not here.
            follows = seal.previous != self._last_mac or seal.number == self._last_held + 1
        else:
            follows = self._previous == seal.previous
        return follows and _is_authentic(self._key, seal, row)

    def _about_marks(self, beyond: int) -> Iterable[Finding]:
        if self._last_held > beyond:
            yield Finding(Trouble.MARK_FORGED, beyond, beyond, detail="the head is behind the chain")
        for mark in self._marks:
            name = f"{mark.kind} of {mark.at:%Y-%m-%d %H:%M}"
            if not self._key.made(mark) or self._macs.get(mark.number, mark.mac) != mark.mac:
                yield Finding(Trouble.MARK_FORGED, mark.number, mark.number, detail=name)
        known = [mark for mark in self._marks if mark.number > self._last and self._key.made(mark)]
        if known:
            farthest = max(known, key=lambda mark: mark.number)
            detail = f"known to the {farthest.kind} of {farthest.at:%Y-%m-%d %H:%M}"
            yield Finding(Trouble.CUT_OFF, self._last + 1, farthest.number, detail=detail)


def seal_of(row: Row) -> Seal | None:
    """Read the seal of a row; None where it has none, or one that nobody of ours wrote."""
    match row.get(SEAL):
        case {"number": int(number), "previous": bytes(previous), "mac": bytes(mac)}:
            return Seal(number, previous, mac)
        case _:
            return None


def _is_authentic(key: ChainKey, seal: Seal, row: Row) -> bool:
    return hmac.compare_digest(key.mac(seal.previous, row), seal.mac)


def _ending_at(gap: Finding, beyond: int) -> Finding:
    return replace(gap, last=min(gap.last or 0, beyond))


def _named(key: ChainKey, suspect: _Suspect, all_suspects: Sequence[_Suspect], beyond: int) -> Finding:
    number = suspect.seal.number if suspect.seal else None
    seats = [one.seal for one in (suspect, *all_suspects[:_SEATS_TRIED]) if one.seal]
    if any(_is_authentic(key, seat, suspect.row) for seat in seats):
        trouble = Trouble.MOVED
    elif suspect.is_extra or number is None or number > beyond:
        trouble = Trouble.INSERTED
    else:
        trouble = Trouble.EDITED
    return Finding(trouble, number, number, str(suspect.row.get("_id")))
