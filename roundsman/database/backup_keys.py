"""The key files that belong to a backup, and those that the data directory has."""

from pathlib import Path

from roundsman.database.backup_folder import key_files, private_file
from roundsman.database.backup_manifest import KeyFile, Manifest, sha256_of
from roundsman.database.data_directory import data_directory_errors, private_directory
from roundsman.errors import Conflict, NotFound


class KeysNotInBackup(NotFound):
    """The backup was taken without the key files."""

    code = "keys_not_in_backup"


class OtherKeyThere(Conflict):
    """The data directory has another key of the same name, which may still open something."""

    code = "other_key_there"


def require_room_for_keys(directory: Path, manifest: Manifest, folder: Path) -> None:
    """Go on when the backup's keys can be put back; raises KeysNotInBackup or OtherKeyThere."""
    if not _included(manifest):
        raise KeysNotInBackup(f"The backup {directory} was taken without key files: restore it without --with-keys.")
    others = [key.name for key in _included(manifest) if (folder / key.name).exists() and not _is_there(key, folder)]
    if others:
        raise OtherKeyThere(
            f"{folder} has another {' and another '.join(others)} than the backup: move it away first, for it may open "
            "something that the backup does not hold."
        )


def put_keys_back(directory: Path, manifest: Manifest, folder: Path) -> None:
    """Write the backup's keys that are not there into the folder of keys."""
    with data_directory_errors(folder.parent):
        private_directory(folder.parent, folder.name)
        for key in _included(manifest):
            if not _is_there(key, folder):
                with private_file(folder / key.name) as file:
                    file.write((directory / key.file).read_bytes())


def strange_keys(manifest: Manifest, folder: Path) -> list[str]:
    """Name the keys that Roundsman had when the backup was taken and that the folder does not have."""
    return [key.name for key in manifest.keys if not _is_there(key, folder)]


def _included(manifest: Manifest) -> list[KeyFile]:
    return [key for key in manifest.keys if key.included]


def _is_there(key: KeyFile, folder: Path) -> bool:
    return any(path.name == key.name and sha256_of(path) == key.sha256 for path in key_files(folder))
