import math
from datetime import UTC, datetime
from decimal import Decimal

import phonenumbers
import pytest
from bson import Decimal128, Int64
from hypothesis import assume, given
from hypothesis import strategies as st

from roundsman.identity import phones
from roundsman.identity.phones import Phone, PhoneReason, read_phone
from tests.bson_values import bson_values

MOBILE = "+919876501235"
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
TAMIL = str.maketrans("0123456789", "௦௧௨௩௪௫௬௭௮௯")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")  # noqa: RUF001 - the digits under test

indian_mobiles = (
    st.from_regex(r"[6-9][0-9]{9}", fullmatch=True)
    .filter(lambda digits: phones._is_indian_mobile(digits) is not None)
    .filter(lambda digits: not phones._is_placeholder(digits))
)


@pytest.mark.parametrize(
    "raw",
    [
        "9876501235",
        "9876501235.0",
        "9876501235.00",
        "919876501235",
        "+919876501235",
        "+91-98765 01235",
        "+91 (0) 98765-01235",
        "(+91) 98765.01235",
        "09876501235",
        "00919876501235",
        "  98765 01235  ",
        "98765\N{NO-BREAK SPACE}01235",
        "98765\N{THIN SPACE}01235",
        "98765\N{ZERO WIDTH SPACE}01235",
        "\N{LEFT-TO-RIGHT EMBEDDING}+91 98765 01235\N{POP DIRECTIONAL FORMATTING}",
        "98765\N{NON-BREAKING HYPHEN}01235",
        "98765\N{EN DASH}01235",
        "'9876501235",
        "9876501235,",
        "९८७६५०१२३५",
        "௯௮௭௬௫௦௧௨௩௫",
        9876501235,
        9876501235.0,
        919876501235,
        Int64(9876501235),
        Decimal128("9876501235.0"),
        Decimal128("9.876501235E+9"),
        Decimal(9876501235),
    ],
)
def test_every_spelling_of_a_mobile_is_one_key(raw: object) -> None:
    assert read_phone(raw) == Phone(MOBILE, PhoneReason.OK)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, PhoneReason.EMPTY),
        ("", PhoneReason.EMPTY),
        (" \N{NO-BREAK SPACE}\t", PhoneReason.EMPTY),
        ("nan", PhoneReason.EMPTY),
        ("N/A", PhoneReason.EMPTY),
        ("-", PhoneReason.EMPTY),
        ("+", PhoneReason.EMPTY),
        (math.nan, PhoneReason.EMPTY),
        (Decimal128("NaN"), PhoneReason.EMPTY),
        ("9.87654321E9", PhoneReason.LETTERS),
        ("9.876501235e+09", PhoneReason.LETTERS),
        ("98765O1235", PhoneReason.LETTERS),
        ("नंबर नहीं", PhoneReason.LETTERS),
        ("98765", PhoneReason.TOO_SHORT),
        (98765, PhoneReason.TOO_SHORT),
        (0, PhoneReason.TOO_SHORT),
        ("98765012351", PhoneReason.TOO_LONG),
        ("447911123456", PhoneReason.TOO_LONG),
        ("9" * 300 + "1", PhoneReason.TOO_LONG),
        (10**18, PhoneReason.TOO_LONG),
        (math.inf, PhoneReason.TOO_LONG),
        (Decimal128("9E+6144"), PhoneReason.TOO_LONG),
        ("9876501235 / 9876501236", PhoneReason.MULTIPLE),
        ("9876501235/36", PhoneReason.MULTIPLE),
        ("9876501235, 9876501236", PhoneReason.MULTIPLE),
        ("9876501235\n9876501236", PhoneReason.MULTIPLE),
        ("98765012359876501236", PhoneReason.MULTIPLE),
        ("9876501235 9876501236", PhoneReason.MULTIPLE),
        ("+919876501235+919876501236", PhoneReason.MULTIPLE),
        ("98765*1235", PhoneReason.INVALID),
        ("0+919876501235", PhoneReason.INVALID),
        ("+9876501235", PhoneReason.INVALID),
        (True, PhoneReason.INVALID),
        (-9876501235, PhoneReason.INVALID),
        (9876501235.5, PhoneReason.INVALID),
        (b"9876501235", PhoneReason.INVALID),
        (["9876501235"], PhoneReason.INVALID),
        (datetime(2026, 1, 1, tzinfo=UTC), PhoneReason.INVALID),
        ("0123456789", PhoneReason.PLACEHOLDER),
        ("00000000", PhoneReason.PLACEHOLDER),
    ],
)
def test_what_is_no_number_says_why(raw: object, reason: PhoneReason) -> None:
    assert read_phone(raw) == Phone(None, reason)


@pytest.mark.parametrize(
    ("raw", "e164", "reason"),
    [
        ("9999999999", "+919999999999", PhoneReason.PLACEHOLDER),
        ("+91 99900 00000", "+919990000000", PhoneReason.PLACEHOLDER),
        ("9876543210", "+919876543210", PhoneReason.PLACEHOLDER),
        ("1234567890", "+911234567890", PhoneReason.PLACEHOLDER),
        ("022 2345 6789", "+912223456789", PhoneReason.FIXED_LINE),
        ("080-23456789", "+918023456789", PhoneReason.FIXED_LINE),
        ("1800 123 4567", "+9118001234567", PhoneReason.FIXED_LINE),
        ("+44 7911 123456", "+447911123456", PhoneReason.FOREIGN),
        ("00971 50 123 4567", "+971501234567", PhoneReason.FOREIGN),
    ],
)
def test_a_number_that_proves_nothing_stays_a_contact(raw: str, e164: str, reason: PhoneReason) -> None:
    phone = read_phone(raw)
    assert phone == Phone(e164, reason)
    assert not phone.is_key


def test_nine_nines_and_another_digit_are_a_real_number() -> None:
    assert all(read_phone(f"999999999{digit}").is_key for digit in range(9))


@pytest.mark.parametrize("raw", ["9876501235", "+91-98765 01235", 9876501235.0, "+44 7911 123456"])
def test_the_firms_own_number_is_a_placeholder(raw: object) -> None:
    phone = read_phone(raw, own_numbers=frozenset({MOBILE, "+447911123456"}))
    assert phone.reason is PhoneReason.PLACEHOLDER
    assert phone.e164 in {MOBILE, "+447911123456"}


@given(
    digits=indian_mobiles,
    prefix=st.sampled_from(["", "0", "91", "+91", "+91-", "0091", "+91 (0) ", "(+91)"]),
    separators=st.lists(st.sampled_from(["", "", " ", "-", "\u00a0", "\u2009", "\u200b", "."]), min_size=9, max_size=9),
    script=st.sampled_from([{}, DEVANAGARI, TAMIL, FULL_WIDTH]),
    tail=st.sampled_from(["", " ", "\ufeff"]),
)
def test_all_spellings_of_one_mobile_read_alike(
    digits: str, prefix: str, separators: list[str], script: dict[int, int], tail: str
) -> None:
    # A point before a single closing zero is the trace of a float, not a separator.
    assume(not (digits.endswith("0") and "." in separators[-2:]))
    written = prefix + "".join(map("".join, zip(digits, [*separators, ""], strict=True))) + tail
    assert read_phone(written.translate(script)) == Phone("+91" + digits, PhoneReason.OK)


@given(indian_mobiles)
def test_numbers_of_any_type_read_as_their_text(digits: str) -> None:
    expected = read_phone(digits)
    spellings = [int(digits), float(digits), Int64(digits), Decimal128(digits), f"{digits}.0", Decimal(digits)]
    assert all(read_phone(spelling) == expected for spelling in spellings)


@given(bson_values)
def test_reading_never_raises_and_gives_a_number_to_every_key(raw: object) -> None:
    phone = read_phone(raw)
    assert phone.e164 is not None or not phone.is_key


@given(st.from_regex(r"(?:0|91|\+91|0091)?[0-9]{10}", fullmatch=True))
def test_the_fast_path_says_what_libphonenumber_says(text: str) -> None:
    national = phones._plain_indian_mobile(text)
    if national is None:
        return
    number = phonenumbers.parse(text, "IN")
    assert phonenumbers.is_valid_number_for_region(number, "IN")
    assert phonenumbers.number_type(number) in {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    }
    assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == "+91" + national


@given(st.from_regex(r"[0-9+ ]{1,18}", fullmatch=True))
def test_whatever_is_a_key_is_a_valid_mobile_of_the_country(text: str) -> None:
    phone = read_phone(text)
    if phone.e164 is not None:
        number = phonenumbers.parse(phone.e164, None)
        assert phonenumbers.is_valid_number(number)
        assert phone.is_key <= (number.country_code == 91)


@given(st.text())
def test_reading_a_read_number_changes_nothing(text: str) -> None:
    phone = read_phone(text)
    if phone.e164 is not None:
        again = read_phone(phone.e164)
        assert again.e164 == phone.e164
        assert again.is_key == phone.is_key
