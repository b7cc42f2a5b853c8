"""How pages say amounts, days, instants and phones (pure): as they are written in India."""

from datetime import date, datetime, timedelta
from typing import Final

from roundsman.calendar import INDIA
from roundsman.money import rupees_text

_SHOWN_DIGITS: Final = 4
_NOON: Final = 12
_MINUS: Final = "\N{MINUS SIGN}"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def money(paise: int) -> str:
    """Say paise in rupees: 12345678 is '₹1,23,456.78', whole rupees without the '.00', less than nothing with a minus sign."""
    text = rupees_text(abs(paise)).removesuffix(".00")
    return f"{_MINUS if paise < 0 else ''}₹{text}"


def day(value: date) -> str:
    """Say a day: '3 Nov 2026'; of an instant its Indian day."""
    on = value.astimezone(INDIA) if isinstance(value, datetime) else value
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def clock(value: datetime) -> str:
    """Say the time of an instant by the Indian clock: '6:05 am'."""
    at = value.astimezone(INDIA)
    return f"{at.hour % _NOON or _NOON}:{at.minute:02d} {'am' if at.hour < _NOON else 'pm'}"


def instant(value: datetime) -> str:
    """Say an instant by the Indian clock: '3 Nov 2026, 6:05 am'."""
    return f"{day(value)}, {clock(value)}"


def span(value: timedelta) -> str:
    """Say how long something is in its largest unit: '45 s', '12 min', '6 h', '3 days'."""
    seconds = int(value.total_seconds())
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def masked(contact: str) -> str:
    """Say a phone or an e-mail so that who knows it finds it again and nobody else learns it: '+91 ······ 4321'."""
    if "@" in contact:
        name, _, domain = contact.partition("@")
        return f"{name[:1]}·····@{domain}"
    return f"{contact[:3]} ······ {contact[-_SHOWN_DIGITS:]}" if len(contact) > 2 * _SHOWN_DIGITS else "······"
