"""The folder of a backup: made for its owner only, written through to the disk, read back before it counts."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from roundsman.database.backup_manifest import (
    DRAFT,
    KEYS,
    MANIFEST,
    KeyFile,
    Manifest,
    manifest_text,
    require_intact,
    sha256_of,
)
from roundsman.errors import Conflict, Unavailable

_DRAFT_OF_A_KEY: Final = re.compile(r"\.\d+-[0-9a-f]{8}$")


class BackupPlaceTaken(Conflict):
    """The folder holds something already."""

    code = "backup_place_taken"


class BackupPlaceUnusable(Unavailable):
    """The folder cannot be made or written."""

    code = "backup_place_unusable"


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """The folder with the key files, and whether they go into the backup or only their digests do."""

    folder: Path
    included: bool


def prepare_folder(directory: Path) -> None:
    """Make the folder; what a backup that was broken off left in it goes. Raises BackupPlaceTaken."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(directory.iterdir()) and ((directory / MANIFEST).exists() or not (directory / DRAFT).exists()):
        raise BackupPlaceTaken(f"{directory} is not empty: name a new folder for the backup.")
    directory.chmod(0o700)
    for file in [*directory.glob("*.bson"), *(directory / KEYS).glob("*")]:
        file.unlink()
    # From here on the folder is known as an unfinished backup.
    (directory / DRAFT).touch(mode=0o600)


def finish_folder(directory: Path, manifest: Manifest) -> None:
    """Read everything back, and only then let the folder be a backup. Raises BackupDamaged."""
    require_intact(directory, manifest)
    with private_file(directory / DRAFT) as draft:
        draft.write(manifest_text(manifest).encode())
    _sync(directory)
    (directory / DRAFT).rename(directory / MANIFEST)
    _sync(directory)


def write_keys(keys: KeyFolder, directory: Path) -> list[KeyFile]:
    """Copy the key files if they are included; give what the manifest says of them either way."""
    if keys.included:
        (directory / KEYS).mkdir(mode=0o700, exist_ok=True)
    return [_write_key(path, directory, included=keys.included) for path in key_files(keys.folder)]


def key_files(folder: Path) -> list[Path]:
    """The key files of a data directory; those half made by a process that died are none."""
    return sorted(path for path in folder.glob("*") if path.is_file() and not _DRAFT_OF_A_KEY.search(path.name))


def _write_key(path: Path, directory: Path, *, included: bool) -> KeyFile:
    key = KeyFile(path.name, path.stat().st_size, sha256_of(path), included)
    if included:
        with private_file(directory / key.file) as file:
            file.write(path.read_bytes())
    return key


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file that only its owner reads; on leaving it is on the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def place_errors(directory: Path) -> Iterator[None]:
    """Turn what the file system refuses within the folder into one sentence."""
    try:
        yield
    except OSError as error:
        raise BackupPlaceUnusable(
            f"The backup cannot be written to {directory} ({error.strerror}): correct its permissions or make room."
        ) from error


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
