"""The order in which a MongoDB server sorts values of `_id` (pure).

A dump holds documents in the order in which the server stored them. Read in this order instead, it gives the same plan as
the database it was made from. The rules are the server's own: by type first, all numbers as one type, then by value;
objects field by field.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import IntEnum, auto
from typing import Any

from bson import Binary, Code, Decimal128, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.datetime_ms import DatetimeMS
from bson.dbref import DBRef

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_GENERIC_BINARY = 0

Place = tuple[Any, ...]


class _Type(IntEnum):
    MIN_KEY = auto()
    NULL = auto()
    NUMBER = auto()
    TEXT = auto()
    OBJECT = auto()
    ARRAY = auto()
    BINARY = auto()
    OBJECT_ID = auto()
    BOOLEAN = auto()
    DATE = auto()
    TIMESTAMP = auto()
    REGEX = auto()
    CODE = auto()
    CODE_WITH_SCOPE = auto()
    MAX_KEY = auto()


def place_of(value: Any) -> Place:  # noqa: ANN401, PLR0911 - any BSON value, one line for each type
    """A tuple that sorts as the server sorts the value; equal tuples are one `_id` to it."""
    match value:
        case ObjectId():
            return _Type.OBJECT_ID, value.binary
        case Code():
            if value.scope is None:
                return _Type.CODE, str(value)
            return _Type.CODE_WITH_SCOPE, str(value), _fields(value.scope)
        case str():
            return _Type.TEXT, value
        case bool():
            return _Type.BOOLEAN, value
        case DatetimeMS() | datetime():
            return _Type.DATE, _milliseconds(value)
        case int() | float() | Decimal128():
            return _number(value)
        case bytes():
            subtype = value.subtype if isinstance(value, Binary) else _GENERIC_BINARY
            return _Type.BINARY, len(value), subtype, bytes(value)
        case Mapping():
            return _Type.OBJECT, _fields(value)
        case _:
            return _seldom(value)


def _seldom(value: Any) -> Place:  # noqa: ANN401, PLR0911 - as above
    match value:
        case DBRef():
            return _Type.OBJECT, _fields(value.as_doc())
        case list():
            return _Type.ARRAY, tuple(map(place_of, value))
        case Timestamp():
            return _Type.TIMESTAMP, value.time, value.inc
        case Regex():
            return _Type.REGEX, str(value.pattern), value.flags
        case MinKey():
            return (_Type.MIN_KEY,)
        case MaxKey():
            return (_Type.MAX_KEY,)
        case _:
            return (_Type.NULL,)


def _number(value: float | Decimal128) -> Place:
    """Python compares its kinds of numbers exactly; what is no number stands before all others."""
    number = value.to_decimal() if isinstance(value, Decimal128) else value
    is_number = not (math.isnan(number) if isinstance(number, int | float) else number.is_nan())
    return (_Type.NUMBER, is_number, number) if is_number else (_Type.NUMBER, is_number)


def _fields(document: Mapping[str, Any]) -> Place:
    """The type of each field, then its name, then its value."""
    places = ((name, place_of(value)) for name, value in document.items())
    return tuple((place[0], name, place) for name, place in places)


def _milliseconds(value: datetime | DatetimeMS) -> int:
    return int(value) if isinstance(value, DatetimeMS) else (value - _EPOCH) // _MILLISECOND
