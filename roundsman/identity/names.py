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
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import permutations
from typing import Final

from roundsman.identity.name_parts import words_of
from roundsman.identity.name_sounds import may_be_mistyped, same_sound, sound_of, unmarked
from roundsman.identity.name_words import COURTESIES, FAMILY_WORDS, GENERIC_WORDS, TITLES
from roundsman.identity.transliteration import Script, romanise, script_of


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
_CACHED_WORDS: Final = 32_768
_LONGEST_INITIALS: Final = 3
_MOST_JOINED_WORDS: Final = 3
_LONG_WORD: Final = 7
_ASCII_WORD: Final = re.compile(r"[a-z]+|[0-9]+")
_BLANKS: Final = frozenset({"n/a", "n.a.", "n.a", "-", "nan"})
_VOWELS: Final = frozenset("aeiouy")
_EMPTY: Final = FoldedName("")


def _sounds(words: frozenset[str]) -> frozenset[str]:
    return frozenset(map(sound_of, words))


_TITLES: Final = _sounds(TITLES)
_COURTESIES: Final = _sounds(COURTESIES)
_GENERIC: Final = _sounds(GENERIC_WORDS)
_FAMILY: Final = _sounds(FAMILY_WORDS)


def fold_name(raw: object) -> FoldedName:
    """Fold a name from any value a document can hold; anything but a text is an unknown name."""
    if not isinstance(raw, str):
        return _EMPTY
    text = raw[:_LONGEST].lower()
    if text.strip() in _BLANKS:
        return _EMPTY
    words = [word for typed in words_of(text) for word in _fold_word(typed)]
    words = _without_courtesies(_without_titles(words))
    return _EMPTY if _says_nothing(words) else FoldedName(sys.intern(" ".join(words)))


@lru_cache(maxsize=_CACHED_WORDS)
def _fold_word(word: str) -> tuple[str, ...]:
    """The sounds of one typed word: usually one, several for initials written together, none if nothing can be read."""
    if word[0].isdigit():
        return (word.lstrip("0") or "0",)
    script = script_of(word)
    letters = "".join(_ASCII_WORD.findall(romanise(word)))
    if not letters:
        return (Script.OTHER + word,) if script is Script.OTHER else ()
    if len(word) == 1 and script is not Script.OTHER:
        return (letters[0],)
    sound = sound_of(letters)
    if script is Script.LATIN and _are_initials(letters, sound):
        return tuple(letters)
    return (script.value + sound,)


def _are_initials(letters: str, sound: str) -> bool:
    """'RK' and 'PVR' are initials written together; 'Md' and 'Smt' are words."""
    return (
        len(letters) <= _LONGEST_INITIALS
        and not _VOWELS.intersection(letters)
        and not _VOWELS.intersection(sound)
        and sound not in _TITLES
    )


def _without_titles(words: list[str]) -> list[str]:
    start = 0
    while start < len(words) - 1 and unmarked(words[start]) in _TITLES:
        start += 1
    return words[start:]


def _without_courtesies(words: list[str]) -> list[str]:
    """Drop 'ji', 'bhai', 'amma' behind a name; in front of one they may be the name."""
    return words[:1] + [word for word in words[1:] if unmarked(word) not in _COURTESIES]


def _says_nothing(words: list[str]) -> bool:
    """Whether the words name nobody, as 'Customer' or 'Test'; a number among them ('Customer 7') makes them a name."""
    return all(word in _GENERIC or (word in _TITLES and len(words) == 1) for word in words)


def compare_names(a: FoldedName, b: FoldedName) -> Verdict:
    """Compare two folded names; the order of the two does not matter."""
    if not a.text or not b.text:
        return Verdict.UNSURE
    if a.text == b.text:
        return Verdict.SAME if _names_somebody(a.text) else Verdict.UNSURE
    if (Script.OTHER.value in a.text) != (Script.OTHER.value in b.text):
        return Verdict.UNSURE
    return _compare(_Parts.of(a.text), _Parts.of(b.text))


def _names_somebody(text: str) -> bool:
    """Whether there is more than initials."""
    return any(len(word) > 1 or word.isdecimal() for word in text.split())


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
        return cls(
            in_order=in_order,
            words=[word for word in in_order if len(word) > 1 and not word.isdecimal()],
            initials=[word for word in in_order if len(word) == 1 and not word.isdecimal()],
            numbers=frozenset(word for word in in_order if word.isdecimal()),
        )

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
    joined = _are_joined(a.words, b.words)
    common = _take_common(a, b)
    _take_common_initials(a, b)
    if joined or not (a.words or b.words):
        return _compare_initials(a, b, common if not joined else ["joined"])
    if not common:
        return _compare_strangers(a, b)
    _take_abbreviated(a, b)
    _take_abbreviated(b, a)
    if a.words and b.words:
        return _compare_rest(a, b, common)
    return _compare_with_missing(a, b, common)


def _are_joined(a: Sequence[str], b: Sequence[str]) -> bool:
    """Whether one is the other with words written together: 'Ram Kumar' and 'Ramkumar'."""
    if len(a) == len(b) or not a or not b or max(len(a), len(b)) > _MOST_JOINED_WORDS:
        return False
    fewer, more = (a, b) if len(a) < len(b) else (b, a)
    written_together = "".join(fewer)
    return any(_same_when_joined(written_together, order) for order in permutations(more))


def _same_when_joined(word: str, parts: Sequence[str]) -> bool:
    mark = "" if parts[0][0].isalpha() else parts[0][0]
    joined = mark + sound_of("".join(map(unmarked, parts)))
    return same_sound(word, joined)


def _take_common(a: _Parts, b: _Parts) -> list[str]:
    """Take the words both have out of both; return them."""
    common: list[str] = []
    for word in list(a.words):
        partner = next((other for other in b.words if same_sound(word, other)), None)
        if partner is not None:
            a.words.remove(word)
            b.words.remove(partner)
            common.append(word)
    return common


def _take_common_initials(a: _Parts, b: _Parts) -> None:
    shared = Counter(a.initials) & Counter(b.initials)
    a.initials = list((Counter(a.initials) - shared).elements())
    b.initials = list((Counter(b.initials) - shared).elements())


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
        return Verdict.SAME if common else Verdict.UNSURE
    if a.initials and b.initials and not _any_given(common):
        return Verdict.DIFFERENT
    return Verdict.UNSURE


def _any_given(words: Sequence[str]) -> bool:
    """Whether one of the words is more than what a family shares."""
    return any(unmarked(word) not in _FAMILY for word in words)


def _compare_strangers(a: _Parts, b: _Parts) -> Verdict:
    """No full word agrees: unsure if each word of one fits the word or initial in its place, or may be a mistyping of it."""
    if len(a.words) == len(b.words) and not a.initials and not b.initials and len(a.in_order) == 1:
        return Verdict.UNSURE if may_be_mistyped(a.words[0], b.words[0]) else Verdict.DIFFERENT
    if len(a.in_order) != len(b.in_order):
        return Verdict.DIFFERENT
    fits = all(_fits(x, y) for x, y in zip(a.in_order, b.in_order, strict=True))
    return Verdict.UNSURE if fits else Verdict.DIFFERENT


def _fits(a: str, b: str) -> bool:
    if len(a) == 1 or len(b) == 1:
        shorter, longer = (a, b) if len(a) == 1 else (b, a)
        return _abbreviates(shorter, longer)
    return a == b


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
    if both_given_left or not _any_given(common):
        return Verdict.DIFFERENT
    return Verdict.UNSURE


def _judge_mistyping(a: str, b: str, *, given_agrees: bool) -> Verdict:
    """A mistyped surname beside the same given name is the same person; so is a mistyped long name, else it is unsure."""
    is_long = min(len(a), len(b)) >= _LONG_WORD
    return Verdict.SAME if given_agrees or is_long else Verdict.UNSURE
