"""A generated database as files: `<collection>.jsonl` with one Extended JSON document a line, and the truth file."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from roundsman.errors import Conflict

Document = dict[str, Any]

TRUTH_FILE = "truth.json"
SUFFIX = ".jsonl"
_encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


class FolderNotEmpty(Conflict):
    """The folder to write already holds something."""

    code = "folder_not_empty"


class FolderWriter:
    """Writes documents as they come, so that a world of any size needs no memory.

    The truth file is a JSON array with one row a line: what each people document stands for.
    """

    def __init__(self, folder: Path) -> None:
        if folder.exists() and any(folder.iterdir()):
            raise FolderNotEmpty(f"The folder {folder} is not empty.")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._stack = ExitStack()
        self._files: dict[str, TextIO] = {}
        self._truth = self._open(TRUTH_FILE)
        self._truth_rows = 0
        self.counts: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._truth.write("\n]\n" if self._truth_rows else "[]\n")
        self._stack.close()

    def _open(self, name: str) -> TextIO:
        path = self._folder / name
        return self._stack.enter_context(path.open("w", encoding="utf-8", newline="\n", buffering=1 << 20))

    def write(self, collection: str, document: Document) -> None:
        """Append one document to its collection."""
        file = self._files.get(collection)
        if file is None:
            file = self._files[collection] = self._open(collection + SUFFIX)
            self.counts[collection] = 0
        file.write(_encode(document) + "\n")
        self.counts[collection] += 1

    def label(self, collection: str, object_id: str, person: str, facts: Mapping[str, Any] | None = None) -> None:
        """Say whom a people document stands for, and what is true of him."""
        row = {"collection": collection, "_id": object_id, "person": person, **(facts or {})}
        self._truth.write((",\n" if self._truth_rows else "[\n") + _encode(row))
        self._truth_rows += 1


def read_truth(folder: Path) -> Iterator[Document]:
    """The rows of a folder's truth file, one by one: `collection`, `_id` (hex), `person`, and facts of customers."""
    with (folder / TRUTH_FILE).open(encoding="utf-8") as file:
        for line in file:
            row = line.strip().rstrip(",")
            if row not in {"[", "]", "[]"}:
                yield json.loads(row)
