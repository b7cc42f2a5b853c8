"""Which folders are dumps, and what damaged ones say."""

import asyncio
import contextlib
import gzip
from pathlib import Path

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.migration.sources.bson_folder import BsonFolderSource
from roundsman.migration.sources.folder import FolderSource
from roundsman.migration.sources.opening import open_source
from roundsman.migration.sources.port import Source, SourceUnreadable
from tests.migration_builders import completed

ONE, TWO = bson.encode({"_id": 1}), bson.encode({"_id": 2, "name": "Asha"})


def write(folder: Path, files: dict[str, bytes]) -> str:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return str(folder)


def counts(source: Source) -> dict[str, int]:
    try:
        return completed(source.count_documents())
    finally:
        asyncio.run(source.close())


def test_the_folder_that_mongodump_makes_is_found(tmp_path: Path) -> None:
    found = open_source(
        write(
            tmp_path,
            {
                "dump/oplog.bson": ONE,
                "dump/prelude.json": b"{}",
                "dump/admin/system.version.bson": ONE,
                "dump/shop/users.bson": ONE + TWO,
                "dump/shop/users.metadata.json": b"{}",
                "dump/shop/old%2Fnew.bson.gz": gzip.compress(ONE),
                "dump/shop/system.views.bson": ONE,
                "dump/shop/empty.bson": b"",
            },
        )
        + "/dump"
    )

    assert found.locator.endswith("/dump/shop")
    assert counts(found) == {"empty": 0, "old/new": 1, "users": 2}


def test_a_folder_of_lines_is_one_still(tmp_path: Path) -> None:
    assert isinstance(open_source(write(tmp_path, {"users.jsonl": b'{"_id": 1}\n'})), FolderSource)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"users.jsonl": b'{"_id": 1}\n', "orders.bson": ONE}, r"holds \.jsonl and \.bson files"),
        ({"a/users.bson": ONE, "b/users.bson": ONE}, r"several databases; give one of .*/a, .*/b"),
        ({"users.bson": ONE, "users.bson.gz": gzip.compress(ONE)}, "holds users twice"),
        ({"users.bson": ONE + TWO[:-1]}, r"users\.bson, byte 14: the file ends"),
        ({"users.bson": ONE + b"\x01\x02"}, r"users\.bson, byte 14: the file ends"),
        ({"users.bson": ONE + b"\x04\x00\x00\x00"}, r"users\.bson, byte 14: no BSON document"),
        ({"users.bson": ONE + b"\xff\xff\xff\xff"}, r"users\.bson, byte 14: no BSON document"),
        ({"users.bson": ONE + TWO[:-1] + b"\x01"}, r"users\.bson, byte 14: not a BSON document"),
        ({"users.bson": ONE + bson.encode({"name": "Asha"})}, r"users\.bson, byte 14: not a document with an _id"),
        ({"users.bson": ONE + TWO + bson.encode({"_id": 1.0})}, r"byte 43: the _id of byte 0 stands again"),
        ({"users.bson.gz": gzip.compress(ONE)[:-12]}, r"users\.bson\.gz, byte \d+ of what is packed"),
        ({"users.bson.gz": ONE}, r"users\.bson\.gz, byte 0 of what is packed"),
        ({"notes.txt": b""}, "is no folder with"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, files: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(SourceUnreadable, match=sentence):
        open_source(write(tmp_path, files))


def test_an_archive_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="must be restored"):
        open_source(write(tmp_path, {"dump.archive": b"\x6d\xe2\x99\x81"}) + "/dump.archive")


VALUES = st.none() | st.text() | st.floats() | st.binary() | st.datetimes() | st.lists(st.booleans())
DOCUMENTS = st.builds(
    lambda identity, fields: bson.encode({**fields, "_id": identity}),
    st.integers(0, 5),
    st.dictionaries(st.sampled_from(["name", "phone"]), VALUES),
)
FILES = st.lists(DOCUMENTS | st.binary(max_size=20), max_size=4).map(b"".join) | st.binary(max_size=60)


@given(content=FILES, cut=st.integers(0, 40), compressed=st.booleans())
def test_any_bytes_are_documents_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cut: int, *, compressed: bool
) -> None:
    folder = tmp_path_factory.mktemp("dump")
    written = gzip.compress(content) if compressed else content
    name = "users.bson.gz" if compressed else "users.bson"
    write(folder, {name: written[: max(len(written) - cut, 0)]})

    with contextlib.suppress(SourceUnreadable):
        assert counts(BsonFolderSource(folder))["users"] <= content.count(b"_id\x00")
