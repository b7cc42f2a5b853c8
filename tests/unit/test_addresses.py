import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.identity.addresses import addresses_agree, fold_address
from tests.bson_values import bson_values


def agree(a: object, b: object) -> bool:
    return addresses_agree(fold_address(a), fold_address(b))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Flat No. 12, Shanti Apts, MG Rd", "12 Shanti Apartments, M G Road"),
        ("Flat 012, Shanti Apartments", "flat no 12 shanti apartment"),
        ("3rd Floor, 12 Lake View, Bengaluru", "12, Lake View, 3rd floor, Bangalore 560001"),
        ("H.No. 5-2, Gandhi Ngr", "House 5/2 Gandhi Nagar"),
        ("१२ शांति नगर", "12 शांति नगर"),
        ("12 Lake View, near Temple", "12 Lake View"),
        ("Flat 4, St. Mary's Rd", "4, St Marys Road"),
        ("Shanti Kunj, Main Road", "Shanti Kunj Main Rd"),
        ("12", "Flat 12"),
    ],
)
def test_spellings_of_one_door_agree(a: str, b: str) -> None:
    assert agree(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Flat 12, Shanti Apartments", "Flat 21, Shanti Apartments"),
        ("Flat 12, Shanti Apartments", "Shanti Apartments"),
        ("12 Lake View, Pune 411001", "12 Lake View, Delhi 110001"),
        ("12 Lake View", "12 Gandhi Nagar"),
        ("", ""),
        (None, None),
        ("   ", "12 Lake View"),
        ("12 Lake View", "12"),
    ],
)
def test_different_or_unknown_doors_do_not_agree(a: object, b: object) -> None:
    assert not agree(a, b)


@given(bson_values)
def test_folding_never_raises(raw: object) -> None:
    folded = fold_address(raw)
    assert fold_address(folded) == folded


@given(st.text(max_size=60), st.text(max_size=60))
def test_agreeing_does_not_depend_on_the_order_of_the_two(a: str, b: str) -> None:
    assert agree(a, b) == agree(b, a)


@given(st.text(max_size=60))
def test_every_known_address_agrees_with_itself(text: str) -> None:
    assert agree(text, text) == bool(fold_address(text))
