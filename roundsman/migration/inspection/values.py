"""Describing single values without repeating them: their BSON type, the form of a password, the spelling of a phone."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from bson import Code, DatetimeMS, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from roundsman.auth.passwords import HashForm, form_of, imported_hash
from roundsman.migration.profile import Path

ABSENT: Final = object()
"""Stands for a field that is not there, which is not the same as one that is null."""
ITEM: Final = "item"
"""Stands for the meaning of what is in a list by itself, whatever the list is of."""

_LONGEST_INT32: Final = 2**31 - 1
_LONGEST_SPELLING: Final = 24
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_ -]{0,39}")
# The order matters: a bool is an int, Code is a str, Int64 is an int.
_TYPE_NAMES: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (type(None), "null"),
    (Code, "javascript"),
    (str, "string"),
    (bool, "bool"),
    (Int64, "long"),
    (int, "int"),
    (float, "double"),
    (Decimal128, "decimal"),
    (ObjectId, "objectId"),
    ((datetime, DatetimeMS), "date"),
    (Mapping, "object"),
    (list, "array"),
    (bytes, "binData"),
    (Regex, "regex"),
    (Timestamp, "timestamp"),
    (DBRef, "dbPointer"),
    (MinKey, "minKey"),
    (MaxKey, "maxKey"),
)
_TEXT: Final = frozenset({"string"})
_ID: Final = frozenset({"string", "objectId", "int", "long"})
_TIME: Final = frozenset({"string", "date"})
_AMOUNT: Final = frozenset({"int", "long", "double", "decimal"})
_FLAG: Final = frozenset({"bool"})
_IDS = (
    *("app_id", "owner", "created_by", "delivery_boy", "supplier", "address_id", "line_product", "order", "product"),
    "earning_order",
)
TIMES: Final = frozenset(
    {
        "created_at",
        "last_sign_in_at",
        "phone_verified_at",
        "placed_at",
        "for_date",
        "delivered_at",
        "cancelled_at",
        "at",
        "start",
        "end",
        "pause_first",
        "pause_last",
        "paused_from",
        "paused_until",
        "stop",
        "exact_day",
        "earning_at",
    }
)
AMOUNTS: Final = frozenset(
    {"price", "total", "line_price", "amount", "earnings_total", "earnings_month", "earning_amount"}
)
_EXPECTED: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(_IDS, _ID),
    **dict.fromkeys(TIMES, _TIME),
    **dict.fromkeys(AMOUNTS, _AMOUNT),
    "line_quantity": _AMOUNT,
    "quantity": _AMOUNT,
    "exact_quantity": _AMOUNT,
    "is_active": _FLAG,
    "is_default": _FLAG,
    "password": _TEXT | {"binData"},
    "address": _TEXT | {"object"},
    "areas": _TEXT | {"array"},
    "lines": frozenset({"array"}),
    "begins_itself": _FLAG,
    "pauses": frozenset({"array"}),
    "pause_days": frozenset({"array"}),
    "only_weekdays": frozenset({"array"}),
    "exact": frozenset({"array"}),
    "earnings": frozenset({"array"}),
    "weekdays": frozenset({"array"}),
    ITEM: frozenset({"object"}),
}


def written_at(document: Mapping[str, Any], path: Path) -> Any:  # noqa: ANN401 - any BSON value
    """The value under one path, null included; ABSENT if there is none."""
    value: Any = document
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return ABSENT
        value = value[name]
    return value


def type_name(value: object) -> str:
    """The name of the value's BSON type, as MongoDB's `$type` writes it."""
    if type(value) is int and not -_LONGEST_INT32 <= value <= _LONGEST_INT32:
        return "long"
    return next((name for types, name in _TYPE_NAMES if isinstance(value, types)), type(value).__name__)


def is_expected(meaning: str, found: str) -> bool:
    """Whether a field of this meaning may have a value of this type; ids may be numbers, everything unsaid is text."""
    return found in (_ID if meaning.startswith("link_") else _EXPECTED.get(meaning, _TEXT))


def password_form(values: Iterable[object]) -> str:
    """What the application holds as password: bcrypt, sha256, none, or unknown."""
    written = [value for value in values if value not in ("", b"")]
    for value in written:
        if known := imported_hash(value):
            return "sha256" if form_of(known) is HashForm.SHA256 else "bcrypt"
    return "unknown" if written else "none"


def spelling(value: object) -> str:
    """How a phone is written, with 9 for every digit and a for every letter."""
    if type(value) is not str:
        return f"({type_name(value)})"
    if len(value) > _LONGEST_SPELLING:
        return "(longer)"
    return "".join(map(_shape, value)) or "(empty)"


def _shape(character: str) -> str:
    if character.isdecimal():
        return "9"
    if character.isalpha():
        return "a"
    return character if character.isascii() and character.isprintable() else "?"


def shown_word(value: object) -> str:
    """A word of a vocabulary as it is written; anything that does not look like one is not repeated."""
    if value is None:
        return "(none)"
    if type(value) is not str:
        return f"({type_name(value)})"
    if not _WORD.fullmatch(value.strip()):
        return "(no word)"
    return value if value == value.strip() else repr(value)
