"""Postal addresses as people type them: enough of a common spelling to say that two of them are one door.

An address never joins two records by itself; it confirms what a phone and an unsure name suggest. So the numbers must
be the same ones, and most of the words.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from anyascii import anyascii

_LONGEST: Final = 500
_SHARE_OF_WORDS: Final = 0.6
_POSTAL_CODE_LENGTH: Final = 6
_WORD: Final = re.compile(r"\d+|[a-z]+")
_NOISE_WORDS = (
    "a and at behind beside building bldg by flat floor front h hno house in near no nr number of off opp opposite "
    "plot post po room shop the to unit village via w"
)
_NOISE: Final = frozenset(_NOISE_WORDS.split())
_SPELLINGS: Final = {
    "apt": "apartment",
    "apts": "apartment",
    "apartments": "apartment",
    "appartment": "apartment",
    "av": "avenue",
    "ave": "avenue",
    "blk": "block",
    "bengaluru": "bangalore",
    "bombay": "mumbai",
    "calcutta": "kolkata",
    "clny": "colony",
    "col": "colony",
    "cross": "crs",
    "dist": "district",
    "encl": "enclave",
    "gurugram": "gurgaon",
    "ln": "lane",
    "madras": "chennai",
    "marg": "road",
    "mn": "main",
    "ngr": "nagar",
    "nagara": "nagar",
    "rd": "road",
    "sec": "sector",
    "soc": "society",
    "socy": "society",
    "st": "street",
    "str": "street",
}
_FLOORS: Final = frozenset({"st", "nd", "rd", "th"})


def fold_address(raw: object) -> str:
    """The words and numbers that tell one door from another, in their order, in one spelling; empty if there are none."""
    return _fold(raw[:_LONGEST]) if isinstance(raw, str) else ""


@lru_cache(maxsize=4096)
def _fold(text: str) -> str:
    # The separators go first: transliteration would turn some of them into letters.
    plain = text if text.isascii() else anyascii(unicodedata.normalize("NFKC", text))
    words = _WORD.findall(plain.lower().replace("'", ""))
    folded: list[str] = []
    for word in words:
        if word in _FLOORS and folded and folded[-1].isdecimal():
            continue
        if word not in _NOISE:
            folded.append((word.lstrip("0") or "0") if word.isdecimal() else _SPELLINGS.get(word, word))
    return " ".join(folded)


@dataclass(frozen=True, slots=True)
class _Door:
    """The parts of a folded address, by which two are compared."""

    words: frozenset[str]
    numbers: frozenset[str]
    postal_codes: frozenset[str]


@lru_cache(maxsize=4096)
def _door(folded: str) -> _Door:
    words = frozenset(folded.split())
    numbers = frozenset(word for word in words if word.isdecimal())
    codes = frozenset(number for number in numbers if len(number) == _POSTAL_CODE_LENGTH)
    return _Door(words - numbers, numbers - codes, codes)


def addresses_agree(a: str, b: str) -> bool:
    """Whether two folded addresses are one door: the same numbers and most of the words. An empty one agrees with nothing.

    A postal code that only one of them names does not count against them.
    """
    if not a or not b:
        return False
    one, other = _door(a), _door(b)
    if one.postal_codes and other.postal_codes and one.postal_codes != other.postal_codes:
        return False
    return one.numbers == other.numbers and _share_most_words(one.words, other.words)


def _share_most_words(a: frozenset[str], b: frozenset[str]) -> bool:
    """Most words of the shorter one stand in the longer one: people add a landmark more often than they change one."""
    fewer = min(len(a), len(b))
    if fewer == 0:
        return not a and not b
    return len(a & b) >= _SHARE_OF_WORDS * fewer
