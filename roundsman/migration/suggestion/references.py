"""Which fields hold the ids of other collections' documents (pure).

What looks like an id in the samples is looked for among the ids of all documents, so that a reference is recognised by
where it leads, whatever it is called. How many are looked for is bounded by the samples.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from roundsman.migration.profile import Path
from roundsman.migration.reading import old_id, value_at
from roundsman.migration.suggestion.facts import CollectionFacts, FieldFacts, Trait
from roundsman.migration.suggestion.labels import ends_with, likeness, mentions
from roundsman.migration.suggestion.synonyms import NOUNS, OWN_IDS

OWN_ID: Final[Path] = ("_id",)
_NAMED_ID: Final = ("id", "uuid", "guid", "ref", "key", "code", "by", "number")
_NOUNS: Final = tuple(chain.from_iterable(NOUNS.values()))
_EXACTLY: Final = 0.9
_LONG_ID: Final = 12
_LEAST_SHARE_OF_IDS: Final = 0.9
_LEAST_DISTINCT: Final = 0.97


@dataclass(frozen=True, slots=True)
class Target:
    """A collection, and the field whose values were found."""

    collection: str
    path: Path


class References:
    """Filled with the ids of all documents of a source, then asked."""

    def __init__(self, collections: Iterable[CollectionFacts]) -> None:
        self._collections = {one.name: one for one in collections}
        self._wanted = set(chain.from_iterable(map(_wanted, self._collections.values())))
        self._carriers = {
            name: [OWN_ID, *(one.path for one in carriers(facts))] for name, facts in self._collections.items()
        }
        self._found: dict[str, set[Target]] = defaultdict(set)

    def note(self, collection: str, document: Mapping[str, Any]) -> None:
        """Note the ids that a document carries, if any of the samples names them."""
        for path in self._carriers[collection]:
            alias = old_id(value_at(document, (path,)))
            if alias is not None and alias in self._wanted:
                self._found[alias].add(Target(collection, path))

    def collections_of(self, facts: CollectionFacts, field: FieldFacts) -> Mapping[str, int]:
        """The collections that a field leads to, each with the sampled documents whose value leads there."""
        reached: dict[str, int] = defaultdict(int)
        if not _may_refer(field):
            return reached
        for alias, documents in field.ids.items():
            for target in self._found.get(alias, ()):
                if target != Target(facts.name, field.path):
                    reached[target.collection] |= documents
        return reached


def carriers(facts: CollectionFacts) -> Iterator[FieldFacts]:
    """The fields that tell a collection's documents apart, as an application's own ids do."""
    for field in facts.plain():
        is_id = field.share(Trait.ID) >= _LEAST_SHARE_OF_IDS
        is_other = field.share(Trait.PHONE, Trait.EMAIL, Trait.MOMENT, Trait.BCRYPT, Trait.SHA256) > 1 / 2
        # What names a thing of another kind is its id, even where no two documents name the same one.
        is_foreign = (
            mentions(field.path[-1], _NOUNS) and likeness(field.path, OWN_IDS, collection=facts.name) < _EXACTLY
        )
        if len(field.path) == 1 and is_id and not (is_other or is_foreign) and _is_distinct(field):
            yield field


def _is_distinct(field: FieldFacts) -> bool:
    return len(field.ids) >= _LEAST_DISTINCT * field.present.bit_count()


def _wanted(facts: CollectionFacts) -> Iterator[str]:
    for field in facts.fields.values():
        if _may_refer(field):
            yield from field.ids


def _may_refer(field: FieldFacts) -> bool:
    """Whether equal values are no accident: small numbers and short words are ids only where the name says so."""
    if not field.having(Trait.ID) or field.share(Trait.EMAIL, Trait.MOMENT, Trait.PHONE) > 1 / 2:
        return False
    if field.having(Trait.OBJECT_ID):
        return True
    name = next(part for part in reversed(field.path) if part != "[]")
    if ends_with(name, _NAMED_ID) or mentions(name, _NOUNS):
        return True
    return bool(field.ids) and min(map(len, field.ids)) >= _LONG_ID
