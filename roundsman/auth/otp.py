"""Codes that prove who has a phone or an e-mail (pure): how long they count, and how often they are sent and tried.

The rules (spec: identity, parameters; sources: NIST SP 800-63B-4, OWASP ASVS 5.0 V6.6):

* A code has six digits, eight for staff, counts for five minutes and five tries, once, and for the one thing it was
  asked for. Only the newest code of a phone counts.
* The next code comes after 60, 120, then 240 seconds; at most so many an hour and a day for each phone, each client
  address and each block of numbers, and in all. Each message costs money, and blocks of numbers are how it is stolen.
* Wrong codes are counted for each phone and address whatever codes are new, and in all; who tries all numbers with one
  code each is stopped by the last.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from roundsman.auth.limits import Limit

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


class Purpose(StrEnum):
    """What a code is asked for; it counts for nothing else."""

    SIGN_IN = "sign_in"
    REGISTER = "register"
    RESET = "reset"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class OtpPolicy:
    """Every number of the rules above. A refused request counts for the address, and for nothing else."""

    digits: int = 6
    staff_digits: int = 8
    lifetime: timedelta = timedelta(minutes=5)
    tries: int = 5
    resend: tuple[timedelta, ...] = (timedelta(seconds=60), timedelta(seconds=120), timedelta(seconds=240))
    proof_lifetime: timedelta = timedelta(minutes=15)
    silence: timedelta = timedelta(days=90)
    prefix_omits: int = 3
    per_contact: tuple[Limit, ...] = (Limit("otp_contact_hour", 5, _HOUR), Limit("otp_contact_day", 10, _DAY))
    per_address: tuple[Limit, ...] = (Limit("otp_address_hour", 10, _HOUR), Limit("otp_address_day", 60, _DAY))
    per_prefix: Limit = field(default=Limit("otp_prefix_hour", 30, _HOUR))
    budget: Limit = field(default=Limit("otp_budget_hour", 500, _HOUR))
    failures_per_contact: Limit = field(default=Limit("otp_failures_contact", 15, _DAY))
    failures_per_address: Limit = field(default=Limit("otp_failures_address", 30, timedelta(minutes=5)))
    failures_in_all: Limit = field(default=Limit("otp_failures", 300, _HOUR))

    def pause_after(self, sent: int) -> timedelta:
        """How long after this many codes the next one may be asked for."""
        return self.resend[min(sent, len(self.resend)) - 1]

    def digits_for(self, *, is_staff: bool) -> int:
        """How long a code is."""
        return self.staff_digits if is_staff else self.digits

    def prefix_of(self, key: str) -> str | None:
        """The block of numbers a phone is in; an e-mail is in none."""
        return key[: -self.prefix_omits] if key.startswith("phone:") else None


def new_code(digits: int) -> str:
    """Make a code at random; it may begin with zeros."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def code_text(key: str, purpose: Purpose, code: str) -> str:
    """What a digest is made of: a code of one phone is none of another, nor of the same phone for something else."""
    return f"{purpose.value}|{key}|{code}"
