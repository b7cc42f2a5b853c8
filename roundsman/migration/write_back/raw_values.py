"""Single values of a BSON document as the bytes they are, and documents with one value exchanged (pure).

Python's own values do not keep every byte: an undefined value is read as null, broken UTF-8 is lost, and two encodings of
one number are equal. Whatever must come back byte for byte is therefore never decoded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.raw_bson import RawBSONDocument

from roundsman.migration.profile import Path

NULL, UNDEFINED, ARRAY = 0x0A, 0x06, 0x04
_DOCUMENT = 0x03
_FIXED = {
    0x01: 8, 0x06: 0, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16, 0xFF: 0, 0x7F: 0,
}  # fmt: skip
# How many bytes there are beside those that the leading length counts.
_COUNTED = {0x02: 4, 0x03: 0, 0x04: 0, 0x05: 5, 0x0C: 16, 0x0D: 4, 0x0E: 4, 0x0F: 0}
_REGEX = 0x0B
_HEAD = 4
_SIGNED_BYTE = 0x80
_LENIENT: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO, unicode_decode_error_handler="replace"
)


@dataclass(frozen=True, slots=True)
class RawValue:
    """A BSON value: its type and its bytes."""

    type: int
    data: bytes

    @classmethod
    def of(cls, value: Any) -> "RawValue":  # noqa: ANN401 - any BSON value
        """Encode a value."""
        encoded = bson.encode({"": value})
        return cls(encoded[_HEAD], encoded[_HEAD + 2 : -1])

    @classmethod
    def unwrapped(cls, document: bytes) -> "RawValue":
        """Read back what `wrapped` gave."""
        return next(value for _, value, _, _ in _elements(document))

    @property
    def type_number(self) -> int:
        """The number by which a query names the type."""
        return self.type - 2 * _SIGNED_BYTE if self.type >= _SIGNED_BYTE else self.type

    def wrapped(self, name: str = "") -> bytes:
        """A document that holds the value under a name and nothing else."""
        return _document(_element(name, self))

    def named(self, name: str) -> RawBSONDocument:
        """The same as the driver takes it, which then sends the bytes as they are."""
        return RawBSONDocument(self.wrapped(name))

    def decoded(self) -> Any:  # noqa: ANN401 - any BSON value
        """The value as Python has it, as far as it can."""
        return bson.decode(self.wrapped(), _LENIENT)[""]


def find(document: bytes, path: Path) -> RawValue | None:
    """The value under a path, which leads through documents only; None if there is none."""
    name, *further = path
    found = next((value for element, value, _, _ in _elements(document) if element == name.encode()), None)
    if found is None or not further:
        return found
    return find(found.data, tuple(further)) if found.type == _DOCUMENT else None


def is_document(value: RawValue) -> bool:
    """Whether a path may lead further into the value."""
    return value.type == _DOCUMENT


def exchanged(document: bytes, path: Path, value: RawValue | None) -> bytes:
    """The document with another value under a path where there is one, in its place, or without any value there."""
    name, *further = path
    for element, found, start, end in _elements(document):
        if element == name.encode():
            if further:
                value = RawValue(_DOCUMENT, exchanged(found.data, tuple(further), value))
            new = _element(name, value) if value else b""
            return _document(document[_HEAD:start] + new + document[end:-1])
    return document


def nested(path: Path, value: RawValue) -> RawValue:
    """The value within new documents, one for each name of the path."""
    for name in reversed(path):
        value = RawValue(_DOCUMENT, value.wrapped(name))
    return value


def _document(elements: bytes) -> bytes:
    return (len(elements) + _HEAD + 1).to_bytes(_HEAD, "little") + elements + b"\0"


def _element(name: str, value: RawValue) -> bytes:
    return bytes([value.type]) + name.encode() + b"\0" + value.data


def _elements(document: bytes) -> Iterator[tuple[bytes, RawValue, int, int]]:
    """Name, value, start and end of each element."""
    start = _HEAD
    while document[start]:
        kind = document[start]
        value = document.index(b"\0", start + 1) + 1
        end = value + _length(document, kind, value)
        yield document[start + 1 : value - 1], RawValue(kind, document[value:end]), start, end
        start = end


def _length(document: bytes, kind: int, start: int) -> int:
    if (fixed := _FIXED.get(kind)) is not None:
        return fixed
    if kind == _REGEX:
        pattern_end = document.index(b"\0", start) + 1
        return document.index(b"\0", pattern_end) + 1 - start
    return int.from_bytes(document[start : start + _HEAD], "little") + _COUNTED[kind]
