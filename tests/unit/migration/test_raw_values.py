"""Values of BSON documents as bytes: found, exchanged and taken away without touching any other byte."""

import bson
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.errors import InvalidDocument
from hypothesis import given
from hypothesis import strategies as st

from roundsman.migration.write_back.fields import Absent, Blocked, restored, state_of
from roundsman.migration.write_back.raw_values import RawValue, exchanged, find, nested
from tests.bson_values import bson_values

names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4)
every_type = st.one_of(
    bson_values,
    st.sampled_from(
        [
            MinKey(),
            MaxKey(),
            Code("f()"),
            Code("f()", {"a": 1}),
            Regex("^a", "i"),
            Timestamp(1, 2),
            DBRef("users", ObjectId("0123456789ab0123456789ab")),
            Binary(b"\x03\x00\x00\x00old", 2),
        ]
    ),
)
UNDEFINED, SYMBOL = RawValue(0x06, b""), RawValue(0x0E, b"\x02\x00\x00\x00a\x00")
DB_POINTER = RawValue(0x0C, b"\x02\x00\x00\x00u\x00" + bytes(12))
BROKEN = RawValue(0x02, b"\x03\x00\x00\x00\xff\xfe\x00")
ODD_VALUES = (UNDEFINED, SYMBOL, DB_POINTER, BROKEN)


def encoded(fields: dict[str, object]) -> bytes | None:
    """Encode what can be encoded: a name may hold no NUL, at any depth, and a decimal may be too long."""
    try:
        return bson.encode(fields)
    except (InvalidDocument, OverflowError, ValueError):
        return None


@given(st.dictionaries(names, every_type, max_size=5), every_type)
def test_each_value_is_found_and_exchanged_in_its_place(fields: dict[str, object], other: object) -> None:
    document, wrapped = encoded(fields), encoded({"": other})
    if document is None or wrapped is None:
        return
    new = RawValue.unwrapped(wrapped)
    for name, value in fields.items():
        found = find(document, (name,))
        assert found == RawValue.of(value)
        assert RawValue.unwrapped(found.wrapped()) == found
        assert exchanged(document, (name,), found) == document
        assert exchanged(document, (name,), new) == bson.encode({**fields, name: other})
        assert exchanged(document, (name,), None) == bson.encode({k: v for k, v in fields.items() if k != name})
    assert find(document, ("no such name",)) is None


@given(st.dictionaries(names, every_type, max_size=3), every_type, every_type)
def test_a_nested_value_is_restored_to_the_byte(fields: dict[str, object], before: object, written: object) -> None:
    path, new = ("links", "to", "user"), encoded({"": written})
    held = encoded({**fields, "links": {"a": 1, "to": {"user": before, "b": 2}}, "z": 3})
    if held is None or new is None:
        return
    value = RawValue.unwrapped(new)
    old = find(held, path)
    assert old is not None
    assert restored(exchanged(held, path, value), path, old, value) == held
    for first in (1, 2, 3):
        chain = {"links": {"a": 1, "to": {"b": 2}}} if first == 3 else {"links": {"a": 1}} if first == 2 else {}
        absent = bson.encode({**fields, **chain})
        state = state_of(absent, path)
        assert state == Absent(path[:first])
        appended = _appended(absent, path[:first], nested(path[first:], value))
        assert find(appended, path) == value
        assert restored(appended, path, Absent(path[:first]), value) == absent


def _appended(document: bytes, path: tuple[str, ...], value: RawValue) -> bytes:
    """Append a value as the server does."""
    if len(path) > 1:
        inner = find(document, path[:1])
        assert inner is not None
        return exchanged(document, path[:1], RawValue(0x03, _appended(inner.data, path[1:], value)))
    body = document[4:-1] + value.wrapped(path[0])[4:-1]
    return (len(body) + 5).to_bytes(4, "little") + body + b"\0"


def test_what_is_no_document_blocks_a_path_and_others_values_are_nobodys_business() -> None:
    path = ("links", "user")
    assert state_of(bson.encode({"links": [{"user": 1}]}), path) == Blocked()
    assert state_of(bson.encode({"links": None}), path) == Blocked()
    theirs = bson.encode({"links": {"user": "theirs"}})
    assert restored(theirs, path, Absent(("links",)), RawValue.of("ours")) == theirs
    grown = bson.encode({"links": {"user": "ours", "more": 1}})
    assert restored(grown, path, Absent(("links",)), RawValue.of("ours")) == bson.encode({"links": {"more": 1}})


def test_values_that_python_does_not_have_keep_their_bytes() -> None:
    for odd in ODD_VALUES:
        document = exchanged(bson.encode({"a": 1, "b": 2, "c": Int64(3)}), ("b",), odd)
        assert find(document, ("b",)) == odd
        assert find(document, ("c",)) == RawValue.of(Int64(3))
        odd.decoded()
    assert RawValue.of(Decimal128("1.0")) != RawValue.of(Decimal128("1.00"))
