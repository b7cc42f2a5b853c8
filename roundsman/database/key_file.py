"""Secrets in files of their own, made at random where they do not exist yet."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from roundsman.errors import IntegrityBroken

_SECRET_TEXT_BYTES = 48


class KeyFileDamaged(IntegrityBroken):
    """A key file does not hold a key of the right size; what it once encrypted needs the right one."""

    code = "key_file_damaged"


def load_or_create_key(path: Path, *, size: int) -> bytes:
    """Read a binary key of `size` bytes, or make one in a file that only its owner can read.

    Of two processes that find the file missing at the same time both get the same key.
    """
    key = _load_or_create(path, lambda: secrets.token_bytes(size))
    if len(key) != size:
        raise KeyFileDamaged(
            f"The key file {path} holds {len(key)} bytes instead of {size}: restore it from a backup. "
            "Removing it makes a new key, but what the old one encrypted is lost."
        )
    return key


def load_or_create_secret(path: Path) -> str:
    """Read a secret text (hexadecimal digits), or make one in a file that only its owner can read."""
    return _load_or_create(path, lambda: secrets.token_hex(_SECRET_TEXT_BYTES).encode()).decode().strip()


def _load_or_create(path: Path, make: Callable[[], bytes]) -> bytes:
    if not path.exists():
        _create(path, make())
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return path.read_bytes()


def _create(path: Path, content: bytes) -> None:
    """Write beside the file and link it into place, so that nobody ever reads half a key and the first one stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
