"""Indian scripts in Latin letters, with the vowels that those scripts leave unwritten.

A consonant of an Indian script carries an `a` unless a vowel sign or a virama follows. A table of letters alone drops
it ('शर्मा' becomes 'srma'), and then 'करण' and 'किरण' are hard to tell apart. The nine blocks from Devanagari to
Malayalam are laid out alike, so that one set of offsets serves them all.
"""

from enum import StrEnum
from typing import Final

from anyascii import anyascii


class Script(StrEnum):
    """How a word was written, as far as comparing it needs to know. The value marks a folded word."""

    LATIN = ""
    INDIAN = "~"
    TAMIL = "^"
    """Has one letter for k and g, t and d, p and b."""
    BENGALI = "="
    """Has no v, and says o for the unwritten a."""
    OTHER = "?"
    """Cannot be read here: it equals itself and nothing is known of anything else."""


_FIRST_INDIAN: Final = 0x0900
_LAST_INDIAN: Final = 0x0D7F
_LAST_LATIN: Final = 0x024F
_MORE_LATIN: Final = range(0x1E00, 0x1F00)
_BLOCK_SCRIPTS: Final = {0x0980: Script.BENGALI, 0x0B80: Script.TAMIL}
_CONSONANTS: Final = frozenset({*range(0x15, 0x3A), *range(0x58, 0x60)})
_VOWEL_SIGNS: Final = frozenset({*range(0x3E, 0x4D), 0x55, 0x56, 0x57, 0x62, 0x63})
_LABIALS: Final = frozenset(range(0x2A, 0x2F))
_NASALS: Final = frozenset({0x00, 0x01, 0x02, 0x70})
_SILENT: Final = frozenset({0x03, 0x3D, 0x4D, 0x71})
_VOCALIC_R: Final = frozenset({0x0B, 0x43})
_NUKTA: Final = 0x3C
_VIRAMA: Final = 0x4D
_WITH_NUKTA: Final = {"d": "r", "dh": "rh", "j": "z", "ph": "f", "s": "sh"}
_SONORANTS: Final = frozenset({"r", "n", "v", "y", "m", "l"})


def script_of(word: str) -> Script:
    """The script of the word, told by its first letter."""
    code = ord(word[0])
    if code <= _LAST_LATIN or code in _MORE_LATIN:
        return Script.LATIN
    if _FIRST_INDIAN <= code <= _LAST_INDIAN:
        return _BLOCK_SCRIPTS.get(code & ~0x7F, Script.INDIAN)
    return Script.OTHER


def romanise(word: str) -> str:
    """A word in Latin lower case. Indian scripts get the unwritten `a` back, but for one at the end that nobody says."""
    if script_of(word) in {Script.LATIN, Script.OTHER}:
        return anyascii(word).lower()
    sounds: list[str] = []
    for index, character in enumerate(word):
        _append_sound(sounds, character, following=word[index + 1 : index + 2])
    if _carries_vowel(word[-1]) and not _ends_in_spoken_vowel(sounds):
        sounds.pop()
    return "".join(sounds)


def _offset(character: str) -> int:
    """The place of the letter in its block; -1 for anything outside the Indian blocks."""
    code = ord(character)
    return code & 0x7F if _FIRST_INDIAN <= code <= _LAST_INDIAN else -1


def _append_sound(sounds: list[str], character: str, *, following: str) -> None:
    offset = _offset(character)
    if offset == _NUKTA:
        _soften(sounds)
    elif offset in _NASALS:
        sounds.append("m" if following and _offset(following) in _LABIALS else "n")
    elif offset in _VOCALIC_R:
        sounds.append("ri")
    elif offset not in _SILENT:
        letters = anyascii(character).lower().strip("'")
        sounds.append("ch" if letters == "c" else letters)
    if _carries_vowel(character) and _takes_inherent_vowel(following):
        sounds.append("a")


def _soften(sounds: list[str]) -> None:
    """A dot below changes the consonant before it."""
    if sounds:
        sounds[-1] = _WITH_NUKTA.get(sounds[-1], sounds[-1])


def _takes_inherent_vowel(following: str) -> bool:
    if not following:
        return True
    offset = _offset(following)
    return offset not in _VOWEL_SIGNS and offset not in {_VIRAMA, _NUKTA}


def _carries_vowel(character: str) -> bool:
    """Whether it is a consonant, which says `a` unless another sign follows; the dot below belongs to one."""
    offset = _offset(character)
    return offset in _CONSONANTS or offset == _NUKTA


def _ends_in_spoken_vowel(sounds: list[str]) -> bool:
    """Whether an unwritten `a` at the end is said: after a group like 'shn' or 'ndr', and in a word of one letter."""
    before = sounds[:-1]
    if len(before) <= 1:
        return True
    return before[-1] in _SONORANTS and before[-2][-1] not in "aeiou"
