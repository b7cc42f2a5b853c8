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


def month_of(instant: datetime) -> str:
    """Give the Indian month of an instant: 31 January 18:30 UTC is '2026-02'."""
    return day_of(instant).strftime("%Y-%m")


def month_before(month: str) -> str:
    """Give the month before one: '2025-12' before '2026-01'."""
    return (first_day_of(month) - timedelta(days=1)).strftime("%Y-%m")


def month_after(month: str) -> str:
    """Give the month after one: '2026-01' after '2025-12'."""
    return (first_day_of(month) + timedelta(days=31)).strftime("%Y-%m")


def first_day_of(month: str) -> date:
    """Give the first day of a month."""
    return date.fromisoformat(f"{month}-01")


def end_of(day: date) -> datetime:
    """Give the first instant after an Indian day."""
    return begin_of(day + timedelta(days=1))
