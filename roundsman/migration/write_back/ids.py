"""The ids by which a source's users are known, in any form, and whether a value names one of them (pure).

A value counts as dangling only if nothing in it, at any depth and in any form, is the id of a user of the source: what
might be a link is left alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bson import Binary, DBRef, ObjectId

from roundsman.migration.plan import Fate
from roundsman.migration.reading import old_id, source_id_text, source_id_value

_UUIDS = (3, 4)
_FIRST_CHOICE = (Fate.KEPT, Fate.HELD, Fate.ARCHIVED)


class Form(StrEnum):
    """How a user is named in the source: by his application's id, or by the `_id` of his document."""

    STRING = "string"
    OBJECT_ID = "objectid"


def names_in(value: Any) -> Iterator[str]:  # noqa: ANN401 - any BSON value
    """Every id that a value may be or hold, as the text that all forms of that id share."""
    if (text := old_id(value)) is not None:
        yield text
        yield text.lower()
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from names_in(inner)
    elif isinstance(value, DBRef):
        yield from names_in(value.id)
    elif isinstance(value, Binary) and value.subtype in _UUIDS:
        yield str(value.as_uuid(value.subtype))
    elif value is not None:
        yield source_id_text(value)


@dataclass(frozen=True, slots=True)
class SourceUser:
    """The user document of the source that stands for a user of Roundsman."""

    source_id: str
    app_id: str | None
    fate: Fate

    @property
    def rank(self) -> tuple[bool, bool, str]:
        """Of several the least stands for the user: not one that was merged, then any order that stays."""
        return self.fate not in _FIRST_CHOICE, self.app_id is None, self.source_id


@dataclass(slots=True)
class SourceUsers:
    """Which document of the source's users stands for which user, and which application ids are several users'."""

    _by_user: dict[ObjectId, SourceUser] = field(default_factory=dict)
    _by_app_id: dict[str, ObjectId] = field(default_factory=dict)
    _ambiguous: set[str] = field(default_factory=set)

    def add(self, user_id: ObjectId, user: SourceUser) -> None:
        """Note what a document became."""
        known = self._by_user.get(user_id)
        if known is None or user.rank < known.rank:
            self._by_user[user_id] = user
        if user.app_id is not None and self._by_app_id.setdefault(user.app_id, user_id) != user_id:
            self._ambiguous.add(user.app_id)

    def has(self, user_id: ObjectId) -> bool:
        """Whether the source has a user document for the user."""
        return user_id in self._by_user

    def name_of(self, user_id: ObjectId, form: Form) -> Any:  # noqa: ANN401 - an `_id` may be of any type
        """The id to write for a user; Roundsman's own in hex for one whom the source does not know."""
        user = self._by_user.get(user_id)
        if user is None:
            return str(user_id)
        # An application's id that several people carry would name the wrong one as well.
        if form is Form.STRING and user.app_id not in self._ambiguous:
            return user.app_id or user.source_id
        return user.source_id if form is Form.STRING else source_id_value(user.source_id)
