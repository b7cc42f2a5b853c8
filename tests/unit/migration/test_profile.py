from pathlib import Path

import pytest

from roundsman.migration.profile import Kind, ProfileInvalid, builtin_profile, parse_profile, profile_from_file

MINIMAL = """
name = "dairy"
version = 3
timezone = "Asia/Kolkata"
[words.role]
boss = "admin"
[collections.folk]
kind = "user"
[collections.folk.fields]
name = "who.full"
phone = ["mobile", "who.phone"]
"""


def test_a_profile_says_where_meanings_stand_and_what_words_mean() -> None:
    profile = parse_profile(MINIMAL)

    (folk,) = profile.collections
    assert (profile.name, profile.version, profile.timezone.key) == ("dairy", 3, "Asia/Kolkata")
    assert folk.paths("phone") == (("mobile",), ("who", "phone"))
    assert folk.paths("email") == ()
    assert profile.word("role", "boss") == "admin"
    assert profile.word("role", "Boss") is None
    assert profile.word("role", ["boss"]) is None


def test_collections_come_in_the_order_of_the_kinds_asked_for() -> None:
    names = [one.name for one in builtin_profile("earlybird").of_kind(Kind.SUPPLIER, Kind.CUSTOMER)]

    assert names == ["suppliers", "customers_v2", "customers"]


def test_orders_need_a_customer_profile_unless_the_profile_says_otherwise() -> None:
    needing = {one.name for one in builtin_profile("earlybird").collections if one.needs_profile}

    assert needing == {"orders", "subscriptions", "subscriptions_v2"}


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('name = "dairy"', "name =", "not valid TOML"),
        ("version = 3", "", "lacks 'version'"),
        ("version = 3", 'version = "x"', "cannot be used"),
        ("Asia/Kolkata", "Asia/Nowhere", "cannot be used"),
        ('"admin"', '"king"', "words.role.boss: 'king' is no role"),
        ('kind = "user"', 'kind = "robot"', "robot"),
        ('name = "who.full"', 'price = "p"', "collections.folk: a user has no price"),
        ("version = 3", "version = 3\nsynthetic_emails = ['(']", "cannot be used"),
    ],
)
def test_a_wrong_profile_is_refused_with_the_place(before: str, after: str, message: str) -> None:
    with pytest.raises(ProfileInvalid, match=message):
        parse_profile(MINIMAL.replace(before, after))


def test_an_unknown_built_in_profile_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ProfileInvalid, match="there are: earlybird"):
        builtin_profile("nightowl")


def test_a_profile_is_read_from_a_file_or_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "dairy.toml").write_text(MINIMAL)

    assert profile_from_file(tmp_path / "dairy.toml") == parse_profile(MINIMAL)
    with pytest.raises(ProfileInvalid, match=r"nowhere\.toml"):
        profile_from_file(tmp_path / "nowhere.toml")


def test_a_profile_says_where_may_be_written_back_and_nowhere_else() -> None:
    customers = builtin_profile("earlybird").of_kind(Kind.CUSTOMER)

    assert [one.write_back["user"] for one in customers] == [("user_id",), ("user_id",)]
    assert all(not one.write_back for one in builtin_profile("earlybird").collections if one not in customers)


@pytest.mark.parametrize(
    ("kind", "declared", "said"),
    [
        ("user", 'user = "customer"', "only to customers"),
        ("customer", 'name = "name"', "name is never written back"),
        ("customer", 'user = "_id"', "'_id' is no field"),
        ("customer", 'user = "links.0"', "'links.0' is no field"),
        ("customer", 'user = "a.$set"', r"'a.\$set' is no field"),
        ("customer", 'user = "a."', "'a.' is no field"),
        ("customer", 'user = "a"\nactivation_status = "a.b"', "two values"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused(kind: str, declared: str, said: str) -> None:
    text = f'{MINIMAL}\n[collections.more]\nkind = "{kind}"\nfields = {{}}\n[collections.more.write_back]\n{declared}'

    with pytest.raises(ProfileInvalid, match=said):
        parse_profile(text)
