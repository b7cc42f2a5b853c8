"""The days and weeks that reports group by; only they are Indian, periods are not (spec activation, The rule)."""

from datetime import date, datetime, timedelta, timezone
from typing import Final

INDIA: Final = timezone(timedelta(hours=5, minutes=30))


def day_of(instant: datetime) -> date:
    """Give the Indian day of an instant."""
    return instant.astimezone(INDIA).date()


def week_of(day: date) -> date:
    """Give the Monday of the week a day is in."""
    return day - timedelta(days=day.weekday())


def begin_of(day: date) -> datetime:
    """Give the first instant of an Indian day."""
    return datetime(day.year, day.month, day.day, tzinfo=INDIA)
