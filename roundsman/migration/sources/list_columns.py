"""What the columns of a customer list mean, by its header line (pure).

The names that people give to columns stand in a data file beside the built-in profile. From those that are found the list
gets a source profile of its own with one collection of customers; time zone, own numbers and words are those of the
business's source profile.
"""

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

from roundsman.customers.customers import CustomerStatus
from roundsman.migration.profile import CollectionProfile, Kind, SourceProfile

COLLECTION_PREFIX = "list/"
_RESERVED = "_id"
_STATUS_WORDS = "customer_status"
_ID = "id"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a list: how each is called in documents, and which of them have each meaning, the best first."""

    names: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]

    @property
    def are_of_customers(self) -> bool:
        """Whether rows tell who somebody is and how to reach him."""
        return "name" in self.fields and ("phone" in self.fields or "email" in self.fields)

    @property
    def id_columns(self) -> tuple[str, ...]:
        """The columns that hold the list's own id of a row."""
        return self.fields.get(_ID, ())

    @property
    def unknown(self) -> tuple[str, ...]:
        """Columns that mean nothing to us."""
        known = {name for names in self.fields.values() for name in names}
        return tuple(name for name in self.names if name not in known)


def columns_of(header: Sequence[object], *, width: int = 0) -> Columns:
    """The columns of a header line; up to `width` there are some without a header."""
    names = _distinct_names([*header, *[None] * (width - len(header))])
    known = _vocabulary().columns
    fields: dict[str, tuple[str, ...]] = {}
    for meaning, synonyms in known.items():
        ranked = sorted(
            (synonyms.index(written), number)
            for number, cell in enumerate(header)
            if (written := _folded(cell)) in synonyms
        )
        if ranked:
            fields[meaning] = tuple(names[number] for _, number in ranked)
    return Columns(names, fields)


def list_profile(list_name: str, columns: Columns, business: SourceProfile) -> SourceProfile:
    """The business's source profile with one list for its collections."""
    return _with_collection(COLLECTION_PREFIX + list_name, columns, business)


def profile_of_row(collection: str, fields: Iterable[str], business: SourceProfile) -> SourceProfile | None:
    """The profile that tells what a kept row of a list means; None if the collection is no list."""
    if not collection.startswith(COLLECTION_PREFIX):
        return None
    return _with_collection(collection, columns_of(tuple(fields)), business)


def _with_collection(collection: str, columns: Columns, business: SourceProfile) -> SourceProfile:
    fields = {meaning: tuple((name,) for name in names) for meaning, names in columns.fields.items() if meaning != _ID}
    status = {**_vocabulary().status, **business.words[_STATUS_WORDS]}
    return replace(
        business,
        words={**business.words, _STATUS_WORDS: status},
        collections=(CollectionProfile(collection, Kind.CUSTOMER, fields),),
    )


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    columns: Mapping[str, tuple[str, ...]]
    status: Mapping[str, str]


@lru_cache(1)
def _vocabulary() -> _Vocabulary:
    file = resources.files("roundsman.migration") / "profiles" / "lists" / "columns.toml"
    data = tomllib.loads(file.read_text("utf-8"))
    columns = {meaning: tuple(map(_folded, written)) for meaning, written in data["columns"].items()}
    return _Vocabulary(columns, {word: CustomerStatus(ours).value for word, ours in data["status"].items()})


def _folded(cell: object) -> str:
    """A header without case, spaces and punctuation; empty if it is no text."""
    text = unicodedata.normalize("NFKC", cell).casefold() if isinstance(cell, str) else ""
    return "".join(filter(str.isalnum, text))


def _distinct_names(header: Sequence[object]) -> tuple[str, ...]:
    """A name for each column: a header that stands twice is numbered, and one that is missing says where it stands."""
    names = [_RESERVED]
    for number, cell in enumerate(header, start=1):
        written = "" if cell is None else str(cell).replace("\x00", "").strip()
        name = written or f"column {number}"
        times = 1
        while name in names:
            times += 1
            name = f"{written or f'column {number}'} ({times})"
        names.append(name)
    return tuple(names[1:])
