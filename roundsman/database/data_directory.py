"""The folder with Roundsman's own files: created for its owner only, and a clear error where that cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from roundsman.errors import Unavailable

_OWNER_ONLY = 0o700


class DataDirectoryUnusable(Unavailable):
    """The data directory cannot be created, read or written."""

    code = "data_directory_unusable"


@contextmanager
def data_directory_errors(directory: Path) -> Iterator[None]:
    """Turn what the file system refuses within `directory` into one sentence."""
    try:
        yield
    except OSError as error:
        raise DataDirectoryUnusable(
            f"The data directory {directory} cannot be used ({error.strerror}): correct its permissions or make room, "
            "or name another one with ROUNDSMAN_DATA_DIR."
        ) from error


def private_directory(parent: Path, name: str) -> Path:
    """Give the folder `name` below `parent`, open to its owner only, and create both where they are missing.

    An existing `parent` keeps its mode, because it may be a folder that serves other purposes too. Raises
    DataDirectoryUnusable.
    """
    directory = parent.resolve() / name
    with data_directory_errors(parent):
        parent.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        directory.mkdir(mode=_OWNER_ONLY, exist_ok=True)
        if directory.stat().st_mode & 0o777 != _OWNER_ONLY:
            directory.chmod(_OWNER_ONLY)
    return directory
