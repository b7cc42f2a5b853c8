"""The words of a name as somebody typed it, before anything is known of their sound."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_CACHED_CHARACTERS: Final = 4096
_ASCII_WORD: Final = re.compile(r"[a-z]+|[0-9]+")
_ANY_WORD: Final = re.compile(r"[0-9]+|[^0-9\s]+")
_MESSRS: Final = re.compile(r"\bm/s\b\.?")
_RELATION: Final = re.compile(r"\b[sdwhc]\s?/\s?o\b.*")


def words_of(text: str) -> list[str]:
    """The words of a text in lower case: without a firm's 'M/s', and without 'son of' and whoever follows it."""
    if "/" in text:
        text = _RELATION.sub("", _MESSRS.sub("", text))
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
