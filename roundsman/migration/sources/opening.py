"""Finding the source that a locator names."""

from pathlib import Path

from roundsman.migration.sources.folder import FolderSource
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.migration.sources.port import Source


def open_source(locator: str) -> Source:
    """A MongoDB URI is a database, anything else a folder. Raises SourceUnreadable, or SourceUnreachable on first use."""
    if locator.startswith(("mongodb://", "mongodb+srv://")):
        return MongoSource(locator)
    return FolderSource(Path(locator))
