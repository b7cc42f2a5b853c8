"""Dates in the forms the existing application's writers used; times are seconds since 1970 in UTC."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

DAY = 86_400
_INDIA_OFFSET = 19_800


@lru_cache(maxsize=4096)
def _day_text(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def seconds(day: date) -> int:
    """The midnight in UTC at which the day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _clock_text(at: int) -> str:
    rest = at % DAY
    return f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"


def date_text(at: int) -> str:
    """`2026-11-01`, the day in India."""
    return _day_text((at + _INDIA_OFFSET) // DAY)


def day_begin(at: int) -> int:
    """When the day in India began."""
    return (at + _INDIA_OFFSET) // DAY * DAY - _INDIA_OFFSET


def utc_text(at: int) -> str:
    """`2026-11-01T06:30:00+00:00`."""
    return f"{naive_utc_text(at)}+00:00"


def naive_utc_text(at: int) -> str:
    """`2026-11-01T06:30:00`: UTC that does not say so."""
    return f"{_day_text(at // DAY)}T{_clock_text(at)}"


def naive_local_text(at: int) -> str:
    """The same without a word about the zone, in Indian time."""
    return naive_utc_text(at + _INDIA_OFFSET)


def bson_date(at: int) -> dict[str, str]:
    """A real date of the database, in relaxed Extended JSON."""
    return {"$date": f"{naive_utc_text(at)}Z"}
