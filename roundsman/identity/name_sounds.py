"""One word of a name, spelt as it sounds: a spelling that 'Laxmi' and 'Lakshmi' share and 'Rajesh' and 'Ramesh' do not.

Vowels stay, because brothers and sisters often differ in nothing else: Kiran and Karan, Asha and Usha. Only when one
of two words came from an Indian script is `a` left out, since there it is mostly unwritten and not always said.
"""

import re
from functools import lru_cache
from typing import Final

from roundsman.identity.name_words import GIVEN_NAMES, SAME_WORDS
from roundsman.identity.transliteration import Script

_CACHED_WORDS: Final = 8_192
_CACHED_PAIRS: Final = 4_096
_SHORTEST_MISTYPED: Final = 4
_SPELLING_RULES: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"x", "ks"),
        (r"zh(?!ar)", "l"),  # Tamil and Malayalam: Kanmozhi, Kanmoli
        (r"sch|sh", "s"),
        (r"t?chh?", "C"),
        (r"c(?=[eiy])", "s"),
        (r"ck?|q", "k"),
        (r"C", "c"),
        (r"ph", "f"),
        (r"([bdgjkt])h", r"\1"),
        (r"d?ny(?=a)|jn|gn", "gy"),  # Dnyaneshwar, Jnaneshwar, Gyaneshwar
        (r"aa+", "a"),
        (r"ee+|ii+|ie", "i"),
        (r"oo+|uu+", "u"),
        (r"(?:au|ou|ow)(?![aeiou])", "o"),
        (r"w", "v"),
        (r"z", "j"),
        (r"i+y?a", "ya"),  # Sonia, Soniya
        (r"(?:a[iey]|e[iy])(?![aeiou])", "ai"),
        (r"y(?![aeiou])", "i"),
        (r"ii+", "i"),
        (r"nd(?:ra|[aeiu]r)$", "ndr"),  # Chandra, Chander
        (r"(?<=...)[ei]ndr$", "indr"),  # Rajendra, Rajinder
        (r"n(?=[bp])", "m"),
        (r"(.)\1+", r"\1"),
        (r"(?<=[aeiou])h$", ""),
        (r"^(?:ea|e|i)sv", "isv"),  # Eswari, Ishwari
        (r"svami", "sami"),  # Ramaswamy, Ramasamy
        (r"(?<=....)b(?:ai|en)$", ""),  # Rameshbhai, Savitaben
    )
)
_SIMILAR_VOWELS: Final = str.maketrans({"e": "i", "y": "i", "o": "u"})
_NO_VOICE: Final = str.maketrans("gdbjchf", "ktpsskp")
_TAMIL_RULES: Final = (
    (re.compile(r"^([pkt])[iu]r(?=[iuy])"), r"\1r"),  # Tamil parts the consonants: Piriya, Kirushnan
    (re.compile(r"k[iu]?rus"), "kris"),
)
_INNER_A: Final = re.compile(r"(?<!^)a")
_MARKS: Final = frozenset(script.value for script in Script if script.value)
_MUTE_A: Final = re.compile(r"(?<=[aeiou])([^aeiouy]{1,2})a(?=[^aeiou][aeiou])")
_DOUBLED: Final = re.compile(r"(.)\1+")
_VOWELS: Final = frozenset("aeiou")


@lru_cache(maxsize=_CACHED_WORDS)
def sound_of(word: str) -> str:
    """The sound of a word in Latin lower case; every accepted spelling of a name has one sound."""
    sound = _by_rules(word)
    return _STANDS_FOR.get(word) or _STANDS_FOR.get(sound, sound)


def _by_rules(word: str) -> str:
    for pattern, replacement in _SPELLING_RULES:
        word = pattern.sub(replacement, word)
    return word


def _representatives() -> dict[str, str]:
    """Every spelling of the groups, as typed and as it sounds, to the sound of the group's first word."""
    return {
        key: _by_rules(group[0])
        for group in SAME_WORDS
        for spelling in group
        for key in (spelling, _by_rules(spelling))
    }


_STANDS_FOR: Final = _representatives()


def sounds_of(words: frozenset[str]) -> frozenset[str]:
    """The sounds of a list of words."""
    return frozenset(map(sound_of, words))


_GIVEN: Final = sounds_of(GIVEN_NAMES)


def same_sound(a: str, b: str) -> bool:
    """Whether two marked sounds are one word; with an Indian script on either side unwritten vowels do not count."""
    if a == b:
        return True
    if a[0] != b[0] and a[0].isalpha() and b[0].isalpha():
        return False
    return _same_but_for_mute_vowels(a, b)


@lru_cache(maxsize=_CACHED_PAIRS)
def _same_but_for_mute_vowels(a: str, b: str) -> bool:
    if a[0].isalpha() and b[0].isalpha():
        return _MUTE_A.sub(r"\1", a) == _MUTE_A.sub(r"\1", b)  # Bhavana, Bhavna
    skeleton_a, skeleton_b = skeletons(a, b)
    return skeleton_a == skeleton_b and _endings_agree(a, b)


def joined_sound(a: str, b: str) -> str:
    """The sound of two words written together."""
    return a + unmarked(b) if a[-1] != unmarked(b)[0] else a + unmarked(b)[1:]


def skeletons(a: str, b: str) -> tuple[str, str]:
    """What is left of both words when only what both scripts can write is kept."""
    tamil, bengali = Script.TAMIL.value in (a[0], b[0]), Script.BENGALI.value in (a[0], b[0])
    return _skeleton(a, tamil=tamil, bengali=bengali), _skeleton(b, tamil=tamil, bengali=bengali)


@lru_cache(maxsize=_CACHED_WORDS)
def _skeleton(sound: str, *, tamil: bool, bengali: bool) -> str:
    bare = unmarked(sound)
    if tamil:
        for pattern, replacement in _TAMIL_RULES:
            bare = pattern.sub(replacement, bare)
        bare = bare.translate(_NO_VOICE)
    if bengali:
        bare = (bare[:1].replace("o", "a") + bare[1:].replace("o", "")).replace("v", "b")
    return _DOUBLED.sub(r"\1", _INNER_A.sub("", bare).translate(_SIMILAR_VOWELS))


def unmarked(sound: str) -> str:
    """The sound without the mark of its script."""
    return sound[1:] if sound[0] in _MARKS else sound


def _endings_agree(a: str, b: str) -> bool:
    """Whether both end in `a` or neither does: Anil and Anila are two people. After two consonants it is often mute."""
    a, b = unmarked(a), unmarked(b)
    return a.endswith("a") == b.endswith("a") or _ends_in_group(a) or _ends_in_group(b)


def _ends_in_group(sound: str) -> bool:
    last_two = sound.removesuffix("a")[-2:]
    return len(last_two) > 1 and not _VOWELS.intersection(last_two)


@lru_cache(maxsize=_CACHED_PAIRS)
def may_be_mistyped(a: str, b: str) -> bool:
    """Whether one word is the other with one letter wrong, missing, added or swapped with its neighbour.

    Never if both are known given names: Ramesh and Rakesh are brothers, not a slip.
    """
    bare_a, bare_b = unmarked(a), unmarked(b)
    if bare_a[0] != bare_b[0] or (is_given_name(a) and is_given_name(b)):
        return False
    if not (a[0].isalpha() and b[0].isalpha()):
        bare_a, bare_b = skeletons(a, b)
    return min(len(bare_a), len(bare_b)) >= _SHORTEST_MISTYPED and _is_one_edit_apart(bare_a, bare_b)


def is_given_name(sound: str) -> bool:
    """Whether the word is known as a given name."""
    return unmarked(sound) in _GIVEN


def _is_one_edit_apart(a: str, b: str) -> bool:
    """Whether at most one insertion, deletion, change or swap of neighbours makes one the other."""
    if len(a) > len(b):
        a, b = b, a
    if len(b) - len(a) > 1:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) < len(b):
        return a[start:] == b[start + 1 :]
    rest_a, rest_b = a[start:], b[start:]
    return rest_a[1:] == rest_b[1:] or (rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:])
