"""What the ledger of a delivery boy is made of, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from roundsman.calendar import month_of
from roundsman.ids import DeliveryBoyId, PayoutId


class EntryKind(StrEnum):
    """What an entry stands for."""

    DELIVERY = "delivery"
    FIXED = "fixed"
    BONUS = "bonus"
    TIP = "tip"
    DEDUCTION = "deduction"
    ADJUSTMENT = "adjustment"
    REVERSAL = "reversal"
    OPENING_BALANCE = "opening_balance"
    PAYOUT = "payout"
    CASH_COLLECTED = "cash_collected"
    CASH_HANDOVER = "cash_handover"


class Book(StrEnum):
    """What an entry counts for. What is owed to him is what he earned, deductions and payouts, which are negative."""

    EARNED = "earned"
    DEDUCTED = "deducted"
    PAID = "paid"
    CASH = "cash"
    """The business's money in his hands, which he is not owed."""
    OPENED = "opened"
    """What he earned while an existing application counted it. It paid him, so nothing of it is owed here."""


_BOOKS: Final = {
    EntryKind.DEDUCTION: Book.DEDUCTED,
    EntryKind.PAYOUT: Book.PAID,
    EntryKind.CASH_COLLECTED: Book.CASH,
    EntryKind.CASH_HANDOVER: Book.CASH,
    EntryKind.OPENING_BALANCE: Book.OPENED,
}


def book_of(kind: EntryKind) -> Book:
    """The book of an entry of this kind; a reversal has that of what it reverses."""
    return _BOOKS.get(kind, Book.EARNED)


EARNINGS: Final = frozenset({Book.EARNED, Book.OPENED})
"""The books that say what he earned in all, and in a month."""

OWED: Final = frozenset({Book.EARNED, Book.DEDUCTED, Book.PAID})
"""The books whose sum is what he is owed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a thing is to bring a delivery boy: paise with their sign, for what happened at an instant.

    `card` is the rate card that said so, `breakdown` how its parts add up.
    """

    delivery_boy_id: DeliveryBoyId
    kind: EntryKind
    paise: int
    at: datetime
    card: str | None = None
    breakdown: Mapping[str, int] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger; nothing of it is ever changed but the payout that claims it.

    `thing` is what it is about, whose entries are numbered by their keys. `at` is when that happened; `earned_at` is when
    it counts, which is later where the month of it was paid already. `written_at` is when it was written, and `by` who had it
    written: a user's id, or `system` where rules alone did; entries of before these were kept have neither.
    """

    key: str
    thing: str
    delivery_boy_id: DeliveryBoyId
    kind: EntryKind
    book: Book
    paise: int
    at: datetime
    earned_at: datetime
    card: str | None = None
    breakdown: Mapping[str, int] = field(default_factory=dict)
    reason: str | None = None
    reverses: str | None = None
    payout_id: PayoutId | None = None
    written_at: datetime | None = None
    by: str | None = None

    @property
    def month(self) -> str:
        """The Indian month in which it counts: '2026-01'."""
        return month_of(self.earned_at)
