"""A person's name, which some applications keep in two fields (pure)."""

from collections.abc import Mapping
from typing import Any

from roundsman.migration.profile import CollectionProfile
from roundsman.migration.reading import text, value_at


def full_name(fields: Mapping[str, Any], collection: CollectionProfile) -> str | None:
    """The name of a document's person, with the last name if it stands in a field of its own; None if there is none.

    Whoever wrote the whole name into the first field too has no last name twice.
    """
    name = text(value_at(fields, collection.paths("name")))
    last = text(value_at(fields, paths)) if (paths := collection.paths("last_name")) else None
    if name is None or last is None:
        return name or last
    return name if name.casefold().endswith(f" {last.casefold()}") else f"{name} {last}"
