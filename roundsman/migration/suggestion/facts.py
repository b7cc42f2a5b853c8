"""What a sample of a collection shows of each field, wherever in the documents it stands (pure).

Facts are sets of sampled documents, kept as the bits of an integer: so it can be asked how many documents support a
guess, and whether two fields complete each other.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from bson import Decimal128, ObjectId

from roundsman.auth.passwords import HashForm, form_of, imported_hash
from roundsman.identity.emails import EmailReason, read_email
from roundsman.identity.phones import PhoneReason, read_phone
from roundsman.migration.profile import Path
from roundsman.migration.reading import moment, number, old_id

ELEMENT: Final = "[]"
"""Stands in a path for the elements of a list."""

_MOST_FIELDS: Final = 400
_DEEPEST: Final = 4
_MOST_ELEMENTS: Final = 12
_MOST_IDS: Final = 2_000
_MOST_WORDS: Final = 60
_LONGEST_ID: Final = 64
_LONGEST_WORD: Final = 40
_LONGEST_PHONE: Final = 40
_FEWEST_DIGITS: Final = 6
_ANY_ZONE: Final = ZoneInfo("UTC")
_ID_AS_NAME: Final = re.compile(r"\d+|[0-9a-f]{24,}|[0-9a-f-]{36}", re.IGNORECASE)
_GSTIN: Final = re.compile(r"\d{2}[A-Z]{5}\d{4}[A-Z]\d?[A-Z\d]{2,3}")
_PHONE_REASONS: Final = {PhoneReason.OK, PhoneReason.FIXED_LINE, PhoneReason.FOREIGN, PhoneReason.PLACEHOLDER}
_EMAIL_REASONS: Final = {EmailReason.OK, EmailReason.ROLE, EmailReason.SYNTHETIC}


class Trait(StrEnum):
    """What a value can be taken for; it may be several."""

    PHONE = "phone"
    DIGITS = "digits"
    """Digits as of a phone, which need not be one."""
    EMAIL = "email"
    BCRYPT = "bcrypt"
    SHA256 = "sha256"
    MOMENT = "moment"
    NUMBER = "number"
    BOOLEAN = "boolean"
    GSTIN = "gstin"
    TEXT = "text"
    ID = "id"
    OBJECT_ID = "objectId"
    LIST = "list"
    RECORDS = "records"
    """A list of documents."""


@dataclass(slots=True)
class FieldFacts:
    """One field. `present` are the documents with a value that is neither null nor empty."""

    path: Path
    present: int = 0
    traits: dict[Trait, int] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    words: Counter[str] = field(default_factory=Counter)
    crowded: bool = False
    """There were more different texts than a vocabulary has."""

    @property
    def shown(self) -> str:
        """The path as a profile writes it."""
        return ".".join(self.path)

    def having(self, *traits: Trait) -> int:
        """The documents in which a value has one of the traits."""
        documents = 0
        for trait in traits:
            documents |= self.traits.get(trait, 0)
        return documents

    def share(self, *traits: Trait) -> float:
        """Of the documents with a value, the share in which it has one of the traits."""
        return share_of(self.having(*traits), self.present.bit_count())

    def note(self, value: object, bit: int) -> None:
        """Note one value of a document."""
        self.present |= bit
        for trait in traits_of(value):
            self.traits[trait] = self.traits.get(trait, 0) | bit
        if (alias := old_id(value)) and len(alias) <= _LONGEST_ID and (alias in self.ids or len(self.ids) < _MOST_IDS):
            self.ids[alias] = self.ids.get(alias, 0) | bit
        if isinstance(value, bool):
            self.words["true" if value else "false"] += 1
        elif isinstance(value, str) and not self.crowded:
            self._note_word(value)

    def _note_word(self, value: str) -> None:
        if len(value) > _LONGEST_WORD or len(self.words) >= _MOST_WORDS:
            self.crowded = True
            self.words.clear()
        else:
            self.words[value] += 1


@dataclass(slots=True)
class CollectionFacts:
    """A collection: its number of documents, how many were looked at, and its fields but `_id`."""

    name: str
    documents: int
    sampled: int = 0
    fields: dict[Path, FieldFacts] = field(default_factory=dict)

    def note(self, document: Mapping[str, Any]) -> None:
        """Note one more document of the sample."""
        bit = 1 << self.sampled
        self.sampled += 1
        for path, value in _leaves(document, ()):
            if path not in self.fields and len(self.fields) >= _MOST_FIELDS:
                continue
            self.fields.setdefault(path, FieldFacts(path)).note(value, bit)

    def plain(self) -> list[FieldFacts]:
        """The fields that a path of a profile reaches: those in lists are not."""
        return [one for one in self.fields.values() if ELEMENT not in one.path]

    def below(self, path: Path) -> list[FieldFacts]:
        """The fields of the documents in a list, with the paths they have there."""
        start = (*path, ELEMENT)
        inside = [one for one in self.fields.values() if one.path[: len(start)] == start and len(one.path) > len(start)]
        below = [replace(one, path=one.path[len(start) :]) for one in inside]
        return [one for one in below if ELEMENT not in one.path]

    def share(self, documents: int) -> float:
        """The share of the sample that these documents are."""
        return share_of(documents, self.sampled)


def share_of(documents: int, whole: int) -> float:
    """How many of so many these documents are, between 0 and 1."""
    return documents.bit_count() / whole if whole else 0.0


def percent(share: float) -> str:
    """A share for people, never rounded to all or nothing."""
    return f"{min(max(share * 100, 1), 99):.0f} %" if 0 < share < 1 else f"{share * 100:.0f} %"


def _leaves(document: Mapping[str, Any], above: Path) -> Iterator[tuple[Path, Any]]:
    for name, value in document.items():
        # A profile joins names with dots, so it cannot say a name that holds one.
        if not name or "." in name or name == ELEMENT or (name == "_id" and not above) or not name.isprintable():
            continue
        # What is called by an id is an entry of a table, not a field.
        if not _ID_AS_NAME.fullmatch(name):
            yield from _values((*above, name), value)


def _values(path: Path, value: object) -> Iterator[tuple[Path, object]]:
    if value is None or (isinstance(value, str) and not value.strip()):
        return
    if isinstance(value, Mapping):
        if len(path) < _DEEPEST:
            yield from _leaves(value, path)
        return
    yield path, value
    if isinstance(value, list):
        for element in value[:_MOST_ELEMENTS]:
            if not isinstance(element, list):
                yield from _values((*path, ELEMENT), element)


def traits_of(value: object) -> Iterator[Trait]:
    """Everything a value can be taken for."""
    if isinstance(value, bool):
        yield Trait.BOOLEAN
    elif isinstance(value, ObjectId):
        yield from (Trait.OBJECT_ID, Trait.ID)
    elif isinstance(value, datetime):
        yield Trait.MOMENT
    elif isinstance(value, list):
        yield Trait.LIST
        if value and all(isinstance(element, Mapping) for element in value):
            yield Trait.RECORDS
    elif isinstance(value, int | float | Decimal128):
        yield Trait.NUMBER
        if isinstance(value, int):
            yield Trait.ID
        if read_phone(value).reason in _PHONE_REASONS:
            yield Trait.PHONE
    elif isinstance(value, str | bytes):
        yield from _traits_of_text(value)


def _traits_of_text(value: str | bytes) -> Iterator[Trait]:
    if known := imported_hash(value):
        yield Trait.SHA256 if form_of(known) is HashForm.SHA256 else Trait.BCRYPT
        return
    if isinstance(value, bytes):
        return
    shown = value.strip()
    digits = sum(character.isdecimal() for character in shown) if len(shown) <= _LONGEST_PHONE else 0
    if "@" in shown and read_email(shown).reason in _EMAIL_REASONS:
        yield Trait.EMAIL
    elif "-" in shown and moment(shown, _ANY_ZONE):
        yield Trait.MOMENT
    elif digits >= _FEWEST_DIGITS and read_phone(shown).reason in _PHONE_REASONS:
        yield from (Trait.PHONE, Trait.DIGITS)
    else:
        yield from _traits_of_other_text(shown, digits)
    if len(shown) <= _LONGEST_ID and shown.isprintable() and " " not in shown and "@" not in shown:
        yield Trait.ID


def _traits_of_other_text(shown: str, digits: int) -> Iterator[Trait]:
    has_letters = any(map(str.isalpha, shown))
    if digits >= _FEWEST_DIGITS and not has_letters:
        yield Trait.DIGITS
    if _GSTIN.fullmatch(shown):
        yield Trait.GSTIN
    if number(shown) is not None:
        yield Trait.NUMBER
    elif has_letters:
        yield Trait.TEXT
