"""Postal addresses as people type them: enough of a common spelling to say that two of them are one door.

An address never joins two records by itself; it confirms what a phone and an unsure name suggest. So the numbers must
be the same ones, and most of the words.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from anyascii import anyascii

_LONGEST: Final = 500
_SHARE_OF_WORDS: Final = 0.6
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


def addresses_agree(a: str, b: str) -> bool:
    """Whether two folded addresses are one door: the same numbers and most of the words. An empty one agrees with nothing.

    A postal code that only one of them names does not count against them.
    """
    words_a, words_b = frozenset(a.split()), frozenset(b.split())
    if not words_a or not words_b:
        return False
    return _same_numbers(words_a, words_b) and _share_most_words(words_a, words_b)


def _same_numbers(a: frozenset[str], b: frozenset[str]) -> bool:
    numbers_a, numbers_b = _numbers(a), _numbers(b)
    codes_a, codes_b = _postal_codes(numbers_a), _postal_codes(numbers_b)
    if codes_a and codes_b and codes_a != codes_b:
        return False
    return numbers_a - codes_a == numbers_b - codes_b


def _numbers(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in words if word.isdecimal())


def _postal_codes(numbers: frozenset[str]) -> frozenset[str]:
    postal_code_length = 6
    return frozenset(number for number in numbers if len(number) == postal_code_length)


def _share_most_words(a: frozenset[str], b: frozenset[str]) -> bool:
    """Most words of the shorter one stand in the longer one: people add a landmark more often than they change one."""
    words_a, words_b = a - _numbers(a), b - _numbers(b)
    fewer = min(len(words_a), len(words_b))
    if fewer == 0:
        return not words_a and not words_b
    return len(words_a & words_b) >= _SHARE_OF_WORDS * fewer
