"""Paise as people read them."""

import pytest

from roundsman.money import in_rupees, plain_rupees, rupees_field


@pytest.mark.parametrize(("paise", "text"), [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (123_456_789, "1234567.89")])
def test_plain_rupees_have_two_decimals_and_nothing_between(paise: int, text: str) -> None:
    assert plain_rupees(paise) == text


def test_only_fields_of_paise_are_said_in_rupees() -> None:
    assert [rupees_field(name) for name in ("paise", "earned_paise", "paisey", "mypaise", "day")] == [
        "rupees",
        "earned_rupees",
        None,
        None,
        None,
    ]
    assert in_rupees({"day": "2026-03-04", "paise": -700}) == {"day": "2026-03-04", "rupees": "-7.00"}
