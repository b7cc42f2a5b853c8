"""What planning does with documents that come after an import, and with those that changed."""

from roundsman.access.roles import Role
from roundsman.identity.users import Claim
from tests.migration_builders import OTHER_PHONE, PASSWORD_HASH, PHONE, account, applied, doc, object_id, plan

EMAIL = "asha.rao@gmail.com"
BOY = account("u", "Ravi Kumar", phone=PHONE)
BOYS_OLD_PROFILE = doc("old", "Ravi Kumar", user_id="u")


def test_a_second_document_of_a_known_delivery_boy_makes_no_second_profile() -> None:
    before = plan({"users": [BOY], "delivery_boys": [BOYS_OLD_PROFILE]})

    after = plan(
        {
            "users": [BOY],
            "delivery_boys": [BOYS_OLD_PROFILE],
            "delivery_boys_v2": [doc("new", "Ravi Kumar", user_id="u")],
        },
        know=applied(before),
    )

    assert after.user_id("new") == before.user_id("u")
    assert after.document("new").profile_id == before.document("old").profile_id
    assert not after.document("new").makes_profile


def test_a_new_customer_of_an_existing_user_brings_him_the_role_and_his_other_phone() -> None:
    user = account("u", "Asha Rao", role="delivery_boy", phone=PHONE)
    before = plan({"users": [user]})

    after = plan(
        {"users": [user], "customers_v2": [doc("c", "Asha Rao", phone=OTHER_PHONE, user_id="u")]}, know=applied(before)
    )

    assert after.fate("c") == ("linked", "L1")
    assert [(row.user_id, row.roles) for row in after.planning.roles_rows()] == [(user["_id"], (Role.CUSTOMER,))]
    assert after.signs_in(OTHER_PHONE) == user["_id"]
    assert after.users() == {}


def test_a_new_account_of_an_existing_person_is_merged_into_him_although_it_would_have_survived() -> None:
    old = account("old", "Asha Rao", phone=PHONE)
    new = account("new", "Asha Rao", phone=PHONE, password=PASSWORD_HASH)
    before = plan({"users": [old]})

    after = plan({"users": [new, old]}, know=applied(before))

    assert after.fate("new") == ("merged", "U1")
    assert {user.merged_into for user in after.users().values()} == {old["_id"]}


def test_a_new_account_that_fits_two_existing_users_joins_neither_without_review() -> None:
    first = account("first", "Asha Rao", phone=PHONE)
    second = account("second", "Asha Rao", phone=OTHER_PHONE, email=EMAIL)
    before = plan({"users": [first, second]})
    newcomer = doc("c", "Asha Rao", phone=PHONE, email=EMAIL)

    after = plan({"users": [first, second], "customers_v2": [newcomer]}, know=applied(before))

    assert after.apart("first", "second", "c")
    assert after.fate("c") == ("held", "V1")
    assert after.user("c").claim is Claim.CLAIMABLE_CONFLICT
    assert after.questions() == [("unsure", "V1", frozenset({"first", "second", "c"}))]


def test_a_changed_document_stays_with_its_user_and_brings_its_new_phone() -> None:
    customer = doc("c", "Asha Rao", phone=PHONE)
    other = doc("other", "Vikram Iyer", phone=OTHER_PHONE)
    before = plan({"customers_v2": [customer, other]})

    after = plan(
        {"customers_v2": [customer | {"name": "Asha Iyer", "phone": "9731145602"}, other]}, know=applied(before)
    )

    row = after.document("c")
    assert (row.user_id, row.profile_id) == (before.user_id("c"), before.document("c").profile_id)
    assert row.changed
    assert row.makes_profile
    assert after.signs_in("9731145602") == before.user_id("c")
    assert [row.source_id for row in after.planning.document_rows()] == [row.source_id]


def test_a_phone_somebody_holds_is_not_taken_from_him_by_a_newcomer() -> None:
    holder = account("holder", "Vikram Rao", phone=PHONE)
    before = plan({"users": [holder]})

    after = plan(
        {
            "users": [holder],
            "customers_v2": [doc("c", "Asha Rao", phone=PHONE)],
            "orders": [{"_id": 1, "customer_id": "c", "created_at": "2026-10-01T00:00:00+00:00"}],
        },
        know=applied(before),
    )

    assert after.signs_in(PHONE) is None
    assert after.user("c").claim is Claim.CLAIMABLE_CONFLICT
    assert after.questions() == [("conflict", "C3", frozenset({"holder", "c"}))]


def test_an_archived_account_is_left_alone_when_a_customer_with_its_phone_comes() -> None:
    unused = account("unused", "Asha Rao", phone=PHONE) | {"_id": object_id("unused", days_old=400)}
    before = plan({"users": [unused]})

    after = plan({"users": [unused], "customers_v2": [doc("c", "Asha Rao", phone=PHONE)]}, know=applied(before))

    assert before.fate("unused") == ("archived", "A1")
    assert after.fate("c") == ("created_for", "C5")
    assert after.signs_in(PHONE) == after.user_id("c") != unused["_id"]
