"""What counts as a link from one source document to another, in whatever form it was written."""

import pytest
from bson import ObjectId

from tests.migration_builders import OTHER_PHONE, PHONE, THIRD_PHONE, account, doc, object_id, plan

UUID = "3f1f9f5e-2c1a-4a57-9a0e-0f6f6a5d1b11"
OBJECT_ID = object_id("linked user")


def asha() -> dict[str, object]:
    return account("u", "Asha Rao", phone=PHONE) | {"_id": OBJECT_ID, "id": UUID}


@pytest.mark.parametrize(
    "form", [OBJECT_ID, str(OBJECT_ID), UUID, f"  {UUID} "], ids=["object id", "hex", "id", "blanks"]
)
def test_a_link_resolves_in_every_form_an_id_was_written_in(form: object) -> None:
    planned = plan({"users": [asha()], "customers_v2": [doc("c", "Asha Rao", phone=OTHER_PHONE, user_id=form)]})

    assert planned.together(UUID, "c")
    assert planned.fate("c") == ("linked", "L1")


@pytest.mark.parametrize(
    "form",
    [None, "", "  ", ObjectId(), "nobody", True, 4.5, float("nan"), ["u"], {"id": UUID}, b"\x01" * 12],
    ids=lambda form: type(form).__name__,
)
def test_a_link_that_leads_nowhere_counts_as_none(form: object) -> None:
    planned = plan({"users": [asha()], "customers_v2": [doc("c", "Asha Rao", phone=OTHER_PHONE, user_id=form)]})

    assert planned.apart(UUID, "c")
    assert planned.fate("c") == ("created_for", "C5")
    assert planned.questions() == []


def test_a_link_that_leads_nowhere_does_not_stop_the_phone() -> None:
    planned = plan({"users": [asha()], "customers_v2": [doc("c", "Asha Rao", phone=PHONE, user_id="nobody")]})

    assert planned.together(UUID, "c")
    assert planned.fate("c") == ("linked", "C1")


def test_a_link_of_the_user_to_his_customer_is_enough() -> None:
    planned = plan(
        {
            "users": [asha() | {"customer_v2_id": "c"}],
            "customers_v2": [doc("c", "Asha Rao", phone=OTHER_PHONE)],
        }
    )

    assert planned.together(UUID, "c")


def test_a_link_leads_only_to_a_record_of_the_kind_it_names() -> None:
    planned = plan(
        {
            "delivery_boys_v2": [doc("d", "Asha Rao", phone=PHONE)],
            "customers_v2": [doc("c", "Asha Rao", phone=OTHER_PHONE, user_id="d")],
        }
    )

    assert planned.apart("c", "d")


def test_of_two_links_that_contradict_each_other_the_customers_own_counts_and_the_other_is_reviewed() -> None:
    planned = plan(
        {
            "users": [
                account("u1", "Asha Rao", phone=PHONE, customer_v2_id="c"),
                account("u2", "Asha Rao", phone=OTHER_PHONE),
            ],
            "customers_v2": [doc("c", "Asha Rao", phone=THIRD_PHONE, user_id="u2")],
        }
    )

    assert planned.together("u2", "c")
    assert planned.apart("u1", "c")
    assert planned.questions() == [("unsure", "L1", frozenset({"u1", "c"}))]


def test_links_that_contradict_each_other_do_not_matter_where_the_accounts_are_one_person() -> None:
    planned = plan(
        {
            "users": [
                account("u1", "Asha Rao", phone=PHONE, customer_v2_id="c"),
                account("u2", "Asha Rao", phone=PHONE),
            ],
            "customers_v2": [doc("c", "Asha Rao", phone=THIRD_PHONE, user_id="u2")],
        }
    )

    assert planned.together("u1", "u2", "c")


def test_a_link_elsewhere_keeps_the_phone_from_joining_without_review() -> None:
    planned = plan(
        {
            "users": [account("u1", "Asha Rao", phone=PHONE), account("u2", "Asha Rao", phone=OTHER_PHONE)],
            "customers_v2": [doc("c", "Asha Rao", phone=PHONE, user_id="u2")],
        }
    )

    assert planned.together("u2", "c")
    assert planned.apart("u1", "c")
    assert planned.questions() == [("unsure", "C1", frozenset({"u1", "c"}))]


def test_a_link_to_another_name_is_a_conflict() -> None:
    planned = plan({"users": [asha()], "customers_v2": [doc("c", "Vikram Iyer", phone=OTHER_PHONE, user_id=UUID)]})

    assert planned.apart(UUID, "c")
    assert planned.questions() == [("conflict", "L1", frozenset({UUID, "c"}))]


def test_an_id_that_several_users_have_leads_to_none_of_them() -> None:
    users = [
        account("twice", "Asha Rao", phone=PHONE) | {"_id": object_id("one")},
        account("twice", "Asha Rao", phone=OTHER_PHONE) | {"_id": object_id("two")},
    ]

    planned = plan({"users": users, "customers_v2": [doc("c", "Asha Rao", phone=THIRD_PHONE, user_id="twice")]})

    assert planned.fate("c") == ("created_for", "C5")
    assert len(planned.identifiers()["alias:twice"].user_ids) == 2


def test_the_same_id_in_two_collections_joins_although_the_user_has_no_phone() -> None:
    planned = plan(
        {
            "users": [account(UUID, "Ravi Kumar", "delivery_boy", phone=None)],
            "delivery_boys_v2": [doc(UUID, "Ravi Kumar", phone=PHONE)],
        }
    )

    assert planned.together(f"users/{UUID}", f"delivery_boys_v2/{UUID}")
    assert planned.fate(f"delivery_boys_v2/{UUID}") == ("linked", "L1")
    assert planned.signs_in(PHONE) == planned.user_id(f"users/{UUID}")
    assert planned.user(f"users/{UUID}").roles_to_confirm == ()


def test_a_long_id_under_two_names_is_a_conflict() -> None:
    planned = plan({"users": [account(UUID, "Asha Rao")], "customers_v2": [doc(UUID, "Vikram Iyer")]})

    assert planned.apart(f"users/{UUID}", f"customers_v2/{UUID}")
    assert [(list_, rule) for list_, rule, _ in planned.questions()] == [("conflict", "L1")]


@pytest.mark.parametrize("number", [1, 1.0, "1", "cust-001"])
def test_numbered_ids_that_repeat_from_collection_to_collection_say_nothing(number: object) -> None:
    planned = plan(
        {
            "users": [account("u", "Asha Rao", phone=PHONE) | {"id": number}],
            "customers_v2": [doc("c", "Vikram Iyer", phone=OTHER_PHONE) | {"id": number}],
            "suppliers": [doc("s", "Nandi Dairy", phone=THIRD_PHONE) | {"id": number}],
        }
    )

    assert len(planned.groups()) == 3
    assert planned.questions() == []


def test_a_repeated_number_does_not_hide_that_two_names_claim_one_phone() -> None:
    planned = plan(
        {
            "users": [account("u", "Asha Rao", phone=PHONE) | {"id": 2}],
            "customers_v2": [doc("c", "Vikram Iyer", phone=PHONE) | {"id": 2}],
        }
    )

    assert len(planned.groups()) == 2
    assert [(list_, rule) for list_, rule, _ in planned.questions()] == [("conflict", "C3")]


@pytest.mark.parametrize("name", ["", "Asha", "Asha Rao"])
def test_a_repeated_number_joins_only_under_the_same_name(name: str) -> None:
    planned = plan(
        {
            "users": [account("u", "Asha Rao") | {"id": "cust-001"}],
            "customers_v2": [doc("c", name, phone=PHONE) | {"id": "cust-001"}],
        }
    )

    assert len(planned.groups()) == (1 if name == "Asha Rao" else 2)


def test_documents_of_one_collection_with_the_same_id_are_not_joined_by_it() -> None:
    planned = plan(
        {
            "customers_v2": [
                doc(UUID, "Asha Rao", phone=PHONE) | {"_id": 1},
                doc(UUID, "Asha Rao", phone=OTHER_PHONE) | {"_id": 2},
            ]
        }
    )

    assert len(planned.groups()) == 2


@pytest.mark.parametrize("identity", [1, "one", {"a": 1}, 2**40, b"bytes"])
def test_a_document_with_any_kind_of_id_gets_a_user_whose_id_is_always_the_same(identity: object) -> None:
    world = {"users": [asha() | {"_id": identity}]}

    assert plan(world).user_id(UUID) == plan(world).user_id(UUID)


def test_two_collections_that_use_one_object_id_give_two_profiles() -> None:
    planned = plan(
        {
            "customers": [doc("v1", "Asha Rao", phone=PHONE) | {"_id": OBJECT_ID}],
            "customers_v2": [doc("v2", "Asha Rao", phone=PHONE) | {"_id": OBJECT_ID}],
        }
    )

    assert planned.together("v1", "v2")
    assert planned.document("v1").profile_id != planned.document("v2").profile_id
