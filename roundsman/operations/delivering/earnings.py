"""What a delivery boy earned and is owed, at a glance and by day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from roundsman.calendar import first_day_of, month_after, month_of
from roundsman.database.transaction import Tx
from roundsman.delivery.delivery_boys import DeliveryBoy
from roundsman.delivery.entries import OWED, Entry
from roundsman.delivery.posting import totals_of
from roundsman.delivery.ratings import average_stars
from roundsman.delivery.statements import DayOfEarnings, days_of, list_entries, owed_before
from roundsman.delivery.totals import Totals


@dataclass(frozen=True, slots=True)
class Earnings:
    """What a delivery boy has earned in all and in the Indian month of now, and how that stands; in paise.

    What was deducted and paid out is as one says it: 500 paise less are 500 deducted.
    """

    delivery_boy: DeliveryBoy
    earnings_total_paise: int
    earnings_month_paise: int
    deducted_paise: int
    paid_paise: int
    balance_paise: int
    cash_in_hand_paise: int
    rating: float | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A month of a delivery boy, day by day."""

    month: str
    days: tuple[DayOfEarnings, ...]

    @property
    def earned_paise(self) -> int:
        """What the month earned."""
        return sum(day.earned_paise for day in self.days)

    @property
    def deliveries(self) -> int:
        """How many deliveries count in it."""
        return sum(day.deliveries for day in self.days)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An entry, and what the delivery boy was owed after it, in paise; cash in his hands is no part of that."""

    entry: Entry
    balance_paise: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries of a month, the earliest first, between what was owed when it began and when it ended."""

    opening_paise: int
    lines: tuple[LedgerLine, ...]

    @property
    def closing_paise(self) -> int:
        """What he was owed after the last entry."""
        return self.lines[-1].balance_paise if self.lines else self.opening_paise


async def earnings_of(tx: Tx, boy: DeliveryBoy, *, now: datetime) -> Earnings:
    """How the earnings of a delivery boy stand."""
    return earnings_from(boy, await totals_of(tx, boy.id), now=now)


def earnings_from(boy: DeliveryBoy, totals: Totals, *, now: datetime) -> Earnings:
    """How the earnings of a delivery boy stand by his sums."""
    return Earnings(
        delivery_boy=boy,
        earnings_total_paise=totals.total_paise,
        earnings_month_paise=totals.earned_in(month_of(now)),
        deducted_paise=-totals.deducted_paise,
        paid_paise=-totals.paid_paise,
        balance_paise=totals.balance_paise,
        cash_in_hand_paise=totals.cash_paise,
        rating=average_stars(totals.ratings, totals.stars),
    )


async def statement_of(tx: Tx, boy: DeliveryBoy, month: str) -> Statement:
    """What a delivery boy earned on the days of an Indian month."""
    first, last = days_of_month(month)
    return Statement(month, tuple(await days_of(tx, boy.id, first, last)))


async def ledger_of(tx: Tx, boy: DeliveryBoy, month: str) -> Ledger:
    """The ledger of a delivery boy in an Indian month, with the balance after each entry."""
    first, last = days_of_month(month)
    opening = await owed_before(tx, boy.id, first)
    entries = await list_entries(tx, boy.id, first, last)
    changes = (entry.paise if entry.book in OWED else 0 for entry in entries)
    balances = list(accumulate(changes, initial=opening))[1:]
    return Ledger(opening, tuple(map(LedgerLine, entries, balances)))


def days_of_month(month: str) -> tuple[date, date]:
    """The first and the last day of a month."""
    return first_day_of(month), first_day_of(month_after(month)) - timedelta(days=1)
