"""Dumps as mongodump writes them, made of the bytes that a server sends."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from roundsman.database.transaction import Document

Database = AsyncDatabase[Document]


async def dump(database: Database, folder: Path, *, compressed: bool = False) -> None:
    """Write every collection in the order in which the server stored it, with its metadata beside it."""
    contents: dict[str, bytes] = {}
    for name in await database.list_collection_names(filter={"type": "collection"}):
        batches: list[Any] = [batch async for batch in database[name].find_raw_batches({}).sort("$natural", 1)]
        contents[name] = b"".join(batches)
    _write(contents, folder, compressed=compressed)


def _write(contents: Mapping[str, bytes], folder: Path, *, compressed: bool) -> None:
    folder.mkdir(parents=True)
    for name, content in contents.items():
        metadata = json.dumps({"indexes": [], "collectionName": name}).encode()
        for path, written in ((f"{name}.bson", content), (f"{name}.metadata.json", metadata)):
            if compressed:
                (folder / f"{path}.gz").write_bytes(gzip.compress(written))
            else:
                (folder / path).write_bytes(written)
