"""The keys that sign access tokens, as they lie in the folder of keys, and changing them while everything runs.

`signing.key` signs. A key that was replaced in order lies beside it as `signing.key.until-<seconds>`: what it signed counts
until then, which is one token life. Every process looks at the folder before it uses a key, which costs two questions
to the file system, so a new key signs and an old one is refused at the next request.
"""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from joserfc.jwk import ECKey

from roundsman.auth.keys import SEED_BYTES, SIGNING_KEY_FILE, load_signing_key, require_strong, signing_key_from
from roundsman.auth.tokens import RetiredKey, SigningKeys
from roundsman.database.key_file import load_or_create_key
from roundsman.errors import InvalidInput

_RETIRED: Final = f"{SIGNING_KEY_FILE}.until-"
_LOCK_FILE: Final = "signing.lock"


class UnreadableSigningKeys(InvalidInput):
    """The signing keys that were given are not written as keys are."""

    code = "unreadable_signing_keys"


@dataclass(frozen=True, slots=True)
class RotatedKeys:
    """The new key's id, and until when what the last one signed counts; at once no more if it is absent."""

    key_id: str
    older_count_until: datetime | None


def keys_in(folder: Path) -> Callable[[], SigningKeys]:
    """Give what returns the keys in the folder, as they are whenever it is called; the first one is made here."""
    load_signing_key(folder)
    key = folder / SIGNING_KEY_FILE
    known: list[tuple[tuple[int, ...], SigningKeys]] = []

    def current() -> SigningKeys:
        stamp = _stamp(folder, key)
        if not known or known[0][0] != stamp:
            known[:] = [(stamp, _load(folder))]
        return known[0][1]

    return current


def keys_from(text: str) -> SigningKeys:
    """Read keys from a setting: hexadecimal seeds with commas, the first signs. Raises UnreadableSigningKeys or WeakSecret."""
    try:
        seeds = [bytes.fromhex(part.strip()) for part in text.split(",")]
    except ValueError as error:
        raise UnreadableSigningKeys("A signing key is 80 hexadecimal digits; several stand with commas") from error
    for seed in seeds:
        require_strong(seed, size=SEED_BYTES, name="The signing key")
    newest, *older = [signing_key_from(seed) for seed in seeds]
    return SigningKeys(newest, tuple(RetiredKey(key, until=None) for key in older))


def rotate_keys(folder: Path, *, token_life: timedelta, now: datetime) -> RotatedKeys:
    """Make a new signing key; what the last one signed counts for one token life more."""
    with _alone(folder):
        load_signing_key(folder)
        _remove(path for path, until in _retired(folder) if until <= now)
        until = now.replace(microsecond=0) + token_life + timedelta(seconds=1)
        os.link(folder / SIGNING_KEY_FILE, _free_name(folder, until))
        return RotatedKeys(_replace(folder), until)


def replace_keys(folder: Path) -> RotatedKeys:
    """Make a new signing key because the others may be known to somebody: what they signed counts no more."""
    with _alone(folder):
        key_id = _replace(folder)
        _remove(path for path, _ in _retired(folder))
        return RotatedKeys(key_id, None)


def _load(folder: Path) -> SigningKeys:
    # In this order, because a key is put among the retired ones before it is replaced: so none is missed.
    newest = load_signing_key(folder)
    return SigningKeys(newest, tuple(RetiredKey(_read(path), until=until) for path, until in _retired(folder)))


def _read(path: Path) -> ECKey:
    return signing_key_from(load_or_create_key(path, size=SEED_BYTES))


def _retired(folder: Path) -> Sequence[tuple[Path, datetime]]:
    return [(path, _until(path)) for path in sorted(folder.glob(f"{_RETIRED}*"))]


def _until(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.name.removeprefix(_RETIRED).partition(".")[0]), UTC)


def _free_name(folder: Path, until: datetime) -> Path:
    return folder / f"{_RETIRED}{int(until.timestamp())}.{secrets.token_hex(4)}"


def _replace(folder: Path) -> str:
    draft = folder / f"{SIGNING_KEY_FILE}.new-{secrets.token_hex(4)}"
    key = signing_key_from(load_or_create_key(draft, size=SEED_BYTES))
    draft.replace(folder / SIGNING_KEY_FILE)
    return key.thumbprint()


def _remove(paths: Iterator[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _stamp(folder: Path, key: Path) -> tuple[int, ...]:
    file = key.stat()
    return folder.stat().st_mtime_ns, file.st_ino, file.st_mtime_ns


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let two rotations follow each other, lest one replaces the other's new key before it is kept."""
    descriptor = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
