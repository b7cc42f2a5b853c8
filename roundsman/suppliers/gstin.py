"""The number under which a business pays goods and services tax in India (pure): one business, one number in a state."""

import re
from typing import Final

PATTERN: Final = r"^\d{2}[A-Za-z]{5}\d{4}[A-Za-z][0-9A-Za-z]{3}$"
"""15 characters: state, PAN, and three more."""
_FORM: Final = re.compile(PATTERN, re.ASCII)
_BETWEEN: Final = re.compile(r"[\s-]+")


def read_gstin(written: str | None) -> str | None:
    """The number in capitals without gaps; None where it is none, like `not registered`."""
    read = _BETWEEN.sub("", written or "").upper()
    return read if _FORM.match(read) else None
