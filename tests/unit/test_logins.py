"""What somebody may sign in with."""

import pytest

from roundsman.identity.logins import UnusableEmail, UnusablePhone, login_email, login_phone
from roundsman.identity.phones import PhoneReason, read_phone


@pytest.mark.parametrize("text", ["9876501234", "+91 98765-01234", "098765 01234", "9876501234.0", "९८७६५०१२३४"])
def test_any_spelling_of_a_mobile_is_one_phone(text: str) -> None:
    assert login_phone(text) == "+919876501234"


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        ("", PhoneReason.EMPTY, "no number"),
        ("9.87654321E9", PhoneReason.LETTERS, "letters"),
        ("98765", PhoneReason.TOO_SHORT, "too few digits"),
        ("98765012345678", PhoneReason.TOO_LONG, "too many digits"),
        ("98765 01234 / 98765 01235", PhoneReason.MULTIPLE, "more than one"),
        ("9999999999", PhoneReason.PLACEHOLDER, "made-up"),
        ("080 2221 1234", PhoneReason.FIXED_LINE, "landline"),
        ("+44 7911 123456", PhoneReason.FOREIGN, "another country"),
    ],
)
def test_an_unusable_phone_is_refused_with_what_is_wrong(text: str, reason: PhoneReason, words: str) -> None:
    assert read_phone(text).reason is reason
    with pytest.raises(UnusablePhone, match=words):
        login_phone(text)


def test_an_email_is_read_in_its_one_spelling() -> None:
    assert login_email(" Asha.Rao@Example.IN ") == "asha.rao@example.in"
    with pytest.raises(UnusableEmail):
        login_email("asha at example")
