"""What a delivery boy had earned by the counters of an existing application (pure): two opening balances for each document of his.

What he earned before this month counts at the last millisecond of the Indian month before, this month's at its first instant.
So what he earned in all and in this month is what the counters say; and counters that are read again later, of the same or of the
next month, bring what they would bring were they read for the first time then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from roundsman.calendar import begin_of, first_day_of, month_of
from roundsman.delivery.entries import EntryKind, Wanted
from roundsman.ids import DeliveryBoyId

_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Counters:
    """What an existing application counted, in paise: all he ever earned, and of that what he earned in this month."""

    total_paise: int
    month_paise: int


Openings = Mapping[str, Wanted | None]
"""What each of the things that belong to a document is to bring."""


def openings(document: str, boy: DeliveryBoyId, counters: Counters | None, *, at: datetime) -> Openings:
    """What the counters of a source document bring as they stand at an instant; without counters nothing."""
    begin = begin_of(first_day_of(month_of(at)))
    read = counters or Counters(0, 0)
    before = _opening(boy, read.total_paise - read.month_paise, begin - _MILLISECOND)
    return {thing_before(document): before, thing_of_month(document): _opening(boy, read.month_paise, begin)}


def thing_before(document: str) -> str:
    """The thing for what was earned before the month."""
    return f"legacy:{document}:before"


def thing_of_month(document: str) -> str:
    """The thing for what was earned in the month."""
    return f"legacy:{document}:month"


def _opening(boy: DeliveryBoyId, paise: int, at: datetime) -> Wanted | None:
    return Wanted(boy, EntryKind.OPENING_BALANCE, paise, at) if paise else None
