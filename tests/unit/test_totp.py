from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from roundsman.auth.factor_seal import FactorDamaged, FactorSeal
from roundsman.auth.totp import (
    code_at,
    enrolment_uri,
    matching_step,
    new_recovery_codes,
    new_secret,
    recovery_code_as_made,
    step_of,
)
from roundsman.ids import UserId

RFC_SECRET = b"12345678901234567890"
NOW = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
STEP = timedelta(seconds=30)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  bounds are naive


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    step = step_of(datetime.fromtimestamp(seconds, UTC))
    assert code_at(RFC_SECRET, step, digits=8) == code
    assert code_at(RFC_SECRET, step) == code[2:]


@given(moments, st.integers(-3, 3), st.integers(-3, 3))
def test_a_code_counts_one_step_around_its_own_and_only_after_the_last(now: datetime, drift: int, last: int) -> None:
    present = step_of(now)
    secret = RFC_SECRET
    found = matching_step(secret, code_at(secret, present + drift), newer_than=present + last, now=now)
    # Two steps have the same code once in a million; what counts is that it is a step that may.
    assert (found is not None) == (abs(drift) <= 1 and drift > last) or found in {present + one for one in (-1, 0, 1)}


@pytest.mark.parametrize(
    "typed",
    ["", "12345", "1234567", "\udce4\udce4\udce4\udce4\udce4\udce4", "\uff11\uff12\uff13\uff14\uff15\uff16", "abcdef"],
)
def test_what_is_no_code_counts_not(typed: str) -> None:
    assert matching_step(RFC_SECRET, typed, newer_than=-1, now=NOW) is None


def test_a_code_may_be_typed_with_a_space() -> None:
    code = code_at(RFC_SECRET, step_of(NOW))
    assert matching_step(RFC_SECRET, f"{code[:3]} {code[3:]}", newer_than=-1, now=NOW) == step_of(NOW)


def test_recovery_codes_are_read_as_people_write_them() -> None:
    codes = new_recovery_codes(10)
    assert len(set(codes)) == 10
    for code in codes:
        assert recovery_code_as_made(code.upper().replace("-", " ")) == code


def test_an_authenticator_reads_issuer_and_account() -> None:
    uri = enrolment_uri(RFC_SECRET, issuer="Dairy & Sons", account="+919820012345")
    assert uri.startswith(
        "otpauth://totp/Dairy%20%26%20Sons%3A%2B919820012345?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&"
    )


def test_a_sealed_secret_opens_for_its_user_under_its_key_only() -> None:
    seal, user, secret = FactorSeal(b"k" * 32), UserId(ObjectId()), new_secret()
    sealed = seal.close(user, secret)
    assert seal.open(user, sealed) == secret
    assert secret not in sealed
    for other_seal, other_user in [(seal, UserId(ObjectId())), (FactorSeal(b"x" * 32), user)]:
        with pytest.raises(FactorDamaged):
            other_seal.open(other_user, sealed)
