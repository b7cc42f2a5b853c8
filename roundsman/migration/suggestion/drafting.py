"""Putting together what was found out about every collection (pure)."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from roundsman.migration.profile import Kind
from roundsman.migration.suggestion.drafts import CollectionDraft, Draft, Guess, LeftOver, NotTaken, WordGuess
from roundsman.migration.suggestion.facts import CollectionFacts, FieldFacts, Trait
from roundsman.migration.suggestion.kinds import KindGuess, guess_kinds, looks_like_people
from roundsman.migration.suggestion.labels import mentions, words
from roundsman.migration.suggestion.meanings import MeaningGuesser
from roundsman.migration.suggestion.references import References
from roundsman.migration.suggestion.synonyms import NEED_A_PROFILE, SAID_BY_BOOLEANS, WANTED, WORDS

_VOCABULARIES: Final[Mapping[tuple[Kind, str], str]] = {
    (Kind.USER, "role"): "role",
    (Kind.CUSTOMER, "status"): "customer_status",
    (Kind.DELIVERY_BOY, "status"): "delivery_boy_status",
    (Kind.ORDER, "status"): "order_status",
    (Kind.ORDER, "order_type"): "order_type",
}
_SHOWN_AS: Final[Mapping[Trait, str]] = {
    Trait.RECORDS: "list of documents",
    Trait.LIST: "list",
    Trait.BOOLEAN: "yes or no",
    Trait.MOMENT: "date",
    Trait.EMAIL: "e-mail",
    Trait.PHONE: "phone",
    Trait.OBJECT_ID: "id",
    Trait.NUMBER: "number",
    Trait.TEXT: "text",
}
_INVENTED: Final = re.compile(r"@[\w.-]+\.(?:local|invalid|localhost|test|example)$")
_LEAST_INVENTED: Final = 3
_SAID_OF_MISSING: Final[Mapping[tuple[Kind, str], str]] = {
    (Kind.USER, "password"): "no field holds hashes that can be verified; its people prove themselves by phone",
    (Kind.ORDER, "owner"): "no field leads to a customer or an account, and only ids can say whose an order is",
}


def draft_profile(source: str, collections: Sequence[CollectionFacts], references: References) -> Draft:
    """Guess everything that can be guessed of these collections."""
    guesses = guess_kinds(collections, references)
    kinds = {name: guess.kind for name, guess in guesses.items()}
    return Draft(
        source=source,
        collections=tuple(
            _collection(facts, guesses[facts.name], references, kinds) for facts in collections if facts.name in guesses
        ),
        not_taken=tuple(
            NotTaken(facts.name, facts.documents, _why_not(facts)) for facts in collections if facts.name not in guesses
        ),
        synthetic_emails=_invented_emails(collections),
    )


def _collection(
    facts: CollectionFacts, guess: KindGuess, references: References, kinds: Mapping[str, Kind]
) -> CollectionDraft:
    guesser = MeaningGuesser(facts, guess.kind, references, kinds)
    guesses = guesser.guess()
    found = {one.meaning for one in guesses}
    missing = [meaning for meaning in WANTED[guess.kind] if meaning not in found and meaning != "link_user"]
    return CollectionDraft(
        name=facts.name,
        documents=facts.documents,
        sampled=facts.sampled,
        kind=guess,
        needs_profile=guess.kind is Kind.ACTIVITY and mentions(facts.name, NEED_A_PROFILE),
        guesses=guesses,
        to_do=tuple(f"{meaning}: {_said_of_missing(guess.kind, meaning)}" for meaning in missing),
        left_over=tuple(_left_over(facts, one) for one in guesser.left()),
        words=_words(facts, guess.kind, guesses),
    )


def _said_of_missing(kind: Kind, meaning: str) -> str:
    return _SAID_OF_MISSING.get((kind, meaning), "no field looks like it")


def _left_over(facts: CollectionFacts, one: FieldFacts) -> LeftOver:
    what = next((said for trait, said in _SHOWN_AS.items() if one.share(trait) > 1 / 2), "of several kinds")
    return LeftOver(one.path, what, facts.share(one.present))


def _why_not(facts: CollectionFacts) -> str:
    if not facts.sampled:
        return "empty"
    if looks_like_people(facts):
        return "looks like people, but of which kind could not be told"
    return "none of the things that a profile knows"


def _words(facts: CollectionFacts, kind: Kind, guesses: Sequence[Guess]) -> Mapping[str, tuple[WordGuess, ...]]:
    found: dict[str, tuple[WordGuess, ...]] = {}
    for guess in guesses:
        if vocabulary := _VOCABULARIES.get((kind, guess.meaning)):
            found[vocabulary] = tuple(_words_of(vocabulary, guess, [facts.fields[path] for path in guess.paths]))
    return found


def _words_of(vocabulary: str, guess: Guess, fields: Sequence[FieldFacts]) -> list[WordGuess]:
    counts: Counter[str] = Counter()
    for one in fields:
        for word, count in one.words.items():
            # Statuses are looked up in lower case, roles as they are written.
            counts[word if vocabulary == "role" else word.strip().lower()] += count
    return [WordGuess(word, count, _ours(vocabulary, guess.meaning, word)) for word, count in counts.most_common()]


def _ours(vocabulary: str, meaning: str, word: str) -> str | None:
    if word == "true" and meaning in SAID_BY_BOOLEANS:
        return SAID_BY_BOOLEANS[meaning][1]
    written = words(word)
    known = WORDS[vocabulary].items()
    return next((ours for ours, theirs in known if any(words(one) == written for one in theirs)), None)


def _invented_emails(collections: Sequence[CollectionFacts]) -> tuple[str, ...]:
    """Patterns of addresses in domains that no mail ever reaches."""
    domains: Counter[str] = Counter()
    for facts in collections:
        for one in facts.plain():
            if one.having(Trait.EMAIL):
                domains.update(found.group().lower() for alias in one.ids if (found := _INVENTED.search(alias)))
    return tuple(f"{re.escape(domain)}$" for domain, count in sorted(domains.items()) if count >= _LEAST_INVENTED)
