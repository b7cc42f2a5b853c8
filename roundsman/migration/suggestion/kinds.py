"""What kind of thing each collection holds (pure).

A password makes an account, whatever the collection is called. Else it is what the collection or the fields that lead to
it are called, if its values agree; else what its documents are made of. What is none of these is not taken.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from roundsman.migration.profile import PEOPLE, Kind
from roundsman.migration.suggestion.facts import ELEMENT, CollectionFacts, FieldFacts, Trait, percent
from roundsman.migration.suggestion.labels import EXACT, ends_with, likeness
from roundsman.migration.suggestion.references import References
from roundsman.migration.suggestion.synonyms import ADDRESS_PARTS, LINES, NOUNS, PRICES, TOTALS

LEAST_SHARE: Final = 0.3
_LEAST_CONTACT: Final = 0.2
_LEAST_NAME: Final = 0.74
_FEWEST_PARTS: Final = 2
_NAMES: Final = ("name", "full name", "first name", "title", "display name", "contact name")
_OTHERS: Final = tuple(noun for kind in (*PEOPLE, Kind.ADDRESS, Kind.ORDER) for noun in NOUNS[kind])
_TRAILING_ID: Final = ("id", "uuid", "ref", "key")


@dataclass(frozen=True, slots=True)
class KindGuess:
    """A kind, why it is thought to be this, and the kind that was thought of next."""

    kind: Kind
    why: str
    runner_up: Kind | None = None


def guess_kinds(collections: Sequence[CollectionFacts], references: References) -> Mapping[str, KindGuess]:
    """The kind of every collection that is understood: people first, because the others are known by leading to them."""
    called = _called_by_others(collections, references)
    guesses: dict[str, KindGuess] = {}
    for facts in collections:
        if guess := _best(_people(facts, called.get(facts.name, Counter()))):
            guesses[facts.name] = guess
    kinds = {name: guess.kind for name, guess in guesses.items()}
    for facts in collections:
        if facts.name not in guesses and facts.sampled:
            reached = kinds_reached(facts, references, kinds)
            if guess := _best(_others(facts, reached)):
                guesses[facts.name] = guess
    return guesses


def kinds_reached(facts: CollectionFacts, references: References, kinds: Mapping[str, Kind]) -> Mapping[Kind, int]:
    """The kinds that fields of a collection lead to, each with the sampled documents that name one."""
    reached: dict[Kind, int] = {}
    for field in facts.fields.values():
        for collection, documents in references.collections_of(facts, field).items():
            if collection in kinds and collection != facts.name:
                reached[kinds[collection]] = reached.get(kinds[collection], 0) | documents
    return reached


def looks_like_people(facts: CollectionFacts) -> bool:
    """Whether most documents have a way to reach somebody, outside of lists and inner documents."""
    return _contact(facts) >= _LEAST_CONTACT


def records_with_prices(facts: CollectionFacts) -> list[FieldFacts]:
    """The lists of documents that may be the lines of an order, those called so first."""
    lists = [one for one in facts.plain() if one.share(Trait.RECORDS) >= LEAST_SHARE]
    priced = [one for one in lists if any(_is_amount(inner, PRICES) for inner in facts.below(one.path))]
    return sorted(priced or lists, key=lambda one: -likeness(one.path, LINES, collection=facts.name))


def _best(guesses: Iterator[KindGuess]) -> KindGuess | None:
    """The first guess, with the next one of another kind beside it."""
    found = list(guesses)
    if not found:
        return None
    runner_up = next((one.kind for one in found if one.kind is not found[0].kind), None)
    return KindGuess(found[0].kind, found[0].why, runner_up)


def _people(facts: CollectionFacts, called: Counter[Kind]) -> Iterator[KindGuess]:
    contact, has_name = _contact(facts), _has_name(facts)
    hashes = _having(facts, Trait.BCRYPT) | _having(facts, Trait.SHA256, called=("password", "password hash", "pwd"))
    if facts.share(hashes) >= LEAST_SHARE and (contact or has_name):
        yield KindGuess(Kind.USER, f"{percent(facts.share(hashes))} hold a password")
    for kind in (Kind.DELIVERY_BOY, Kind.SUPPLIER, Kind.CUSTOMER, Kind.USER):
        enough = contact >= _LEAST_CONTACT if kind is Kind.USER else contact >= _LEAST_CONTACT or has_name
        if ends_with(facts.name, NOUNS[kind]) and enough:
            yield KindGuess(kind, f"called so, and {percent(contact)} have a phone or e-mail")
    for kind, count in called.most_common():
        if kind in PEOPLE and contact >= _LEAST_CONTACT and not _is_called_other(facts):
            yield KindGuess(
                kind, f"{count} fields of other collections call it so, and {percent(contact)} can be reached"
            )


def _is_called_other(facts: CollectionFacts) -> bool:
    return any(ends_with(facts.name, NOUNS[kind]) for kind in (Kind.ORDER, Kind.PRODUCT, Kind.ADDRESS))


def _others(facts: CollectionFacts, reached: Mapping[Kind, int]) -> Iterator[KindGuess]:
    customers = facts.share(reached.get(Kind.CUSTOMER, 0) | reached.get(Kind.USER, 0))
    anybody = facts.share(_all(reached, PEOPLE))
    lines = records_with_prices(facts)
    has_money = bool(lines) and (
        any(_is_amount(one, PRICES) for one in facts.below(lines[0].path))
        or any(_is_amount(one, TOTALS) for one in facts.plain())
    )
    is_sale = ends_with(facts.name, NOUNS[Kind.ORDER]) and not facts.share(reached.get(Kind.SUPPLIER, 0))
    if has_money and (customers >= LEAST_SHARE or is_sale):
        yield KindGuess(Kind.ORDER, f"lines with prices, and {percent(customers)} name somebody")
    if _parts(facts) and (ends_with(facts.name, NOUNS[Kind.ADDRESS]) or _parts(facts) > _FEWEST_PARTS) and anybody:
        yield KindGuess(Kind.ADDRESS, f"made of the parts of an address, and {percent(anybody)} name somebody")
    if ends_with(facts.name, NOUNS[Kind.PRODUCT]) and _has_name(facts) and not looks_like_people(facts):
        yield KindGuess(Kind.PRODUCT, "called so, with names and without phones or e-mails")
    if anybody >= LEAST_SHARE and not looks_like_people(facts):
        yield KindGuess(Kind.ACTIVITY, f"{percent(anybody)} name somebody")


def _all(reached: Mapping[Kind, int], kinds: Sequence[Kind]) -> int:
    documents = 0
    for kind in kinds:
        documents |= reached.get(kind, 0)
    return documents


def _contact(facts: CollectionFacts) -> float:
    """The share of documents with a phone or e-mail of their own: those called otherwise are somebody else's."""
    documents = 0
    for field in facts.plain():
        if not field.share(Trait.TEXT) > 1 / 2 and _is_own(field):
            documents |= field.having(Trait.PHONE, Trait.EMAIL)
    return facts.share(documents)


def _is_own(field: FieldFacts) -> bool:
    """Whether a field is the record's own, not part of somebody or something else that it mentions."""
    return not any(ends_with(part, _OTHERS) for part in field.path[:-1])


def _has_name(facts: CollectionFacts) -> bool:
    return any(
        likeness(one.path, _NAMES, collection=facts.name) >= _LEAST_NAME and one.share(Trait.TEXT) > 1 / 2
        for one in facts.plain()
    )


def _parts(facts: CollectionFacts) -> int:
    """How many parts of an address the documents have."""
    return sum(likeness(one.path, ADDRESS_PARTS, collection=facts.name) > _LEAST_NAME for one in facts.plain())


def _is_amount(field: FieldFacts, names: Sequence[str]) -> bool:
    return likeness(field.path, names, collection="") > EXACT / 2 and field.share(Trait.NUMBER) > 1 / 2


def _having(facts: CollectionFacts, trait: Trait, *, called: Sequence[str] | None = None) -> int:
    documents = 0
    for field in facts.plain():
        if called is None or likeness(field.path, called, collection=facts.name):
            documents |= field.having(trait)
    return documents


def _called_by_others(collections: Sequence[CollectionFacts], references: References) -> Mapping[str, Counter[Kind]]:
    """What the fields that lead to each collection call what they lead to."""
    called: dict[str, Counter[Kind]] = {}
    for facts in collections:
        for field in facts.fields.values():
            name = noun_of(field)
            kind = next((kind for kind in PEOPLE if ends_with(name, NOUNS[kind])), None)
            for collection in references.collections_of(facts, field) if kind else ():
                called.setdefault(collection, Counter())[kind or Kind.USER] += 1
    return called


def noun_of(field: FieldFacts) -> str:
    """What a field is called, without the word that says that it is an id."""
    name = next(part for part in reversed(field.path) if part != ELEMENT)
    for ending in _TRAILING_ID:
        for spelled in (f"_{ending}", f"-{ending}", ending.capitalize(), ending.upper()):
            if name.endswith(spelled) and len(name) > len(spelled):
                return name.removesuffix(spelled)
    return name
