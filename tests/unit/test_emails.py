import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.identity.emails import Email, EmailReason, read_email
from tests.bson_values import bson_values

SYNTHETIC = (re.compile(r"@earlybird\.local$"), re.compile(r"^[0-9.]+@customer\."))

addresses = st.builds(
    lambda local, domain: f"{local}@{domain}.in",
    st.from_regex(r"[a-z0-9]{1,12}(?:[._+-][a-z0-9]{1,8})?", fullmatch=True),
    st.from_regex(r"[a-z0-9]{2,12}", fullmatch=True),
)


@pytest.mark.parametrize("raw", ["a@b.in", " A@B.in ", "ａ@b.in", "a@b.in\u200b", "\ufeffa@B.IN\n", "\u00a0a@b.in"])  # noqa: RUF001 - a full-width letter
def test_one_mailbox_has_one_spelling(raw: str) -> None:
    email = read_email(raw)
    assert email == Email("a@b.in", EmailReason.OK)
    assert email.is_key
    assert email.is_login


@pytest.mark.parametrize("raw", [None, "", "  ", "nan", "None", "N/A", "-", math.nan])
def test_a_blank_is_empty(raw: object) -> None:
    assert read_email(raw) == Email(None, EmailReason.EMPTY)


@pytest.mark.parametrize(
    "raw",
    [
        "rajesh",
        "rajesh@",
        "@b.in",
        "a@b",
        "a@b@c.in",
        "a b@c.in",
        "a@b.in, c@d.in",
        "a..b@c.in",
        ".a@c.in",
        "a@-c.in",
        "a@c.in\x00",
        "a\nb@c.in",
        "x" * 65 + "@c.in",
        "a@" + "c" * 63 + "." + "d" * 200 + ".in",
        5,
        True,
        ["a@b.in"],
        b"a@b.in",
    ],
)
def test_what_cannot_receive_mail_is_invalid(raw: object) -> None:
    assert read_email(raw) == Email(None, EmailReason.INVALID)


@pytest.mark.parametrize("raw", ["customer-12@earlybird.local", "9876501235.0@customer.earlybird.com"])
def test_a_synthetic_address_neither_matches_nor_signs_in(raw: str) -> None:
    email = read_email(raw, synthetic_patterns=SYNTHETIC)
    assert email == Email(raw, EmailReason.SYNTHETIC)
    assert not email.is_key
    assert not email.is_login


@pytest.mark.parametrize("raw", ["admin@earlybird.com", "Info@shop.in", "no-reply@shop.in", "sales+north@shop.in"])
def test_a_role_mailbox_signs_in_but_never_matches(raw: str) -> None:
    email = read_email(raw, synthetic_patterns=SYNTHETIC)
    assert email == Email(raw.lower(), EmailReason.ROLE)
    assert not email.is_key
    assert email.is_login


@given(addresses, st.sampled_from(["", " ", "\t", "\u00a0"]))
def test_case_and_blanks_around_do_not_count(address: str, blank: str) -> None:
    assert read_email(f"{blank}{address.upper()}{blank}") == read_email(address)
    assert read_email(address).address == address


@given(bson_values)
def test_reading_never_raises_and_gives_an_address_to_every_login(raw: object) -> None:
    email = read_email(raw, synthetic_patterns=SYNTHETIC)
    assert email.address is not None or not email.is_login
    assert email.is_login >= email.is_key


@given(st.text(max_size=12), st.text(max_size=12))
def test_reading_a_read_address_changes_nothing(local: str, domain: str) -> None:
    email = read_email(f"{local}@{domain}.in")
    assert email.address is None or read_email(email.address) == email
