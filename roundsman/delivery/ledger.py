"""What is written to the ledger so that a thing brings what it should (pure).

- A thing, like a delivery, has one entry that counts at most: however often it is told, it is paid once. Where something else
  should count, the entry is reversed and a new one written; nothing is edited.
- What happened in a month that was paid already counts from when it was told, as an adjustment.
- A reversal counts where the entry counts that it takes back, unless that month was paid.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from roundsman.calendar import month_of
from roundsman.delivery.entries import Book, Entry, EntryKind, Wanted, book_of
from roundsman.ids import DeliveryBoyId


def live_entry(entries: Sequence[Entry]) -> Entry | None:
    """The entry of a thing that counts, of all that were written about it."""
    reversed_keys = {entry.reverses for entry in entries}
    live = [one for one in entries if one.kind is not EntryKind.REVERSAL and one.key not in reversed_keys]
    return live[0] if live else None


def corrections(
    thing: str,
    entries: Sequence[Entry],
    wanted: Wanted | None,
    *,
    paid_through: dict[DeliveryBoyId, str],
    now: datetime,
) -> list[Entry]:
    """What is to be written so that the thing brings what is wanted, or nothing; none if it does already.

    `entries` are all of the thing. `paid_through` is the last month that was paid to a delivery boy, where one was.
    """
    live = live_entry(entries)
    if live is not None and wanted is not None and _says(live, wanted):
        return []
    new = []
    if live is not None:
        new.append(_reversal(live, paid_through.get(live.delivery_boy_id), now=now))
    if wanted is not None:
        key = _key(thing, sum(one.kind is not EntryKind.REVERSAL for one in entries))
        new.append(_entry(key, thing, wanted, paid_through.get(wanted.delivery_boy_id), now=now))
    return new


def _says(entry: Entry, wanted: Wanted) -> bool:
    return (entry.delivery_boy_id, entry.paise, entry.at) == (wanted.delivery_boy_id, wanted.paise, wanted.at)


def _key(thing: str, before: int) -> str:
    return thing if not before else f"{thing}:{before + 1}"


def _reversal(live: Entry, paid_through: str | None, *, now: datetime) -> Entry:
    return replace(
        live,
        key=f"{live.key}:reversed",
        kind=EntryKind.REVERSAL,
        paise=-live.paise,
        earned_at=_counts_at(live.earned_at, paid_through, now=now),
        breakdown={},
        reason=None,
        reverses=live.key,
        payout_id=None,
    )


def _entry(key: str, thing: str, wanted: Wanted, paid_through: str | None, *, now: datetime) -> Entry:
    earned_at = _counts_at(wanted.at, paid_through, now=now) if book_of(wanted.kind) is not Book.CASH else wanted.at
    is_late = earned_at != wanted.at and wanted.kind is not EntryKind.DEDUCTION
    return Entry(
        key=key,
        thing=thing,
        delivery_boy_id=wanted.delivery_boy_id,
        kind=EntryKind.ADJUSTMENT if is_late else wanted.kind,
        book=book_of(wanted.kind),
        paise=wanted.paise,
        at=wanted.at,
        earned_at=earned_at,
        card=wanted.card,
        breakdown=wanted.breakdown,
        reason=wanted.reason,
    )


def _counts_at(at: datetime, paid_through: str | None, *, now: datetime) -> datetime:
    return now if paid_through is not None and month_of(at) <= paid_through else at
