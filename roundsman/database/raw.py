"""Documents as bytes, the way a server sends them: one after another, each beginning with its length."""

from collections.abc import Iterator
from typing import Any

_LENGTH_BYTES = 4


def split_documents(reply: Any) -> Iterator[bytes]:  # noqa: ANN401 - bytes, though the driver declares documents
    """The documents of a reply to `find_raw_batches`."""
    start = 0
    while start < len(reply):
        end = start + int.from_bytes(reply[start : start + _LENGTH_BYTES], "little")
        yield reply[start:end]
        start = end
