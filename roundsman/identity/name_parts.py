"""The words of a name: as somebody typed them, then as they sound, without what is no part of the name."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from roundsman.identity.name_sounds import sound_of, sounds_of, unmarked
from roundsman.identity.name_words import COURTESIES, GENERIC_WORDS, NAMELIKE_TITLES, TITLES
from roundsman.identity.transliteration import Script, romanise, script_of

_CACHED_CHARACTERS: Final = 4096
_CACHED_WORDS: Final = 32_768
_LONGEST_INITIALS: Final = 3
_NAME_AND_SURNAME: Final = 2
_VOWELS: Final = frozenset("aeiouy")
_BLANKS: Final = frozenset({"n/a", "n.a.", "n.a", "-", "nan"})
_TITLES: Final = sounds_of(TITLES)
_NAMELIKE_TITLES: Final = sounds_of(NAMELIKE_TITLES)
_COURTESIES: Final = sounds_of(COURTESIES)
_GENERIC: Final = sounds_of(GENERIC_WORDS)
_ASCII_WORD: Final = re.compile(r"[a-z]+|[0-9]+")
_ANY_WORD: Final = re.compile(r"[0-9]+|[^0-9\s]+")
_MESSRS: Final = re.compile(r"\bm/s\b\.?")
_RELATION: Final = re.compile(r"\b[sdwhc]\s?/\s?o\b.*")


def folded_words(text: str) -> list[str]:
    """The sounds of a name in lower case, in its order, initials as single letters; empty if it names nobody."""
    if text.strip() in _BLANKS:
        return []
    words = [word for typed in _words_of(text) for word in _fold_word(typed)]
    words = _without_courtesies(_without_titles(words))
    return [] if _says_nothing(words) else words


def _words_of(text: str) -> list[str]:
    """The words as typed, but for a firm's 'M/s' and for 'son of' and whoever follows; 'Raman, Uma' is Uma Raman."""
    if "/" in text:
        text = _RELATION.sub("", _MESSRS.sub("", text))
    family_name, comma, rest = text.partition(",")
    if comma:
        text = f"{rest} {family_name}"
    if text.isascii():
        return _ASCII_WORD.findall(text.replace("'", ""))
    plain = unicodedata.normalize("NFKC", text).lower()
    return _ANY_WORD.findall("".join(map(_plain_character, plain)))


@lru_cache(maxsize=_CACHED_CHARACTERS)
def _plain_character(character: str) -> str:
    """Letters and their marks stay, digits become ASCII, what is invisible or an apostrophe goes, the rest parts words."""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category[0] in "LM":
        return character
    return "" if category == "Cf" or character in "'’`" else " "  # noqa: RUF001 - the apostrophe that phones type


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
    if len(words) - start > _NAME_AND_SURNAME and unmarked(words[start]) in _NAMELIKE_TITLES:
        start += 1
    return words[start:]


def _without_courtesies(words: list[str]) -> list[str]:
    """Drop 'ji', 'bhai', 'amma' behind a name; in front of one they may be the name."""
    return words[:1] + [word for word in words[1:] if unmarked(word) not in _COURTESIES]


def _says_nothing(words: list[str]) -> bool:
    """Whether the words name nobody, as 'Customer' or 'Test'; a number among them ('Customer 7') makes them a name."""
    return all(word in _GENERIC or (word in _TITLES and len(words) == 1) for word in words)
