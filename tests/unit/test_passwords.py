import hashlib

import bcrypt
import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from roundsman.auth import passwords

SHA = hashlib.sha256(b"milk at dawn").hexdigest()
# A fixed salt: test ids are made of it, and all workers of a run must agree on them.
BCRYPT = bcrypt.hashpw(b"milk at dawn", b"$2b$04$QgQ0umOTYoWBx7s5UjeC0.").decode()


QUICK = passwords.Argon2Cost(memory_kib=8, passes=1)


def test_own_hash_verifies_its_password_and_no_other() -> None:
    stored = passwords.hash_password("milk at dawn")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify("milk at dawn", stored)
    assert not passwords.verify("milk at dusk", stored)
    assert not passwords.needs_rehash(stored)


def test_another_cost_is_that_of_new_hashes_and_of_what_nobody_has_and_renews_the_others() -> None:
    stored = passwords.hash_password("milk at dawn", QUICK)
    assert stored.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert passwords.dummy_hash(QUICK).startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert passwords.verify("milk at dawn", stored)
    assert not passwords.verify("milk at dawn", passwords.dummy_hash(QUICK))
    assert passwords.needs_rehash(stored)
    assert not passwords.needs_rehash(stored, QUICK)


def test_a_password_is_compared_to_its_last_letter() -> None:
    password = "Milk at dawn " * 9 + "x"
    stored = passwords.hash_password(password, QUICK)
    assert passwords.verify(password, stored)
    for other in (password[:-1], password.lower(), f"{password} ", password[:72], f" {password}"):
        assert not passwords.verify(other, stored)


@pytest.mark.parametrize("raw", [SHA, SHA.upper(), SHA.encode(), BCRYPT, BCRYPT.encode()])
def test_imported_hash_verifies_and_is_due_for_renewal(raw: str | bytes) -> None:
    stored = passwords.imported_hash(raw)
    assert stored is not None
    assert passwords.verify("milk at dawn", stored)
    assert not passwords.verify("milk at dusk", stored)
    assert passwords.needs_rehash(stored)


@given(password=st.text(), other=st.text())
def test_a_wrapped_hash_verifies_its_password_and_nothing_else(password: str, other: str) -> None:
    digits = hashlib.sha256(password.encode()).hexdigest()
    imported = passwords.imported_hash(digits)
    assert imported is not None

    stored = passwords.wrap(imported, QUICK)

    assert passwords.form_of(stored) is passwords.HashForm.WRAPPED_SHA256
    assert passwords.verify(password, stored)
    assert passwords.verify(other, stored) == (other == password)
    assert not any(passwords.verify(text, stored) for text in (digits, imported, stored))
    assert passwords.needs_rehash(stored)
    assert digits not in stored


def test_a_wrapped_hash_costs_what_an_own_one_costs() -> None:
    stored = passwords.wrap("{SHA256}" + SHA)
    assert passwords.verify("milk at dawn", stored)
    assert not passwords.needs_rehash(stored.removeprefix(passwords.HashForm.WRAPPED_SHA256.value))


def test_wrapping_twice_gives_two_salts() -> None:
    assert passwords.wrap("{SHA256}" + SHA) != passwords.wrap("{SHA256}" + SHA)


@pytest.mark.parametrize(
    "stored", [BCRYPT, passwords.dummy_hash(), "{ARGON2ID-SHA256}" + passwords.dummy_hash(), "else"]
)
def test_other_forms_are_not_wrapped(stored: str) -> None:
    assert passwords.wrap(stored) == stored


@pytest.mark.parametrize("form", passwords.HashForm)
@given(rest=st.text(max_size=100))
@settings(max_examples=20)
def test_no_tag_makes_a_text_a_hash(form: passwords.HashForm, rest: str) -> None:
    assert not passwords.verify("milk at dawn", form.value + rest)


def test_a_wrapped_hash_with_costs_out_of_bounds_verifies_nothing() -> None:
    inner = PasswordHasher(memory_cost=64, time_cost=11, parallelism=1).hash(SHA)
    assert not passwords.verify("milk at dawn", passwords.HashForm.WRAPPED_SHA256.value + inner)


def test_a_form_is_told_by_its_tag_alone() -> None:
    for form in passwords.HashForm:
        assert [one for one in passwords.HashForm if form.value.startswith(one.value)] == [form]


@pytest.mark.parametrize("prefix", ["$2a$", "$2y$"])
def test_older_bcrypt_tags_verify(prefix: str) -> None:
    stored = passwords.imported_hash(prefix + BCRYPT.removeprefix("$2b$"))
    assert stored is not None
    assert passwords.verify("milk at dawn", stored)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        17,
        "",
        "admin123",
        "bWlsayBhdCBkYXdu",
        SHA[:-1],
        SHA + "\n",
        "g" * 64,
        "٣" * 64,
        "$2b$03$" + BCRYPT[7:],
        "$2b$16$" + BCRYPT[7:],
        "$2x$04$" + BCRYPT[7:],
        BCRYPT[:-1],
        b"\xff" * 64,
        "$argon2id$v=19$m=19456,t=2,p=1$cm91bmRzbWFu$AAAA",
    ],
)
def test_other_forms_are_not_taken_over(raw: object) -> None:
    assert passwords.imported_hash(raw) is None


@given(st.text(max_size=200))
@settings(deadline=None)
def test_no_text_in_place_of_a_hash_verifies_or_crashes(stored: str) -> None:
    assert not passwords.verify("milk at dawn", stored)


def test_bcrypt_reads_the_first_72_bytes() -> None:
    stored = bcrypt.hashpw(b"a" * 72, bcrypt.gensalt(4)).decode()
    assert passwords.verify("a" * 200, stored)
    assert not passwords.verify("a" * 71, stored)


def test_malformed_bcrypt_salt_verifies_nothing() -> None:
    assert not passwords.verify("milk at dawn", "$2b$04$" + "9" * 53)


@pytest.mark.parametrize(("memory_kib", "passes", "lanes"), [(131_080, 1, 1), (64, 11, 1), (64, 1, 5)])
def test_argon2id_with_costs_out_of_bounds_verifies_nothing(memory_kib: int, passes: int, lanes: int) -> None:
    stored = PasswordHasher(memory_cost=memory_kib, time_cost=passes, parallelism=lanes).hash("milk at dawn")
    assert not passwords.verify("milk at dawn", stored)


def test_weaker_argon2id_verifies_and_is_due_for_renewal() -> None:
    stored = PasswordHasher(memory_cost=64, time_cost=1, parallelism=1).hash("milk at dawn")
    assert passwords.verify("milk at dawn", stored)
    assert passwords.needs_rehash(stored)


def test_malformed_argon2id_verifies_nothing() -> None:
    assert not passwords.verify("milk at dawn", "$argon2id$v=19$m=64,t=1,p=1$broken")


def test_lone_surrogate_is_a_wrong_password() -> None:
    assert not passwords.verify("\ud800", passwords.dummy_hash())
    assert not passwords.verify("\ud800", BCRYPT)


def test_dummy_hash_is_well_formed_and_costs_what_an_own_one_costs() -> None:
    assert not passwords.needs_rehash(passwords.dummy_hash())


@pytest.mark.parametrize("password", ["delivery123", "customer123", "admin123", "marketing123"])
def test_default_passwords_of_the_existing_application_are_known(password: str) -> None:
    assert passwords.is_known_default(password)
    assert not passwords.is_known_default(password + "!")


def test_the_same_letters_from_two_keyboards_are_the_same_password() -> None:
    stored = passwords.hash_password("caf\u00e9 at the corner")
    assert passwords.verify("cafe\u0301 at the corner", stored)
