"""What a backup is: a folder with the BSON of each collection, and a manifest that says what must be in it.

The manifest is written last, so a folder without it is no backup, however much is in it. It carries its own digest, by
which a backup is named, and the SHA-256 of every other file.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from roundsman.errors import Conflict, IntegrityBroken, NotFound

FORMAT: Final = "roundsman backup"
FORMAT_VERSION: Final = 1
MANIFEST: Final = "manifest.json"
DRAFT: Final = "manifest.json.unfinished"
KEYS: Final = "keys"
_MOST_NAMED: Final = 5


class NotABackup(NotFound):
    """The folder holds no finished backup."""

    code = "not_a_backup"


class BackupDamaged(IntegrityBroken):
    """Files of the backup are missing, cut, or not what was written."""

    code = "backup_damaged"


class BackupOfOtherFormat(Conflict):
    """Another version of Roundsman made the backup, in a form this one does not read."""

    code = "backup_of_other_format"


@dataclass(frozen=True, slots=True)
class CollectionFile:
    """One collection: its documents one after another, as `bsondump` reads them."""

    name: str
    documents: int
    bytes: int
    sha256: str

    @property
    def file(self) -> str:
        """The file in the folder; a collection may have a name that no file can have."""
        return f"{quote(self.name, safe='')}.bson"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file of the data directory; its SHA-256 tells the right key from another one, in the backup or not."""

    name: str
    bytes: int
    sha256: str
    included: bool

    @property
    def file(self) -> str:
        """The file in the folder."""
        return f"{KEYS}/{quote(self.name, safe='')}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one backup holds. All of it is as the database was at one instant after `taken_at`."""

    program: str
    database: str
    schema_version: int
    taken_at: datetime
    collections: tuple[CollectionFile, ...]
    keys: tuple[KeyFile, ...]
    digest: str = field(default="", compare=False)

    @property
    def files(self) -> Iterator[CollectionFile | KeyFile]:
        """Everything the folder must hold besides the manifest."""
        yield from self.collections
        yield from (key for key in self.keys if key.included)


def manifest_text(manifest: Manifest) -> str:
    """Write a manifest, its digest included."""
    content = _content(manifest)
    return json.dumps({**content, "digest": _digest(content)}, indent=2) + "\n"


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest of a finished backup. Raises NotABackup, BackupOfOtherFormat or BackupDamaged."""
    path = directory / MANIFEST
    try:
        text = path.read_bytes()
    except OSError as error:
        broken_off = " A backup into it was broken off: make it again." if (directory / DRAFT).exists() else ""
        raise NotABackup(
            f"{directory} holds no finished backup: there is no {MANIFEST} to read.{broken_off}"
        ) from error
    try:
        content = json.loads(text)
        _require_known(content, directory)
        return _manifest(content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupDamaged(f"{path} is damaged: take another backup.") from error


def require_intact(directory: Path, manifest: Manifest) -> None:
    """Read every file and compare it with the manifest; raises BackupDamaged naming those that differ."""
    damage = [said for one in manifest.files if (said := _damage(directory / one.file, one))]
    if damage:
        more = f" and {len(damage) - _MOST_NAMED} more" if len(damage) > _MOST_NAMED else ""
        raise BackupDamaged(f"The backup {directory} is damaged: {'; '.join(damage[:_MOST_NAMED])}{more}.")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damage(path: Path, wanted: CollectionFile | KeyFile) -> str | None:
    try:
        size = path.stat().st_size
        if size != wanted.bytes:
            return f"{wanted.file} has {size} bytes instead of {wanted.bytes}"
        return None if sha256_of(path) == wanted.sha256 else f"{wanted.file} is not what was written"
    except FileNotFoundError:
        return f"{wanted.file} is missing"
    except OSError as error:
        return f"{wanted.file} cannot be read ({error.strerror})"


def _require_known(content: dict[str, Any], directory: Path) -> None:
    if content["format"] != FORMAT or content["format_version"] != FORMAT_VERSION:
        raise BackupOfOtherFormat(
            f"The backup {directory} has the format {content['format']!r} {content['format_version']}, and this Roundsman "
            f"reads {FORMAT!r} {FORMAT_VERSION}: use the version that made it ({content.get('program', 'unknown')})."
        )


def _content(manifest: Manifest) -> dict[str, Any]:
    content = asdict(manifest) | {"taken_at": manifest.taken_at.isoformat()}
    del content["digest"]
    return {"format": FORMAT, "format_version": FORMAT_VERSION, **content}


def _manifest(content: dict[str, Any]) -> Manifest:
    digest = content.pop("digest")
    if digest != _digest(content):
        raise ValueError("the digest is another")
    return Manifest(
        program=content["program"],
        database=content["database"],
        schema_version=content["schema_version"],
        taken_at=datetime.fromisoformat(content["taken_at"]),
        collections=tuple(CollectionFile(**one) for one in content["collections"]),
        keys=tuple(KeyFile(**one) for one in content["keys"]),
        digest=digest,
    )


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
