"""Finding the source that a locator names, by what is there."""

from dataclasses import dataclass
from pathlib import Path

from roundsman.migration.profile import SourceProfile
from roundsman.migration.sources.bson_folder import BsonFolderSource, collection_name, dump_files
from roundsman.migration.sources.folder import FolderSource, line_files
from roundsman.migration.sources.mongodb import MongoSource, looks_like_uri
from roundsman.migration.sources.port import Source, SourceUnreadable
from roundsman.migration.sources.table import is_table, open_table

_OF_THE_SERVER = frozenset({"admin", "config", "local"})
_OPLOG = "oplog"


@dataclass(frozen=True, slots=True)
class Opened:
    """A source, what its collections mean, and what its owner should know of how it was read."""

    source: Source
    profile: SourceProfile
    notes: tuple[str, ...] = ()


def open_with_profile(locator: str, profile: SourceProfile) -> Opened:
    """Any source; a list brings a profile made of its header line and of the business's. Raises as `open_source`."""
    if is_table(locator):
        table = open_table(Path(locator), profile)
        return Opened(table.source, table.profile, table.notes)
    return Opened(open_source(locator), profile)


def open_source(locator: str) -> Source:
    """The source of an application: a MongoDB URI is a database, anything else a folder.

    Raises SourceUnreadable, or SourceUnreachable on first use.
    """
    if is_table(locator):
        raise SourceUnreadable(
            f"{locator} is a list, not an application's data; lists are taken by plan and apply only"
        )
    if looks_like_uri(locator):
        return MongoSource(locator)
    try:
        return _open_folder(Path(locator))
    except OSError as error:
        raise SourceUnreadable(f"{locator}: cannot be read: {error.strerror or error}") from error


def _open_folder(folder: Path) -> Source:
    dumped, lines, databases = dump_files(folder), line_files(folder), _dumped_databases(folder)
    if databases and all(collection_name(file) == _OPLOG for file in dumped):
        # The oplog beside them tells what was written while the dump was made; without it a dump is one without --oplog.
        dumped = []
    if dumped and lines:
        raise SourceUnreadable(
            f"{folder} holds .jsonl and .bson files; which of them? Put them into folders of their own"
        )
    if dumped:
        return BsonFolderSource(folder)
    if lines:
        return FolderSource(folder)
    if len(databases) > 1:
        named = ", ".join(str(database) for database in databases)
        raise SourceUnreadable(f"{folder} is a dump of several databases; give one of {named}")
    if databases:
        return BsonFolderSource(databases[0])
    if folder.is_file():
        raise SourceUnreadable(f"{folder} is no folder; an archive of mongodump must be restored, or dumped with --out")
    if not folder.exists():
        raise SourceUnreadable(
            f"there is no {folder}; a source is mongodb://host:port/DATABASE, a folder of a dump, or a list (.csv, .xlsx)"
        )
    raise SourceUnreadable(f"{folder} is no folder with .jsonl files or .bson files")


def _dumped_databases(folder: Path) -> list[Path]:
    """The databases in the folder that `mongodump` writes; the server's own do not count beside others."""
    found = sorted(entry for entry in folder.iterdir() if dump_files(entry)) if folder.is_dir() else []
    return [database for database in found if database.name not in _OF_THE_SERVER] or found
