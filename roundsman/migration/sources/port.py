"""What every source offers, and what can go wrong with it."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

import bson
from bson import ObjectId
from bson.codec_options import CodecOptions, DatetimeConversion

from roundsman.errors import InvalidInput, Unavailable
from roundsman.migration.reading import source_id_text


class SourceUnreadable(InvalidInput):
    """The source is there but holds something that cannot be read; the message names the place."""

    code = "source_unreadable"


class SourceUnreachable(Unavailable):
    """The source is not there, or went away."""

    code = "source_unreachable"


_LENGTH_BYTES = 4
_OBJECT_ID_FIRST = b"\x07_id\0"
_OBJECT_ID_AT = _LENGTH_BYTES + len(_OBJECT_ID_FIRST)
_OBJECT_ID_BYTES = 12
# Values that Python cannot hold (dates beyond its range, broken UTF-8) must not stop a migration.
LENIENT: CodecOptions[Mapping[str, Any]] = CodecOptions(
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO, unicode_decode_error_handler="replace"
)


class SourceDocument:
    """One document: its BSON, byte for byte as the source holds it, and its fields, decoded when somebody asks.

    Whatever bytes a source holds, they can be decoded.
    """

    __slots__ = ("_fields", "bson")

    def __init__(self, raw: bytes) -> None:
        self.bson = raw
        self._fields: Mapping[str, Any] | None = None

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields as Python values."""
        if self._fields is None:
            self._fields = bson.decode(self.bson, LENIENT)
        return self._fields

    @property
    def id(self) -> Any:  # noqa: ANN401 - any BSON value
        """The `_id`, of whatever type it is."""
        if self._fields is None and self.bson.startswith(_OBJECT_ID_FIRST, _LENGTH_BYTES):
            # Nearly always; decoding everything else costs ten times as much.
            return ObjectId(self.bson[_OBJECT_ID_AT : _OBJECT_ID_AT + _OBJECT_ID_BYTES])
        return self.fields["_id"]

    @property
    def id_text(self) -> str:
        """The `_id` as the text that leads back to it."""
        if self.bson.startswith(_OBJECT_ID_FIRST, _LENGTH_BYTES):
            return self.bson[_OBJECT_ID_AT : _OBJECT_ID_AT + _OBJECT_ID_BYTES].hex()
        return source_id_text(self.id)

    @property
    def sha256(self) -> bytes:
        """The SHA-256 of the BSON, by which a change is noticed."""
        return hashlib.sha256(self.bson).digest()


class Source(Protocol):
    """A place the documents of an existing application are read from. It is never written to."""

    @property
    def locator(self) -> str:
        """Where it is, without any password."""

    async def count_documents(self) -> dict[str, int]:
        """The number of documents in each collection, by name, in alphabetical order."""

    def read(self, collection: str) -> AsyncIterator[Sequence[SourceDocument]]:
        """All documents in batches, in one order that stays; nothing if there is no such collection."""

    async def fetch(self, collection: str, ids: Sequence[Any]) -> Sequence[SourceDocument]:
        """Those of the documents that exist, in any order."""

    def fetch_batches(self, collection: str, ids: Sequence[Any]) -> AsyncIterator[Sequence[SourceDocument]]:
        """The same in batches, of which each fits into memory however large its documents are."""

    async def close(self) -> None:
        """Let go of connections and files."""
