"""Names: what a person is called, folded so that two spellings can be compared, and the verdict on two of them.

The worst mistake is to take two members of one family for one person: they share the phone, the surname and often all
of the given name but a letter. So the rules lean to doubt (spec: migration, normalising):

* SAME: the same words in any order, written apart or together, in any spelling that sounds alike, in any script; or
  the same given name beside a mistyped surname.
* UNSURE: something is missing rather than different (a surname, a name behind an initial), a surname differs, or a
  given name may be mistyped. A name of which nothing is known is unsure against everything.
* DIFFERENT: the given names differ, or the numbers do ('Customer 1', 'Customer 2').
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Final

from roundsman.identity.name_parts import folded_words
from roundsman.identity.name_sounds import (
    is_given_name,
    joined_sound,
    may_be_mistyped,
    same_sound,
    sound_of,
    sounds_of,
    unmarked,
)
from roundsman.identity.name_words import FAMILY_WORDS
from roundsman.identity.transliteration import Script


class Verdict(StrEnum):
    """Whether two names may belong to one person."""

    SAME = "same"
    UNSURE = "unsure"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class FoldedName:
    """A name as it sounds: its words in their order, initials as single letters. One string, because every record keeps one."""

    text: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of the name, so that it can neither equal nor differ."""
        return not self.text

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words without order: equal for 'Kumar Rajesh' and 'Rajesh Kumar'."""
        return tuple(sorted(self.text.split()))


_LONGEST: Final = 200
_CACHED_PAIRS: Final = 4_096
_LONG_WORD: Final = 7
_DIGIT: Final = re.compile(r"[0-9]")
_NO_NUMBERS: Final[frozenset[str]] = frozenset()
_EMPTY: Final = FoldedName("")
_FAMILY: Final = sounds_of(FAMILY_WORDS)


def fold_name(raw: object) -> FoldedName:
    """Fold a name from any value a document can hold; anything but a text is an unknown name."""
    if not isinstance(raw, str):
        return _EMPTY
    words = folded_words(raw[:_LONGEST].lower())
    return FoldedName(sys.intern(" ".join(words))) if words else _EMPTY


def compare_names(a: FoldedName, b: FoldedName) -> Verdict:
    """Compare two folded names; the order of the two does not matter."""
    return compare_folded(a.text, b.text)


def compare_folded(a: str, b: str) -> Verdict:
    """The same of the texts of folded names, of which an import compares many."""
    if not a or not b:
        return Verdict.UNSURE
    # In one order always, so that the verdict cannot depend on which of the two came first.
    return _compare_texts(a, b) if a <= b else _compare_texts(b, a)


@lru_cache(maxsize=_CACHED_PAIRS)
def _compare_texts(a: str, b: str) -> Verdict:
    """Compare two folded names; those of one household come again and again."""
    if a == b:
        return Verdict.SAME if _names_somebody(a.split()) else Verdict.UNSURE
    if (Script.OTHER.value in a) != (Script.OTHER.value in b):
        return Verdict.UNSURE
    verdict = _compare(_Parts.of(a), _Parts.of(b))
    if verdict is Verdict.DIFFERENT and a.replace(" ", "") == b.replace(" ", ""):
        return Verdict.UNSURE  # only a space stands elsewhere: 'NaveenA garwal'
    return verdict


def _names_somebody(words: Sequence[str]) -> bool:
    """Whether there is more than initials, and more than a surname alone: 'Mr Sharma' and 'Mrs Sharma' are two."""
    if len(words) == 1 and not is_given_name(words[0]):
        return unmarked(words[0]) not in _FAMILY
    return any(len(word) > 1 or word.isdecimal() for word in words)


@dataclass(slots=True)
class _Parts:
    """A name taken apart; words and initials that find a partner in the other name are taken out."""

    in_order: list[str]
    words: list[str]
    initials: list[str]
    numbers: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "_Parts":
        in_order = text.split()
        numbers = frozenset(word for word in in_order if word.isdecimal()) if _DIGIT.search(text) else _NO_NUMBERS
        words = [word for word in in_order if len(word) > 1 and word not in numbers]
        initials = [word for word in in_order if len(word) == 1 and word not in numbers]
        return cls(in_order, words, initials, numbers)

    @property
    def first_word_is_left(self) -> bool:
        return bool(self.words) and bool(self.in_order) and self.words[0] == self.in_order[0]


def _compare(a: _Parts, b: _Parts) -> Verdict:
    if a.numbers and b.numbers and a.numbers != b.numbers:
        return Verdict.DIFFERENT
    verdict = _compare_words(a, b)
    if a.numbers != b.numbers and verdict is Verdict.SAME:
        return Verdict.UNSURE
    return verdict


def _compare_words(a: _Parts, b: _Parts) -> Verdict:
    if len(a.words) > len(b.words):
        _write_together(a, b)
    elif len(b.words) > len(a.words):
        _write_together(b, a)
    common = _take_common(a, b)
    _take_common_initials(a, b)
    if not (a.words or b.words):
        return _compare_initials(a, b, common)
    if not common:
        return _compare_strangers(a, b)
    _take_abbreviated(a, b)
    _take_abbreviated(b, a)
    if a.words and b.words:
        return _compare_rest(a, b, common)
    return _compare_with_missing(a, b, common)


def _write_together(a: _Parts, b: _Parts) -> None:
    """Join two neighbouring words of `a` that `b` has as one: 'Ram Kumar' and 'Ramkumar'."""
    for first, second in pairwise(a.words):
        joined = _first_same(b.words, joined_sound(first, second)) or _first_same(b.words, joined_sound(second, first))
        if joined is not None:
            a.words[a.words.index(first) : a.words.index(second) + 1] = [joined]
            a.in_order = [joined if word == first else word for word in a.in_order if word != second]
            return


def _first_same(words: Sequence[str], word: str) -> str | None:
    for other in words:
        if same_sound(word, other):
            return other
    return None


def _take_common(a: _Parts, b: _Parts) -> list[str]:
    """Take the words both have out of both; return them."""
    common: list[str] = []
    for word in list(a.words):
        partner = _first_same(b.words, word)
        if partner is not None:
            a.words.remove(word)
            b.words.remove(partner)
            common.append(word)
    return common


def _take_common_initials(a: _Parts, b: _Parts) -> None:
    for initial in list(a.initials):
        if initial in b.initials:
            a.initials.remove(initial)
            b.initials.remove(initial)


def _take_abbreviated(a: _Parts, b: _Parts) -> None:
    """Take initials of `a` and the words of `b` they may stand for out of both."""
    for initial in list(a.initials):
        word = next((word for word in b.words if _abbreviates(initial, word)), None)
        if word is not None:
            a.initials.remove(initial)
            b.words.remove(word)


def _abbreviates(initial: str, word: str) -> bool:
    return unmarked(word)[0] == sound_of(initial)[0] or unmarked(word)[0] == initial


def _compare_initials(a: _Parts, b: _Parts, common: list[str]) -> Verdict:
    """All full words agree, so the initials decide: 'A Kumar' and 'B Kumar' are two, 'S Rajesh' and 'Rajesh' may be one."""
    if not a.initials and not b.initials:
        return Verdict.SAME if _names_somebody(a.in_order) else Verdict.UNSURE
    if a.initials and b.initials and not _any_given(common):
        return Verdict.DIFFERENT
    return Verdict.UNSURE


def _any_given(words: Sequence[str]) -> bool:
    """Whether one of the words is more than what a family shares."""
    return any(unmarked(word) not in _FAMILY for word in words)


def _compare_strangers(a: _Parts, b: _Parts) -> Verdict:
    """No full word agrees: unsure if each word of one fits the word or initial in its place, or is all there is to fit."""
    if len(a.in_order) == len(b.in_order):
        fits = all(_fits(x, y) for x, y in zip(a.in_order, b.in_order, strict=True))
    else:
        fits = _fits_alone(a, b) or _fits_alone(b, a)
    return Verdict.UNSURE if fits else Verdict.DIFFERENT


def _fits_alone(a: _Parts, b: _Parts) -> bool:
    """Whether `a` is one word that the first one of `b` abbreviates or mistypes, the rest being a surname."""
    if len(a.in_order) != 1 or not b.words:
        return False
    if b.initials:
        return _fits(a.in_order[0], b.in_order[0]) and not _any_given(b.words)
    return _fits(a.in_order[0], b.in_order[0])


def _fits(a: str, b: str) -> bool:
    if a.isdecimal() or b.isdecimal():
        return a == b
    if len(a) == 1 or len(b) == 1:
        shorter, longer = (a, b) if len(a) == 1 else (b, a)
        return _abbreviates(shorter, longer)
    return same_sound(a, b) or may_be_mistyped(a, b)


def _compare_with_missing(a: _Parts, b: _Parts, common: list[str]) -> Verdict:
    """One name has words the other lacks. Initials that stand for none of them contradict a name shared by a family."""
    contradicts = (a.initials and b.words) or (b.initials and a.words) or (a.initials and b.initials)
    if contradicts and not _any_given(common):
        return Verdict.DIFFERENT
    return Verdict.UNSURE


def _compare_rest(a: _Parts, b: _Parts, common: list[str]) -> Verdict:
    """Both names have words of their own beside the common ones: a mistyping, another surname, or another person."""
    both_given_left = a.first_word_is_left and b.first_word_is_left
    if len(a.words) == 1 and len(b.words) == 1 and may_be_mistyped(a.words[0], b.words[0]):
        return _judge_mistyping(a.words[0], b.words[0], given_agrees=not both_given_left and _any_given(common))
    if both_given_left or not _any_given(common) or _names_a_family(a, b):
        return Verdict.DIFFERENT
    return Verdict.UNSURE


def _names_a_family(a: _Parts, b: _Parts) -> bool:
    """Whether what is left are given names, one of them in front, so that the common word is the family's."""
    leads = a.first_word_is_left or b.first_word_is_left
    return leads and any(map(is_given_name, a.words)) and any(map(is_given_name, b.words))


def _judge_mistyping(a: str, b: str, *, given_agrees: bool) -> Verdict:
    """A mistyped surname beside the same given name is the same person, and so is a slip within a long given name.

    A slip adds, drops or swaps a letter; Ramkumar and Rajkumar, or a name with another ending, may be two. Nor is it a
    mistyping when both are known surnames: Patel and Patil, Kumar and Kumari.
    """
    if unmarked(a) in _FAMILY and unmarked(b) in _FAMILY:
        return Verdict.UNSURE
    is_long = min(len(a), len(b)) >= _LONG_WORD
    is_slip = a[-1] == b[-1] and (len(a) != len(b) or sorted(a) == sorted(b))
    return Verdict.SAME if given_agrees or (is_long and is_slip) else Verdict.UNSURE
