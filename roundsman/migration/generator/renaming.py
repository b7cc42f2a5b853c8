"""The same world under other names, to prove that nothing depends on the names of one application."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from roundsman.migration.generator.folder import SUFFIX, FolderWriter, read_truth


def rename_folder(source_dir: Path, target_dir: Path, names: Mapping[str, str]) -> None:
    """Copy a folder with collections and fields, at any depth, renamed; what `names` leaves out stays as it is.

    `_id` and the `$` keys of Extended JSON keep their names. The truth file names the new collections.
    """
    with FolderWriter(target_dir) as target:
        for path in sorted(source_dir.glob(f"*{SUFFIX}")):
            collection = path.name.removesuffix(SUFFIX)
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    target.write(names.get(collection, collection), _renamed(json.loads(line), names))
        for row in read_truth(source_dir):
            collection, object_id, person = row.pop("collection"), row.pop("_id"), row.pop("person")
            target.label(names.get(collection, collection), object_id, person, row)


def field_names(folder: Path) -> set[str]:
    """Every field name a folder's documents use, at any depth, except `_id`: what a full renaming must cover."""
    found: set[str] = set()
    for path in folder.glob(f"*{SUFFIX}"):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                _collect(json.loads(line), found)
    return found


def _is_kept(name: str) -> bool:
    return name == "_id" or name.startswith("$")


def _renamed(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key if _is_kept(key) else names.get(key, key): _renamed(item, names) for key, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


def _collect(value: object, found: set[str]) -> None:
    if isinstance(value, dict):
        found.update(key for key in value if not _is_kept(key))
        for item in value.values():
            _collect(item, found)
    elif isinstance(value, list):
        for item in value:
            _collect(item, found)
