"""Phone numbers: one number in any spelling becomes one E.164 key, and whatever could be a mistake becomes none.

The rules (spec: migration, normalising):

* A key is the number of a mobile, or one that may be a mobile, of the business's own country. It may match two records and sign in.
* A number that can be read but proves nothing stays a contact: a placeholder, a landline, a number of another country.
* Letters are refused before anything else is tried: `9.87654321E9` would read as a valid number of somebody else.
* A trailing `.0` is the trace of a spreadsheet column read as floats, and is cut.
* Two numbers in one field are nobody's key: which of the two is his cannot be known.

Nearly every number is an Indian mobile in a plain spelling. Those are recognised with libphonenumber's own pattern of
Indian mobiles and never pass through its parser, which costs thirty times as much. Everything else does.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

import phonenumbers
from bson import Decimal128
from phonenumbers import PhoneNumberFormat, PhoneNumberType


class PhoneReason(StrEnum):
    """Why a phone is a key, or why it is none."""

    OK = "ok"
    EMPTY = "empty"
    LETTERS = "letters"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    MULTIPLE = "multiple"
    PLACEHOLDER = "placeholder"
    FIXED_LINE = "fixed_line"
    FOREIGN = "foreign"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Phone:
    """What was read: the number in E.164 when there is one, and what may be done with it."""

    e164: str | None
    reason: PhoneReason

    @property
    def is_key(self) -> bool:
        """Whether the number may match two records and serve to sign in."""
        return self.reason is PhoneReason.OK


def _indian_mobile_pattern() -> re.Pattern[str]:
    metadata = phonenumbers.PhoneMetadata.metadata_for_region("IN")
    if metadata is None or metadata.mobile is None:  # pragma: no cover - the library always ships India
        message = "phonenumbers has no metadata for India"
        raise RuntimeError(message)
    return re.compile(rf"(?=[6-9])(?:{metadata.mobile.national_number_pattern})", re.ASCII)


_REGION: Final = "IN"
_COUNTRY_CODE: Final = 91
_NATIONAL_LENGTH: Final = 10
_LONGEST_NUMBER: Final = 15
_LONGEST_TEXT: Final = 200
_REPEATED: Final = 7
_SMALLEST_PART_OF_MULTIPLE: Final = 6
_PLACEHOLDERS: Final = frozenset({"1234567890", "0123456789", "9876543210"})
_BLANKS: Final = frozenset({"nan", "none", "null", "nil", "na", "n/a", "undefined", "-", "--", "."})
_MOBILE_TYPES: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_PREFIX_BY_LENGTH: Final = {11: "0", 12: "91", 13: "+91", 14: "0091"}

_is_indian_mobile: Final = _indian_mobile_pattern().fullmatch
_SEPARATORS: Final = frozenset(".,;/|&\\'`\"·_\N{MINUS SIGN}")
_SEPARATOR_CATEGORIES: Final = frozenset({"Zs", "Cc", "Cf", "Pd", "Ps", "Pe", "Pi", "Pf"})
_COMMON_SEPARATORS: Final = str.maketrans("", "", " -()\t\N{NO-BREAK SPACE}")
_FLOAT_TAIL: Final = re.compile(r"\.0{1,2}\Z")
_BETWEEN_NUMBERS: Final = re.compile(r"[/,;|&\n\r\\]")

_EMPTY: Final = Phone(None, PhoneReason.EMPTY)
_INVALID: Final = Phone(None, PhoneReason.INVALID)
_LETTERS: Final = Phone(None, PhoneReason.LETTERS)
_MULTIPLE: Final = Phone(None, PhoneReason.MULTIPLE)
_TOO_LONG: Final = Phone(None, PhoneReason.TOO_LONG)
_TOO_SHORT: Final = Phone(None, PhoneReason.TOO_SHORT)
_NO_NUMBERS: Final[frozenset[str]] = frozenset()


def read_phone(raw: object, *, own_numbers: frozenset[str] = _NO_NUMBERS) -> Phone:
    """Read a phone from any value a document can hold; never raises.

    `own_numbers` are the firm's own numbers in E.164: they are typed where a customer's is missing, so they count as
    placeholders.
    """
    text = raw if type(raw) is str else _as_text(raw)
    if isinstance(text, Phone):
        return text
    national = _plain_indian_mobile(text) or _plain_indian_mobile(text.removesuffix(".0").translate(_COMMON_SEPARATORS))
    if national is not None:
        return _judge_indian_mobile(national, own_numbers)
    return _read_text(text, own_numbers)


def _plain_indian_mobile(text: str) -> str | None:
    """The ten digits, if the text is an Indian mobile written plainly: bare or after 0, 91, +91 or 0091."""
    length = len(text)
    if length != _NATIONAL_LENGTH:
        prefix = _PREFIX_BY_LENGTH.get(length)
        if prefix is None or not text.startswith(prefix):
            return None
        text = text[-_NATIONAL_LENGTH:]
    return text if _is_indian_mobile(text) else None


def _judge_indian_mobile(national: str, own_numbers: frozenset[str]) -> Phone:
    e164 = "+91" + national
    if _is_placeholder(national) or e164 in own_numbers:
        return Phone(e164, PhoneReason.PLACEHOLDER)
    return Phone(e164, PhoneReason.OK)


def _is_placeholder(digits: str) -> bool:
    return digits.endswith(digits[-1] * _REPEATED) or digits in _PLACEHOLDERS


def _as_text(raw: object) -> str | Phone:
    """The value as the text a person would have typed, or what is wrong with it."""
    if raw is None:
        return _EMPTY
    if isinstance(raw, str):
        return raw
    if isinstance(raw, Decimal128):
        raw = raw.to_decimal()
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return _INVALID
    return _number_as_text(raw)


def _number_as_text(number: float | Decimal) -> str | Phone:
    if number.is_nan() if isinstance(number, Decimal) else math.isnan(number):
        return _EMPTY
    if number < 0:
        return _INVALID
    if number >= 10**_LONGEST_NUMBER:
        return _TOO_LONG
    return str(int(number)) if number == int(number) else _INVALID


def _read_text(text: str, own_numbers: frozenset[str]) -> Phone:
    if len(text) > _LONGEST_TEXT:
        return _TOO_LONG
    text = unicodedata.normalize("NFKC", text).strip()
    if not text or text.casefold() in _BLANKS:
        return _EMPTY
    if any(unicodedata.category(character)[0] in "LM" for character in text):
        return _LETTERS
    if _holds_several(text):
        return _MULTIPLE
    dialled = _dialled(_FLOAT_TAIL.sub("", text))
    return dialled if isinstance(dialled, Phone) else _read_dialled(dialled, own_numbers)


def _holds_several(text: str) -> bool:
    """Whether two separate numbers stand in the field: '98765 01235 / 98765 01236', or the second one cut to '…/36'."""
    parts = [_digits(part) for part in _BETWEEN_NUMBERS.split(text)]
    parts = [part for part in parts if part]
    if len(parts) > 1 and max(map(len, parts)) >= _SMALLEST_PART_OF_MULTIPLE:
        return True
    digits = _digits(text)
    return len(digits) > _LONGEST_NUMBER and _splits_into_mobiles(digits)


def _splits_into_mobiles(digits: str) -> bool:
    """Whether a run too long for one number is two plain mobiles one after the other."""
    first_lengths = (_NATIONAL_LENGTH, *_PREFIX_BY_LENGTH)
    return any(_plain_indian_mobile(digits[:n]) and _plain_indian_mobile(digits[n:]) for n in first_lengths)


def _digits(text: str) -> str:
    """The decimal digits of the text, of any script, as ASCII."""
    return "".join(str(unicodedata.decimal(character)) for character in text if character.isdecimal())


def _dialled(text: str) -> str | Phone:
    """Digits with a plus before them if there was one; the separators people use are dropped, anything else is invalid."""
    kept: list[str] = []
    for character in text:
        if character.isdecimal():
            kept.append(str(unicodedata.decimal(character)))
        elif character == "+" and not kept:
            kept.append("+")
        elif not _is_separator(character):
            return _INVALID
    return "".join(kept)


def _is_separator(character: str) -> bool:
    """Spaces, dashes, brackets, dots, quotes, and characters nobody sees."""
    return character in _SEPARATORS or unicodedata.category(character) in _SEPARATOR_CATEGORIES


def _read_dialled(dialled: str, own_numbers: frozenset[str]) -> Phone:
    national = _plain_indian_mobile(dialled)
    if national is not None:
        return _judge_indian_mobile(national, own_numbers)
    digits = dialled.lstrip("+")
    if not digits:
        return _EMPTY
    phone = _parse(dialled)
    if _is_placeholder(digits) or (phone.e164 is not None and phone.e164 in own_numbers):
        return Phone(phone.e164, PhoneReason.PLACEHOLDER)
    return phone


def _parse(dialled: str) -> Phone:
    """What libphonenumber makes of it."""
    digits = dialled.lstrip("+")
    try:
        number = phonenumbers.parse(dialled, _REGION)
    except phonenumbers.NumberParseException:
        return _not_a_number(digits)
    if not phonenumbers.is_valid_number(number):
        return _not_a_number(digits)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return Phone(e164, _reason(number))


def _reason(number: phonenumbers.PhoneNumber) -> PhoneReason:
    if number.country_code != _COUNTRY_CODE:
        return PhoneReason.FOREIGN
    is_mobile = _is_indian_mobile(str(number.national_number)) is not None
    return PhoneReason.OK if is_mobile else PhoneReason.FIXED_LINE


def _not_a_number(digits: str) -> Phone:
    """Say how it misses: by length against an Indian number, else in itself."""
    significant = len(digits.lstrip("0"))
    if significant < _NATIONAL_LENGTH:
        return _TOO_SHORT
    return _TOO_LONG if significant > _NATIONAL_LENGTH else _INVALID
