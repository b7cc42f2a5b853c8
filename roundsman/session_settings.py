"""The settings of sessions and access tokens, a part of `settings`: how long they last, and how many somebody has.

The defaults are those of spec identity, parameters; the reason for short ones is OWASP ASVS 5.0, V7.3.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode

_UNITS: Final = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
_WRITTEN = re.compile(r"([1-9]\d{0,4})([mhd])/([1-9]\d{0,4})([mhd])/([1-9]\d{0,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SessionSpan:
    """How long a session lasts without use and in all, and how many somebody has; written `30d/90d/5`."""

    idle: timedelta
    total: timedelta
    most: int

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"{_written(self.idle)}/{_written(self.total)}/{self.most}"


def span_from(text: object) -> SessionSpan:
    """Read a span; raises ValueError with a sentence that says how one is written."""
    if isinstance(text, SessionSpan):
        return text
    found = _WRITTEN.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError("write it as 30d/90d/5, with d for days, h for hours and m for minutes")
    idle, total = int(found[1]) * _UNITS[found[2]], int(found[3]) * _UNITS[found[4]]
    if idle > total:
        raise ValueError("a session cannot last longer without use than in all")
    return SessionSpan(idle, total, int(found[5]))


Span = Annotated[SessionSpan, NoDecode, BeforeValidator(span_from)]


class SessionSettings(BaseSettings):
    """What can be set of sessions and access tokens."""

    session_customer: Span = Field(
        span_from("30d/90d/5"),
        description="The sessions of a customer: how long one lasts without use, how long in all, and how many he has at "
        "once; of more the oldest ends (OWASP ASVS 5.0, 7.1.2 and 7.3). Whoever has several roles gets the strictest of "
        "each.",
    )
    session_delivery_boy: Span = Field(
        span_from("24h/14d/2"),
        description="The same for a delivery boy, whose phone is taken along and lost (OWASP ASVS 5.0, 7.3).",
    )
    session_supplier: Span = Field(span_from("12h/7d/5"), description="The same for a supplier (OWASP ASVS 5.0, 7.3).")
    session_staff: Span = Field(
        span_from("30m/12h/3"),
        description="The same for marketing staff and admins, who see everybody's data (NIST SP 800-63B-4, 2.2.3: at most "
        "an hour without use and 24 hours in all).",
    )
    access_token_minutes: int = Field(
        10,
        ge=1,
        le=60,
        description="How long an access token is good, until it is refreshed. Other services that only check its signature "
        "learn of an end of the session this late (RFC 9700, 4.14).",
    )
    access_token_staff_minutes: int = Field(
        5, ge=1, le=60, description="How long the access token of staff is good (RFC 9700, 4.14)."
    )


def _written(span: timedelta) -> str:
    unit = next(unit for unit, length in _UNITS.items() if not span % length)
    return f"{span // _UNITS[unit]}{unit}"
