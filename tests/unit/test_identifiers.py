import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.errors import InvalidInput
from roundsman.identity.identifiers import MalformedIdentifier, alias_key, email_key, identifier_candidates, phone_key


def test_keys_name_their_kind() -> None:
    keys = (phone_key("+919876501235"), email_key("a@b.in"), alias_key("cust-001"))
    assert keys == ("phone:+919876501235", "email:a@b.in", "alias:cust-001")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("98765 01235", ("phone:+919876501235", "alias:98765 01235")),
        ("9999999999", ("phone:+919999999999", "alias:9999999999")),
        (" A@B.in ", ("email:a@b.in", "alias:A@B.in")),
        ("admin@b.in", ("email:admin@b.in", "alias:admin@b.in")),
        ("cust-001", ("alias:cust-001",)),
        ("64b7f0c2a1d2e3f405162738", ("alias:64b7f0c2a1d2e3f405162738",)),
        ("usr_0f8fad5b-d9cb-469f-a165-70867728950e", ("alias:usr_0f8fad5b-d9cb-469f-a165-70867728950e",)),
    ],
)
def test_the_likeliest_key_comes_first_and_the_alias_last(text: str, keys: tuple[str, ...]) -> None:
    assert identifier_candidates(text) == keys


@pytest.mark.parametrize("text", ["", "   ", "a" * 255, "cust\x00001", "cust\n001", "cust\x7f", "\ud800"])
def test_what_can_be_nobodys_identifier_is_refused(text: str) -> None:
    with pytest.raises(MalformedIdentifier) as refused:
        identifier_candidates(text)
    assert isinstance(refused.value, InvalidInput)
    assert refused.value.code == "malformed_identifier"


@given(st.text())
def test_any_text_has_keys_or_is_malformed(text: str) -> None:
    try:
        keys = identifier_candidates(text)
    except MalformedIdentifier:
        return
    assert keys[-1] == alias_key(text.strip())
    assert len(set(keys)) == len(keys)
