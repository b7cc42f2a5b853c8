"""What the journal says of one field of one document (pure)."""

from dataclasses import dataclass
from typing import Any

from roundsman.migration.profile import Path
from roundsman.migration.write_back.fields import Old, dotted


@dataclass(frozen=True, slots=True)
class Row:
    """One field of one document: what it held, and what it holds if the row is in force.

    `own_id` says that the source has no document for the user, and that Roundsman's id was written.
    """

    collection: str
    source_id: str
    path: Path
    old: Old
    new: Any
    run: str
    own_id: bool = False

    @property
    def document_key(self) -> str:
        """What names the document everywhere."""
        return f"{self.collection}:{self.source_id}"

    @property
    def key(self) -> str:
        """What names the row."""
        return row_key(self.document_key, self.path)


def row_key(document_key: str, path: Path) -> str:
    """The `_id` of the row about a field of a document."""
    return f"{document_key}:{dotted(path)}"
