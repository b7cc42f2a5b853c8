"""Files that commands write for people."""

from pathlib import Path

from roundsman.errors import Conflict, InvalidInput


class FileNotWritable(InvalidInput):
    """The file that was named cannot be written."""

    code = "file_not_writable"


class FileExists(Conflict):
    """The file that was named is there already, and may hold somebody's work."""

    code = "file_exists"


def write_file(file: Path, content: str) -> None:
    """Write a file anew. Raises FileNotWritable."""
    try:
        file.write_text(content, "utf-8")
    except OSError as error:
        raise FileNotWritable(f"{file} cannot be written: {error.strerror}") from error


def make_private_file(file: Path) -> None:
    """Make sure, before long work, that a file for its owner's eyes can be written. Raises FileNotWritable."""
    try:
        file.touch(mode=0o600)
    except OSError as error:
        raise FileNotWritable(f"{file} cannot be written: {error.strerror}") from error


def write_new_file(file: Path, content: str) -> None:
    """Write a file that is not there yet. Raises FileExists or FileNotWritable."""
    require_new(file)
    write_file(file, content)


def require_new(file: Path) -> None:
    """Refuse a file that is there already. Raises FileExists."""
    if file.exists():
        raise FileExists(f"{file} is there already; name another file, or remove it")
