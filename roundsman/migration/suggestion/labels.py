"""The names that people give to fields and collections, compared in whatever style they are written (pure)."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from roundsman.migration.profile import Path

EXACT: Final = 1.0
IN_ANOTHER_DOCUMENT: Final = 0.75
CONTAINED: Final = 0.5
_LATER_PATTERN: Final = 0.01
_VERSION: Final = re.compile(r"_?v\d+(?=_|$)", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|\d+")
_SHORTEST_PLURAL: Final = 4


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in snake_case, camelCase, kebab-case or with spaces: lower case, singular, without a version."""
    found = _WORD.findall(_VERSION.sub("", name) or name)
    return tuple(_singular(word.lower()) for word in found)


def _singular(word: str) -> str:
    if len(word) < _SHORTEST_PLURAL or word.endswith(("ss", "us", "is")) or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word[:-1]


def likeness(path: Path, patterns: Sequence[str], *, collection: str) -> float:
    """How well a field's name fits the first of these patterns that it fits, between 0 and 1.

    A field may repeat what its collection is called: `customer_name` of customers is a name.
    """
    return max((_fit(path, pattern, collection) - _LATER_PATTERN * n for n, pattern in enumerate(patterns)), default=0)


@lru_cache(maxsize=65536)
def _fit(path: Path, pattern: str, collection: str) -> float:
    wanted, last = words(pattern), words(path[-1])
    whole = tuple(word for name in path for word in words(name))
    own = words(collection)
    if _same(whole, wanted) or (own and whole[: len(own)] == own and _same(whole[len(own) :], wanted)):
        return EXACT
    if own and whole[:1] == own[-1:] and _same(whole[1:], wanted):
        return EXACT
    if _same(last, wanted):
        return IN_ANOTHER_DOCUMENT
    spread = range(len(last) - len(wanted) + 1)
    return CONTAINED if any(last[start : start + len(wanted)] == wanted for start in spread) else 0


def _same(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the words are the same, also where they are written together: `fullname`."""
    return bool(one) and "".join(one) == "".join(other)


def ends_with(name: str, patterns: Sequence[str]) -> bool:
    """Whether the last words of a name are one of these patterns: what the name is a name of."""
    found = words(name)
    joined = "".join(found)
    return any(
        found[-len(wanted) :] == wanted or joined == "".join(wanted) for wanted in (words(one) for one in patterns)
    )


def mentions(name: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns stands anywhere in the name."""
    found = words(name)
    for wanted in (words(one) for one in patterns):
        if any(found[start : start + len(wanted)] == wanted for start in range(len(found) - len(wanted) + 1)):
            return True
    return False
