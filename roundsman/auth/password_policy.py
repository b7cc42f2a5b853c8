"""Which passwords may be set (pure).

Length is what counts: fifteen characters where the password is all that is asked for, eight where a second factor is,
and at most 128; which characters is everybody's own business (NIST SP 800-63B-4, 3.1.1.2). Refused is what is guessed
first: common words and rows of keys, whatever digits are put around them or how often they are repeated, and what everybody
knows of its owner or of the business.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from roundsman.auth.passwords import is_known_default
from roundsman.errors import InvalidInput

_LISTS: Final = ("common_passwords.txt", "leaked_passwords.txt")
_SHORTEST_OWN_WORD: Final = 3
_LETTERS_OF_ONES_OWN: Final = 8
_PHONE_DIGITS: Final = 10
_WORDS = re.compile(r"\w+")
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_REPEATED = re.compile(r"(.{1,12}?)\1+", re.DOTALL)


class UnacceptablePassword(InvalidInput):
    """The new password is too short, too long, or among the first that are guessed; the message says which."""

    code = "unacceptable_password"


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """How long passwords are, and which words of the business are none."""

    shortest: int = 15
    shortest_with_second_factor: int = 8
    longest: int = 128
    brand_words: tuple[str, ...] = ("roundsman",)


def require_acceptable(
    password: str,
    *,
    policy: PasswordPolicy = PasswordPolicy(),
    known: Iterable[str] = (),
    with_second_factor: bool = False,
) -> None:
    """Raise UnacceptablePassword unless this may be a password; `known` are its owner's names, phones and e-mails."""
    text = unicodedata.normalize("NFC", password)
    shortest = policy.shortest_with_second_factor if with_second_factor else policy.shortest
    if not shortest <= len(text) <= policy.longest:
        raise UnacceptablePassword(f"A password has {shortest} to {policy.longest} characters.")
    if is_known_default(text) or _is_common(text.casefold()):
        raise UnacceptablePassword("This password is among the first that are guessed. Take several words of your own.")
    if _tells_only(text.casefold(), [*known, *policy.brand_words]):
        raise UnacceptablePassword("A password is not made of one's own name or phone, or the name of the business.")


def _is_common(text: str) -> bool:
    return any(
        one in common_passwords() or _is_run(one) for one in (text, _bare(text), _bare(_once(text)), _once(text))
    )


def _bare(text: str) -> str:
    """What is left without the digits and signs before and after."""
    return _AROUND.sub("", text)


def _once(text: str) -> str:
    """What is repeated: 'abc' of 'abcabcab' with its tail."""
    repeated = _REPEATED.match(text)
    if repeated is None:
        return text
    unit, rest = repeated[1], text[repeated.end() :]
    return unit if unit.startswith(rest) else text


def _is_run(text: str) -> bool:
    """Nothing, one character, or one after the other: 'aaaa', 'abcdef', '987654', '1234567890123'."""
    steps = {(ord(after) - ord(before)) % (10 if text.isdigit() else 1 << 21) for before, after in pairwise(text)}
    return len(text) <= 1 or (len(steps) == 1 and steps <= {0, 1, 9 if text.isdigit() else (1 << 21) - 1})


def _tells_only(text: str, known: Iterable[str]) -> bool:
    """Whether too little is left of it without what is known."""
    left = "".join(_WORDS.findall(text))
    shorter = left
    for word in sorted(_known_words(known), key=len, reverse=True):
        shorter = shorter.replace(word, "")
    return shorter != left and len(shorter) < _LETTERS_OF_ONES_OWN


def _known_words(known: Iterable[str]) -> set[str]:
    words = {word for text in known for word in _WORDS.findall(unicodedata.normalize("NFC", text).casefold())}
    phones = {word[-_PHONE_DIGITS:] for word in words if word.isdigit()}
    return {word for word in words | phones if len(word) >= _SHORTEST_OWN_WORD}


@cache
def common_passwords() -> frozenset[str]:
    """The lists that come with Roundsman, each with its source and licence in its first lines; read when first asked."""
    folder = files("roundsman.auth")
    lines = [line for name in _LISTS for line in folder.joinpath(name).read_text("utf-8").splitlines()]
    words = {word for line in lines if not line.startswith("#") for word in line.split()}
    return frozenset(words | {_bare(word) for word in words})
