"""E-mail addresses: one spelling for one mailbox, and which of them say who somebody is.

A synthetic address was invented by a program to fill a field, and means nothing. A role mailbox (`info@…`) is read by
several people: it never joins two records, but somebody may sign in with it when it is his alone.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class EmailReason(StrEnum):
    """Why an address is a key, or why it is none."""

    OK = "ok"
    EMPTY = "empty"
    INVALID = "invalid"
    SYNTHETIC = "synthetic"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Email:
    """What was read: the address in its one spelling when there is one, and what may be done with it."""

    address: str | None
    reason: EmailReason

    @property
    def is_key(self) -> bool:
        """Whether the address may match two records."""
        return self.reason is EmailReason.OK

    @property
    def is_login(self) -> bool:
        """Whether the address may be the sign-in identifier of the one user who has it."""
        return self.reason is EmailReason.OK or self.reason is EmailReason.ROLE


_LONGEST: Final = 254
_LONGEST_LOCAL_PART: Final = 64
_EMPTY: Final = Email(None, EmailReason.EMPTY)
_INVALID: Final = Email(None, EmailReason.INVALID)
_BLANKS: Final = frozenset({"nan", "none", "null", "nil", "na", "n/a", "undefined", "-", "--", "."})
_ROLE_WORDS = (
    "abuse account accounts admin administrator billing care contact customercare delivery enquiries enquiry feedback "
    "finance hello help helpdesk hr info information mail marketing no-reply noreply office orders postmaster "
    "purchase reception root sales service support team test webmaster"
)
_ROLES: Final = frozenset(_ROLE_WORDS.split())
_ADDRESS: Final = re.compile(
    r"[^\s\"<>()\[\],;:\\@.]+(?:\.[^\s\"<>()\[\],;:\\@.]+)*"
    r"@(?:[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?\.)+[^\W\d_](?:(?:[^\W_]|-){0,61}[^\W_])"
)


def read_email(raw: object, *, synthetic_patterns: tuple[re.Pattern[str], ...] = ()) -> Email:
    """Read an address from any value a document can hold; never raises.

    `synthetic_patterns` come from the source profile and are searched in the normalised address.
    """
    if raw is None or (isinstance(raw, float) and math.isnan(raw)):  # a blank cell of a spreadsheet comes as NaN
        return _EMPTY
    if not isinstance(raw, str):
        return _INVALID
    address = _normalised(raw)
    if not address or address in _BLANKS:
        return _EMPTY
    if not _is_address(address):
        return _INVALID
    return Email(address, _reason(address, synthetic_patterns))


def _normalised(text: str) -> str:
    if text.isascii():
        return text.strip().lower()
    folded = unicodedata.normalize("NFKC", text)
    visible = "".join(character for character in folded if unicodedata.category(character) != "Cf")
    return unicodedata.normalize("NFKC", visible.strip().lower())


def _is_address(text: str) -> bool:
    return (
        len(text) <= _LONGEST
        and text.find("@") <= _LONGEST_LOCAL_PART
        and text.isprintable()
        and _ADDRESS.fullmatch(text) is not None
    )


def _reason(address: str, synthetic_patterns: tuple[re.Pattern[str], ...]) -> EmailReason:
    if any(pattern.search(address) for pattern in synthetic_patterns):
        return EmailReason.SYNTHETIC
    local_part = address.partition("@")[0].partition("+")[0]
    return EmailReason.ROLE if local_part in _ROLES else EmailReason.OK
