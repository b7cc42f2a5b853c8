"""Documents as bytes, the way a server sends them: one after another, each beginning with its length."""

from collections.abc import Iterator
from typing import Any

import bson

_LENGTH_BYTES = 4
_ENDING_BYTES = 1


def split_documents(reply: Any) -> Iterator[bytes]:  # noqa: ANN401 - bytes, though the driver declares documents
    """The documents of a reply to `find_raw_batches`."""
    start = 0
    while start < len(reply):
        end = start + int.from_bytes(reply[start : start + _LENGTH_BYTES], "little")
        yield reply[start:end]
        start = end


def with_id(identity: str, encoded: bytes) -> bytes:
    """The document with an `_id` before its other fields, which are not encoded again."""
    head = bson.encode({"_id": identity})[_LENGTH_BYTES:-_ENDING_BYTES]
    length = len(encoded) + len(head)
    return length.to_bytes(_LENGTH_BYTES, "little") + head + encoded[_LENGTH_BYTES:]
