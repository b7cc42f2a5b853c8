"""One lookup for any identifier, which never guesses (plan 1.1; spec: identity, unified lookup)."""

import pytest
from bson import ObjectId

from roundsman.database.transaction import Tx
from roundsman.identity.identifiers import MalformedIdentifier
from roundsman.identity.importing import insert_identifiers, insert_users
from roundsman.identity.lookup import (
    AmbiguousIdentifier,
    DanglingReference,
    UnknownIdentifier,
    UnknownUser,
    find_user,
    get_user,
    identifiers_of_user,
)
from roundsman.identity.users import Identifier, User, UserStatus
from roundsman.ids import UserId
from tests.builders import a_user


async def carry(tx: Tx, key: str, *users: User) -> None:
    await insert_identifiers(tx, [Identifier(key, tuple(user.id for user in users))])


@pytest.mark.parametrize(
    "text",
    [
        *("9876501234", "+91 98765 01234", "098765-01234", "9876501234.0"),
        *("asha@example.in", " ASHA@Example.IN "),
        *("cust-001", "usr_5f0c", "65f0c0ffee65f0c0ffee65f0"),
    ],
)
async def test_any_spelling_of_any_identifier_finds_its_user(tx: Tx, text: str) -> None:
    asha, other = a_user(), a_user()
    await insert_users(tx, [asha, other])
    for key in ("phone:+919876501234", "email:asha@example.in"):
        await carry(tx, key, asha)
    for old_id in ("cust-001", "usr_5f0c", "65f0c0ffee65f0c0ffee65f0"):
        await carry(tx, f"alias:{old_id}", asha)
    await carry(tx, "phone:+919876501235", other)

    assert await find_user(tx, text) == asha


async def test_his_own_id_finds_a_user_who_has_no_identifier(tx: Tx) -> None:
    user = a_user()
    await insert_users(tx, [user])

    assert await find_user(tx, str(user.id)) == user
    assert await get_user(tx, user.id) == user


async def test_an_unknown_identifier_finds_nobody(tx: Tx) -> None:
    await insert_users(tx, [a_user()])

    for text in ("9876501234", "cust-001", str(ObjectId())):
        with pytest.raises(UnknownIdentifier):
            await find_user(tx, text)
    with pytest.raises(UnknownUser):
        await get_user(tx, UserId(ObjectId()))


@pytest.mark.parametrize("text", ["", "  ", "a\x00b", "x" * 300])
async def test_a_malformed_identifier_is_invalid(tx: Tx, text: str) -> None:
    with pytest.raises(MalformedIdentifier):
        await find_user(tx, text)


async def test_an_old_id_of_two_people_is_refused_with_both(tx: Tx) -> None:
    one, other = a_user(), a_user()
    await insert_users(tx, [one, other])
    await carry(tx, "alias:db-001", other, one)

    with pytest.raises(AmbiguousIdentifier) as refusal:
        await find_user(tx, "db-001")

    assert refusal.value.user_ids == (one.id, other.id)
    assert str(one.id) in refusal.value.message
    assert str(other.id) in refusal.value.message


async def test_a_text_that_is_the_phone_of_one_and_the_old_id_of_another_is_ambiguous(tx: Tx) -> None:
    one, other = a_user(), a_user()
    await insert_users(tx, [one, other])
    await carry(tx, "phone:+919876501234", one)
    await carry(tx, "alias:9876501234", other)

    with pytest.raises(AmbiguousIdentifier):
        await find_user(tx, "9876501234")
    assert await find_user(tx, "+919876501234") == one


async def test_a_merged_user_is_answered_by_the_survivor(tx: Tx) -> None:
    survivor = a_user()
    merged = a_user(status=UserStatus.MERGED, merged_into=survivor.id)
    await insert_users(tx, [survivor, merged])
    await carry(tx, "alias:cust-002", merged)
    await carry(tx, "alias:cust-003", merged, survivor)

    for text in ("cust-002", "cust-003", str(merged.id)):
        assert await find_user(tx, text) == survivor


async def test_a_reference_to_nobody_is_broken_integrity_not_an_answer(tx: Tx) -> None:
    merged = a_user(status=UserStatus.MERGED, merged_into=UserId(ObjectId()))
    twice_merged = a_user(status=UserStatus.MERGED, merged_into=merged.id)
    await insert_users(tx, [merged, twice_merged])
    await carry(tx, "alias:cust-001", a_user())
    await carry(tx, "alias:cust-002", merged)
    await carry(tx, "alias:cust-003", twice_merged)

    for text in ("cust-001", "cust-002", "cust-003"):
        with pytest.raises(DanglingReference):
            await find_user(tx, text)


async def test_the_identifiers_of_a_user_include_ambiguous_ones(tx: Tx) -> None:
    one, other = a_user(), a_user()
    await carry(tx, "phone:+919876501234", one)
    await carry(tx, "alias:db-001", one, other)
    await carry(tx, "email:b@example.in", other)

    assert [identifier.key for identifier in await identifiers_of_user(tx, one.id)] == [
        "alias:db-001",
        "phone:+919876501234",
    ]
