"""Which field of a collection has which meaning (pure).

A field has one meaning at most. Where it leads speaks first, then what its values are, then what it is called. Of two
fields that would do, the better one is taken and the other one is said; a second path is added only where it fills gaps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from roundsman.migration.profile import PEOPLE, Kind, Path
from roundsman.migration.suggestion.drafts import Guess
from roundsman.migration.suggestion.facts import CollectionFacts, FieldFacts, Trait, share_of
from roundsman.migration.suggestion.kinds import LEAST_SHARE, records_with_prices
from roundsman.migration.suggestion.labels import CONTAINED, EXACT, ends_with, likeness, mentions
from roundsman.migration.suggestion.leads import meaning_of_reference, rank_of_owner
from roundsman.migration.suggestion.references import References, carriers
from roundsman.migration.suggestion.synonyms import (
    ADDRESS_PARTS,
    BY_SOMEBODY,
    FIRST_NAMES,
    LINE_MEANINGS,
    MEANINGS,
    NOUNS,
    OWN_IDS,
    SAID_BY_BOOLEANS,
    Meaning,
)

_BY_VALUE_ALONE: Final = 0.8
_LEAST_LIKENESS: Final = 0.7
_LEAST_GAP: Final = 0.005
_LINE_PRODUCTS: Final = ("product", "product id", "item id", "sku", "product ref")


@dataclass(slots=True)
class MeaningGuesser:
    """Guesses the meanings of one collection, each field once."""

    facts: CollectionFacts
    kind: Kind
    references: References
    kinds: Mapping[str, Kind]
    _taken: set[Path] = field(default_factory=set)
    _leading: dict[Path, int] = field(default_factory=dict)

    def guess(self) -> tuple[Guess, ...]:
        """All meanings that were found."""
        found = [*self._ids(), *self._leading_elsewhere()]
        if self.kind is Kind.ADDRESS:
            found += self._text_of_address()
        found += [guess for meaning in MEANINGS[self.kind] if (guess := self._of_values(meaning))]
        if self.kind is Kind.ORDER:
            found += self._lines()
        found += self._said_by_booleans({guess.meaning for guess in found})
        return tuple(found if _has_first_name(found) else (one for one in found if one.meaning != "last_name"))

    def left(self) -> list[FieldFacts]:
        """The fields that no meaning was found for."""
        return [one for one in self.facts.plain() if one.path not in self._taken]

    def _ids(self) -> Iterator[Guess]:
        if self.kind is Kind.ACTIVITY:
            return
        fit = ((likeness(one.path, OWN_IDS, collection=self.facts.name), one) for one in carriers(self.facts))
        named = sorted(
            ((like, one) for like, one in fit if like >= EXACT - 0.1), key=lambda pair: (-pair[0], pair[1].path)
        )
        if named:
            yield self._taking("app_id", [one for _, one in named[:2]])

    def _leading_elsewhere(self) -> Iterator[Guess]:
        leading: dict[str, list[tuple[float, FieldFacts]]] = {}
        for one in self.facts.plain():
            if one.path in self._taken:
                continue
            reached = self._kinds_reached(one)
            shares = {kind: share_of(documents, one.present.bit_count()) for kind, documents in reached.items()}
            share = max(shares.values(), default=0.0)
            if share >= LEAST_SHARE and (meaning := meaning_of_reference(self.kind, one, shares)):
                self._leading[one.path] = max(reached.values(), key=int.bit_count)
                leading.setdefault(meaning, []).append((share, one))
        for meaning, candidates in leading.items():
            fields = [
                one for _, one in sorted(candidates, key=lambda pair: (rank_of_owner(pair[1]), -pair[0], pair[1].path))
            ]
            if meaning == "owner":
                others = [one for one in fields if not mentions(one.path[-1], BY_SOMEBODY)]
                yield self._taking(meaning, others or fields, all_of_them=True)
            else:
                yield self._taking(meaning, fields)

    def _kinds_reached(self, one: FieldFacts) -> Mapping[Kind, int]:
        reached: dict[Kind, int] = {}
        for collection, documents in self.references.collections_of(self.facts, one).items():
            if kind := self.kinds.get(collection):
                reached[kind] = reached.get(kind, 0) | documents
        return reached

    def _of_values(self, meaning: Meaning) -> Guess | None:
        candidates = []
        for one in self.facts.plain():
            fit, like = one.share(*meaning.traits), likeness(one.path, meaning.names, collection=self.facts.name)
            if one.path in self._taken or fit < LEAST_SHARE or not _is_enough(meaning, one, like):
                continue
            candidates.append((like + (fit if meaning.by_value else 0), one))
        ordered = [one for _, one in sorted(candidates, key=lambda pair: (-pair[0], pair[1].path))]
        return self._taking(meaning.name, ordered, meaning.traits, several=meaning.several) if ordered else None

    def _taking(
        self,
        meaning: str,
        ordered: Sequence[FieldFacts],
        traits: Sequence[Trait] = (),
        *,
        several: bool = False,
        all_of_them: bool = False,
    ) -> Guess:
        """Take the first of these fields, and those after it that fill its gaps or are all wanted."""
        chosen = [ordered[0]]
        covered = self._support(ordered[0], traits)
        for one in ordered[1:]:
            fills = self.facts.share(self._support(one, traits) & ~covered) >= _LEAST_GAP
            if all_of_them or (several and fills):
                chosen.append(one)
                covered |= self._support(one, traits)
        self._taken |= {one.path for one in chosen}
        rest = next((one for one in ordered if one not in chosen), None)
        runner_up = (rest.path, self.facts.share(self._support(rest, traits))) if rest else None
        return Guess(meaning, tuple(one.path for one in chosen), self.facts.share(covered), runner_up)

    def _support(self, one: FieldFacts, traits: Sequence[Trait]) -> int:
        """The documents in which a field has such a value, or leads somewhere, or just has one."""
        return one.having(*traits) if traits else self._leading.get(one.path, one.present)

    def _text_of_address(self) -> list[Guess]:
        fit = [
            (_part_of_address(one, self.facts.name), one) for one in self.facts.plain() if one.path not in self._taken
        ]
        parts = [one for place, one in sorted(fit, key=lambda pair: (pair[0] or 0, pair[1].path)) if place is not None]
        return [self._taking("text", parts, all_of_them=True)] if parts else []

    def _lines(self) -> Iterator[Guess]:
        for one in records_with_prices(self.facts)[:1]:
            yield self._taking("lines", [one])
            inner = self.facts.below(one.path)
            products = [field for field in inner if self._leads_to_products(field)]
            products += [field for field in inner if likeness(field.path, _LINE_PRODUCTS, collection="") == EXACT]
            if products:
                yield Guess("line_product", (products[0].path,), self.facts.share(products[0].present))
            for meaning in LINE_MEANINGS:
                if guess := self._of_lines(meaning, [field for field in inner if field not in products[:1]]):
                    yield guess

    def _leads_to_products(self, one: FieldFacts) -> bool:
        return share_of(self._kinds_reached(one).get(Kind.PRODUCT, 0), one.present.bit_count()) >= LEAST_SHARE

    def _of_lines(self, meaning: Meaning, inner: Sequence[FieldFacts]) -> Guess | None:
        fit = [
            (likeness(one.path, meaning.names, collection=""), one)
            for one in inner
            if one.share(*meaning.traits) > 1 / 2
        ]
        likely = sorted(
            ((like, one) for like, one in fit if like >= _LEAST_LIKENESS), key=lambda pair: (-pair[0], pair[1].path)
        )
        if not likely:
            return None
        return Guess(meaning.name, (likely[0][1].path,), self.facts.share(likely[0][1].present))

    def _said_by_booleans(self, found: set[str]) -> Iterator[Guess]:
        for meaning, (names, _) in SAID_BY_BOOLEANS.items():
            if meaning in found or (meaning, self.kind) not in {("role", Kind.USER), ("status", Kind.ORDER)}:
                continue
            for one in self.facts.plain():
                if one.share(Trait.BOOLEAN) > 1 / 2 and likeness(one.path, names, collection="") >= _LEAST_LIKENESS:
                    yield self._taking(meaning, [one])
                    break


def _part_of_address(one: FieldFacts, collection: str) -> int | None:
    """The place of a field among the parts of an address as one writes it; None if it is none."""
    if one.share(Trait.TEXT, Trait.DIGITS, Trait.NUMBER) <= 1 / 2:
        return None
    likes = [likeness(one.path, (part,), collection=collection) for part in ADDRESS_PARTS]
    return likes.index(max(likes)) if max(likes) >= _LEAST_LIKENESS else None


def _has_first_name(found: Sequence[Guess]) -> bool:
    """Whether what was found as a name is only the first one, so that the last one belongs to it."""
    paths = [path for guess in found if guess.meaning == "name" for path in guess.paths]
    return any(likeness(path, FIRST_NAMES, collection="") >= _LEAST_LIKENESS for path in paths)


def _is_enough(meaning: Meaning, one: FieldFacts, like: float) -> bool:
    """Whether values and name together make the meaning likely enough to be written down."""
    if not meaning.by_value:
        return like >= _LEAST_LIKENESS
    # An e-mail or a phone in the part that is about somebody else is not this record's.
    own = len(one.path) == 1 or not any(ends_with(part, NOUNS[kind]) for part in one.path[:-1] for kind in PEOPLE)
    peculiar = set(meaning.traits) - {Trait.DIGITS, Trait.SHA256}
    certain = one.share(*peculiar)
    if like >= CONTAINED - 0.1:
        return own and (certain >= LEAST_SHARE or like >= _LEAST_LIKENESS)
    return own and certain >= _BY_VALUE_ALONE and not one.having(Trait.NUMBER)
