"""How portals say days and times in the language of who looks (pure); `say` says a string by its key."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from roundsman.calendar import INDIA

Saying = Callable[..., str]

_INDIAN: Final = len("+919308262945")
_NOON: Final = 12
_PARTS: Final = ((4, "time.small_hours"), (12, "time.morning"), (16, "time.afternoon"), (20, "time.evening"))


def day_in(value: date, say: Saying) -> str:
    """Say a day: '3 Nov 2026'; of an instant its Indian day."""
    on = _on(value)
    return say("time.day", day=on.day, month=say(f"month.{on.month}"), year=on.year)


def weekday_in(value: date, say: Saying) -> str:
    """Say a day of these weeks: 'Tue, 3 Nov'."""
    on = _on(value)
    return say("time.weekday", weekday=say(f"weekday.{on.weekday()}"), day=on.day, month=say(f"month.{on.month}"))


def month_in(month: str, say: Saying) -> str:
    """Say a month that is written '2026-11': 'Nov 2026'."""
    year, _, number = month.partition("-")
    return say("time.month", month=say(f"month.{int(number)}"), year=year)


def instant_in(value: datetime, say: Saying) -> str:
    """Say an instant by the Indian clock: '3 Nov 2026, 6:05 am'."""
    return say("time.instant", day=day_in(value, say), time=clock_in(value, say))


def clock_in(value: datetime, say: Saying) -> str:
    """Say the time of an instant by the Indian clock: '6:05 am'."""
    at = value.astimezone(INDIA)
    part = next((name for until, name in _PARTS if at.hour < until), "time.night")
    return say(part, time=f"{at.hour % _NOON or _NOON}:{at.minute:02d}")


def phone_in_groups(phone: str) -> str:
    """Say a phone as it is read out: '+91 93082 62945'; one of another country as it is."""
    is_indian = phone.startswith("+91") and len(phone) == _INDIAN
    return f"{phone[:3]} {phone[3:8]} {phone[8:]}" if is_indian else phone


def _on(value: date) -> date:
    return value.astimezone(INDIA).date() if isinstance(value, datetime) else value
