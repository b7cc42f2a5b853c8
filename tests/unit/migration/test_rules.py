"""The table of rules, each by a small world that shows what somebody would notice."""

from bson import ObjectId

from roundsman.access.roles import Role
from roundsman.identity.users import Claim, UserStatus
from roundsman.migration.people import Known
from roundsman.migration.roster import Roster
from tests.migration_builders import (
    OTHER_PHONE,
    PASSWORD_HASH,
    PHONE,
    THIRD_PHONE,
    Fields,
    account,
    doc,
    object_id,
    plan,
)

EMAIL = "asha.rao@gmail.com"
DOOR = "12 MG Road, Indiranagar, Bengaluru 560038"


# Vetoes


def test_v1_nine_records_of_one_name_and_phone_are_held_each_with_its_own_user() -> None:
    ids = [f"c{number}" for number in range(9)]

    planned = plan({"customers_v2": [doc(id_, "Asha Rao", phone=PHONE) for id_ in ids]})

    assert planned.apart(*ids)
    assert {planned.fate(id_) for id_ in ids} == {("held", "V1")}
    assert planned.questions() == [("unsure", "V1", frozenset(ids))]
    claims = sorted(user.claim.value for user in planned.users().values())
    assert claims == ["claimable"] + ["claimable_conflict"] * 8


def test_v1_eight_records_of_one_name_and_phone_are_one_user() -> None:
    ids = [f"c{number}" for number in range(8)]

    planned = plan({"customers_v2": [doc(id_, "Asha Rao", phone=PHONE) for id_ in ids]})

    assert planned.together(*ids)
    assert planned.questions() == []


def test_v1_one_weak_edge_does_not_hold_two_parts_together() -> None:
    planned = plan(
        {
            "users": [account("u", "Asha Rao", phone=OTHER_PHONE)],
            "customers_v2": [
                doc("linked", "Asha Rao", phone=PHONE, address=DOOR, user_id="u"),
                doc("weak", "Asha", phone=PHONE, address=DOOR),
            ],
        }
    )

    assert planned.together("u", "linked")
    assert planned.apart("linked", "weak")
    assert planned.fate("weak") == ("held", "V1")
    assert planned.questions() == [("unsure", "V1", frozenset({"linked", "weak"}))]


def test_v2_suppliers_with_other_official_ids_are_never_joined() -> None:
    planned = plan(
        {
            "suppliers": [
                doc("s1", "Nandi Dairy", phone=PHONE, gstin="29ABCDE1234F1Z5"),
                doc("s2", "Nandi Dairy", phone=PHONE, gstin="29ZZZZZ9999Z1Z5"),
            ]
        }
    )

    assert planned.apart("s1", "s2")
    assert planned.questions() == [("unsure", "V2", frozenset({"s1", "s2"}))]


def test_v2_holds_although_a_third_record_agrees_with_both() -> None:
    planned = plan(
        {
            "suppliers": [
                doc("s1", "Nandi Dairy", phone=PHONE, gstin="29ABCDE1234F1Z5"),
                doc("s2", "Nandi Dairy", phone=PHONE, gstin="29ZZZZZ9999Z1Z5"),
            ],
            "customers_v2": [doc("c", "Nandi Dairy", phone=PHONE)],
        }
    )

    assert planned.apart("s1", "s2")


def kept_apart(*handles: str) -> "_Decision":
    return _Decision(handles)


class _Decision:
    """What Roundsman knows after a human said that two documents are not the same person's."""

    def __init__(self, ids: tuple[str, ...]) -> None:
        self._ids = ids

    def __call__(self, roster: Roster) -> Known:
        a, b = (row for row in range(len(roster)) if roster[row].app_id in self._ids)
        return Known(kept_apart=frozenset({(a, b)}))


def test_v3_what_a_human_kept_apart_stays_apart_and_is_not_asked_again() -> None:
    world = {"customers_v2": [doc("c1", "Asha Rao", phone=PHONE), doc("c2", "Asha Rao", phone=PHONE)]}

    planned = plan(world, know=kept_apart("c1", "c2"))

    assert plan(world).together("c1", "c2")
    assert planned.apart("c1", "c2")
    assert planned.questions() == []


def test_v3_holds_although_a_third_record_agrees_with_both() -> None:
    world = {"customers_v2": [doc(id_, "Asha Rao", phone=PHONE) for id_ in ("c1", "c2", "c3")]}

    planned = plan(world, know=kept_apart("c1", "c2"))

    assert planned.apart("c1", "c2")


def test_v4_staff_never_joins_a_customer_without_review() -> None:
    planned = plan(
        {
            "users": [account("boss", "Asha Rao", "admin", phone=PHONE, password=PASSWORD_HASH)],
            "customers_v2": [doc("c", "Asha Rao", phone=PHONE)],
        }
    )

    assert planned.apart("boss", "c")
    assert planned.user("boss").roles == (Role.ADMIN,)
    assert planned.user("c").roles == (Role.CUSTOMER,)
    assert planned.questions() == [("unsure", "V4", frozenset({"boss", "c"}))]


def test_v4_a_customer_who_orders_on_the_phone_of_staff_does_not_take_its_sign_in() -> None:
    planned = plan(
        {
            "users": [account("boss", "Asha Rao", "admin", phone=PHONE, password=PASSWORD_HASH)],
            "customers_v2": [doc("c", "Asha Rao", phone=PHONE)],
            "orders": [{"_id": 1, "customer_id": "c", "created_at": "2026-10-05T06:00:00+00:00"}],
        }
    )

    assert planned.signs_in(PHONE) == planned.user_id("boss")


def test_v4_not_even_an_explicit_link_joins_marketing_staff() -> None:
    planned = plan(
        {
            "users": [account("seller", "Asha Rao", "marketing_staff", phone=PHONE, customer_v2_id="c")],
            "customers_v2": [doc("c", "Asha Rao", phone=OTHER_PHONE, user_id="seller")],
        }
    )

    assert planned.apart("seller", "c")
    assert planned.questions() == [("unsure", "V4", frozenset({"seller", "c"}))]


# Links


def test_l1_a_link_joins_where_no_phone_agrees() -> None:
    planned = plan(
        {
            "users": [account("u", "Asha Rao", phone=PHONE, password=PASSWORD_HASH)],
            "customers_v2": [doc("c", "Asha Rao", phone=OTHER_PHONE, user_id="u")],
        }
    )

    assert planned.together("u", "c")
    assert planned.fate("u") == ("kept", "L1")
    assert planned.fate("c") == ("linked", "L1")
    assert planned.signs_in(PHONE) == planned.signs_in(OTHER_PHONE) == planned.user_id("u")
    assert planned.user("u").claim is Claim.CLAIMED
    assert planned.questions() == []


# Two users


def test_u1_two_accounts_of_one_phone_and_name_are_merged_into_the_one_with_a_password() -> None:
    planned = plan(
        {
            "users": [
                account("empty", "Asha Rao", phone=PHONE),
                account("used", "Rao Asha", phone=f"+91 {PHONE}", password=PASSWORD_HASH),
            ],
            "customers_v2": [doc("c", "Asha Rao", phone=PHONE)],
        }
    )

    assert planned.together("empty", "used", "c")
    assert planned.fate("used") == ("kept", "U1")
    assert planned.fate("empty") == ("merged", "U1")
    tombstone = planned.users()[planned.planning.people.new_user_id(planned.row("empty"))]
    assert tombstone.status is UserStatus.MERGED
    assert tombstone.merged_into == planned.user_id("used")
    assert tombstone.former_identifiers == (f"phone:+91{PHONE}",)


def test_u2_an_unsure_name_is_merged_only_with_the_same_email() -> None:
    full = account("full", "Asha Rao", phone=PHONE, email=EMAIL)
    same_mail = plan({"users": [full, account("short", "Asha", phone=PHONE, email=EMAIL.upper())]})
    other_mail = plan({"users": [full, account("short", "Asha", phone=PHONE, email="other@gmail.com")]})

    assert same_mail.together("full", "short")
    assert same_mail.fate("short")[1] == "U2"
    assert other_mail.apart("full", "short")
    assert other_mail.questions() == [("unsure", "U2", frozenset({"full", "short"}))]


def test_u3_a_phone_of_two_names_stays_with_who_ordered_last() -> None:
    planned = plan(
        {
            "users": [account("before", "Vikram Rao", phone=PHONE), account("now", "Asha Rao", phone=PHONE)],
            "orders": [
                {"_id": 1, "customer_id": "before", "created_at": "2024-01-05T06:00:00+00:00"},
                {"_id": 2, "customer_id": "now", "created_at": "2026-10-05T06:00:00+00:00"},
            ],
        }
    )

    assert planned.apart("before", "now")
    assert planned.signs_in(PHONE) == planned.user_id("now")
    assert planned.user("now").claim is Claim.CLAIMABLE
    assert planned.user("before").claim is Claim.CLAIMABLE_CONFLICT
    assert planned.fate("before") == ("held", "U3")
    assert planned.questions() == [("conflict", "U3", frozenset({"before", "now"}))]


def test_u4_one_email_with_one_name_and_two_phones_is_reviewed() -> None:
    planned = plan(
        {
            "users": [
                account("u1", "Asha Rao", phone=PHONE, email=EMAIL),
                account("u2", "Asha Rao", phone=OTHER_PHONE, email=EMAIL),
            ]
        }
    )

    assert planned.apart("u1", "u2")
    assert planned.questions() == [("unsure", "U4", frozenset({"u1", "u2"}))]


def test_u5_one_email_with_two_names_stays_with_the_most_recent_account() -> None:
    planned = plan(
        {
            "users": [
                account("newer", "Asha Rao", phone=PHONE, email=EMAIL, created_at="2026-02-01T00:00:00+00:00"),
                account("older", "Vikram Iyer", phone=OTHER_PHONE, email=EMAIL, created_at="2024-02-01T00:00:00+00:00"),
            ]
        }
    )

    assert planned.apart("newer", "older")
    assert planned.reads_mail(EMAIL) == planned.user_id("newer")
    assert planned.signs_in(OTHER_PHONE) == planned.user_id("older")
    assert planned.questions() == []


# Customers


def test_c1_a_customer_joins_the_account_of_his_phone_and_name() -> None:
    planned = plan(
        {
            "users": [account("u", "Asha Rao", phone=f"91{PHONE}", password=PASSWORD_HASH)],
            "customers_v2": [doc("c", "Mrs. Asha Rao", phone=f"{PHONE}.0")],
        }
    )

    assert planned.together("u", "c")
    assert planned.fate("c") == ("linked", "C1")
    assert planned.user("u").roles == (Role.CUSTOMER,)


def test_c1_chooses_the_member_of_the_family_with_the_name() -> None:
    planned = plan(
        {
            "users": [account("asha", "Asha Rao", phone=PHONE), account("vikram", "Vikram Rao", phone=PHONE)],
            "customers_v2": [doc("c", "Vikram Rao", phone=PHONE)],
        }
    )

    assert planned.together("vikram", "c")
    assert planned.apart("asha", "c")


def test_c2_an_unsure_name_joins_only_with_the_same_email_or_door() -> None:
    user = account("u", "Asha Rao", phone=PHONE, email=EMAIL)
    alone = plan({"users": [user], "customers_v2": [doc("c", "Asha", phone=PHONE)]})
    by_mail = plan({"users": [user], "customers_v2": [doc("c", "Asha", phone=PHONE, email=EMAIL)]})
    by_door = plan(
        {
            "customers": [doc("c1", "Asha Rao", phone=PHONE, address=DOOR)],
            "customers_v2": [doc("c", "Asha", phone=PHONE, address="No. 12, M.G. Road, Indiranagar Bangalore")],
        }
    )

    assert alone.apart("u", "c")
    assert alone.questions() == [("unsure", "C2", frozenset({"u", "c"}))]
    assert by_mail.together("u", "c")
    assert by_mail.fate("c") == ("linked", "C2")
    assert by_door.together("c1", "c")


def test_c3_another_name_gets_a_user_of_its_own_that_the_phone_does_not_open() -> None:
    planned = plan(
        {
            "users": [account("u", "Vikram Rao", phone=PHONE, password=PASSWORD_HASH)],
            "customers_v2": [doc("c", "Asha Rao", phone=PHONE)],
            "orders": [{"_id": 1, "customer_id": "u", "created_at": "2026-10-05T06:00:00+00:00"}],
        }
    )

    assert planned.apart("u", "c")
    assert planned.signs_in(PHONE) == planned.user_id("u")
    assert planned.user("c").claim is Claim.CLAIMABLE_CONFLICT
    assert planned.fate("c") == ("held", "C3")
    assert planned.questions() == [("conflict", "C3", frozenset({"u", "c"}))]


def test_c4_old_and_new_customer_with_one_email_and_name_are_one() -> None:
    planned = plan(
        {
            "customers": [doc("v1", "Asha Rao", phone=PHONE, email=EMAIL)],
            "customers_v2": [doc("v2", "Asha Rao", phone=OTHER_PHONE, email=EMAIL)],
        }
    )

    assert planned.together("v1", "v2")
    assert {planned.fate("v1"), planned.fate("v2")} == {("created_for", "C4"), ("linked", "C4")}


def test_c5_a_customer_alone_on_a_phone_gets_a_user_who_claims_it() -> None:
    planned = plan({"customers_v2": [doc("c", "Asha Rao", phone=PHONE)]})

    assert planned.fate("c") == ("created_for", "C5")
    assert planned.user("c").claim is Claim.CLAIMABLE
    assert planned.signs_in(PHONE) == planned.user_id("c")


def test_c6_customers_without_a_phone_that_can_be_read_are_never_grouped() -> None:
    unreadable: list[object] = [
        None,
        "",
        "N/A",
        "0000000000",
        "9999999999",
        "98450",
        "9.84501E9",
        "9845012367 / 9845067812",
        [],
    ]
    ids = [f"c{number}" for number in range(len(unreadable))]

    planned = plan(
        {"customers_v2": [doc(id_, "Asha Rao", phone=raw) for id_, raw in zip(ids, unreadable, strict=True)]}
    )

    assert planned.apart(*ids)
    assert {planned.fate(id_) for id_ in ids} == {("created_for", "C6")}
    assert {user.claim for user in planned.users().values()} == {Claim.UNCLAIMABLE}
    assert not any(key.startswith("phone:") for key in planned.identifiers())
    assert planned.questions() == []


def test_c7_several_customers_of_one_user_are_not_fused() -> None:
    planned = plan(
        {
            "users": [account("u", "Asha Rao", phone=PHONE)],
            "customers_v2": [
                doc("home", "Asha Rao", phone=PHONE, address=DOOR),
                doc("office", "Asha Rao", phone=PHONE, address="4 Brigade Road"),
            ],
        }
    )

    assert planned.together("u", "home", "office")
    profiles = {planned.document(id_).profile_id for id_ in ("home", "office")}
    assert len(profiles) == 2
    assert planned.document("home").makes_profile
    assert planned.document("office").makes_profile


# Partners


def test_r1_a_delivery_boy_who_is_a_customer_is_one_user_whose_partner_role_is_confirmed_once() -> None:
    planned = plan(
        {
            "customers_v2": [doc("c", "Ravi Kumar", phone=PHONE)],
            "delivery_boys_v2": [doc("d", "Ravi Kumar", phone=PHONE)],
        }
    )

    assert planned.together("c", "d")
    assert planned.fate("c")[1] == planned.fate("d")[1] == "R1"
    assert set(planned.user("c").roles) == {Role.CUSTOMER, Role.DELIVERY_BOY}
    assert planned.user("c").roles_to_confirm == (Role.DELIVERY_BOY,)


def test_r1_two_documents_of_one_delivery_boy_are_one_profile() -> None:
    planned = plan(
        {
            "delivery_boys": [doc("old", "Ravi Kumar", phone=PHONE)],
            "delivery_boys_v2": [doc("new", "Ravi Kumar", phone=PHONE)],
        }
    )

    old, new = planned.document("old"), planned.document("new")
    assert old.profile_id == new.profile_id
    assert old.makes_profile is not new.makes_profile
    assert planned.user("old").roles_to_confirm == ()


def test_r1_suppliers_of_one_gstin_and_name_are_one_whatever_their_phones() -> None:
    planned = plan(
        {
            "suppliers": [
                doc("s1", "Nandi Dairy", phone=PHONE, gstin="29ABCDE1234F1Z5"),
                doc("s2", "Nandi Dairy", phone=OTHER_PHONE, gstin=" 29abcde1234f1z5"),
            ]
        }
    )

    assert planned.together("s1", "s2")
    assert planned.questions() == []


def test_r2_suppliers_of_one_gstin_and_other_names_are_reviewed_and_no_number_is_no_evidence() -> None:
    other = plan(
        {
            "suppliers": [
                doc("s1", "Nandi Dairy", phone=PHONE, gstin="29ABCDE1234F1Z5"),
                doc("s2", "Ramesh Gowda", phone=OTHER_PHONE, gstin="29ABCDE1234F1Z5"),
            ]
        }
    )
    unregistered = plan(
        {
            "suppliers": [
                doc("s1", "Nandi Dairy", phone=PHONE, gstin="not registered"),
                doc("s2", "Nandi Dairy", phone=OTHER_PHONE, gstin="not registered"),
                doc("s3", "Nandi Dairy", phone=PHONE, gstin="applied for"),
            ]
        }
    )

    assert other.apart("s1", "s2")
    assert other.questions() == [("unsure", "R2", frozenset({"s1", "s2"}))]
    assert unregistered.apart("s1", "s2")
    assert unregistered.together("s1", "s3")


def test_r2_a_partner_of_another_or_unsure_name_is_reviewed() -> None:
    world = {"customers_v2": [doc("c", "Rajesh Kumar", phone=PHONE)]}
    other = plan({**world, "delivery_boys_v2": [doc("d", "Vikram Rao", phone=PHONE)]})
    unsure = plan({**world, "suppliers": [doc("s", "Rajesh", phone=PHONE)]})

    assert other.apart("c", "d")
    assert other.questions() == [("conflict", "R2", frozenset({"c", "d"}))]
    assert unsure.apart("c", "s")
    assert unsure.questions() == [("unsure", "R2", frozenset({"c", "s"}))]


# Accounts alone


def old_account(id_: str, days_old: int = 181, role: str = "customer", **fields: object) -> Fields:
    return account(id_, "Asha Rao", role, phone=PHONE, **fields) | {"_id": object_id(id_, days_old=days_old)}


def test_a1_an_unused_old_account_of_a_customer_is_archived_and_remembers_its_phone() -> None:
    planned = plan({"users": [old_account("u", email=EMAIL)]})

    assert planned.fate("u") == ("archived", "A1")
    assert planned.user("u").status is UserStatus.ARCHIVED
    assert planned.user("u").former_identifiers == (f"email:{EMAIL}", f"phone:+91{PHONE}")
    assert planned.signs_in(PHONE) is None


def test_a2_an_account_is_kept_while_anything_speaks_for_it() -> None:
    young = plan({"users": [old_account("u", days_old=179)]})
    staff = plan({"users": [old_account("u", role="admin")]})
    unknown_role = plan({"users": [old_account("u", role="wizard")]})
    unknown_age = plan({"users": [old_account("u") | {"_id": "u"}]})
    with_profile = plan({"users": [old_account("u")], "customers_v2": [doc("c", "Asha Rao", phone=PHONE)]})

    for kept in (young, staff, unknown_role, unknown_age):
        assert kept.fate("u") == ("kept", "A2")
        assert kept.user("u").status is UserStatus.ACTIVE
    assert with_profile.fate("u") == ("kept", "C1")


def test_a2_an_account_named_by_an_order_in_any_form_of_its_id_is_kept() -> None:
    user = old_account("u")
    object_id_of_user = user["_id"]
    for form in ("u", object_id_of_user, str(object_id_of_user)):
        planned = plan({"users": [user], "orders": [{"_id": 1, "user_id": form}]})

        assert planned.user("u").status is UserStatus.ACTIVE


def test_p1_an_account_that_orders_but_has_no_profile_gets_one() -> None:
    planned = plan(
        {
            "users": [account("u", "Asha Rao", phone=PHONE), account("idle", "Vikram Rao", phone=OTHER_PHONE)],
            "orders": [{"_id": 1, "customer_id": "u"}],
        }
    )

    profiles = [row.customer for row in planned.planning.profile_rows()]
    assert [(profile.user_id, profile.name, profile.phone) for profile in profiles] == [
        (planned.user_id("u"), "Asha Rao", f"+91{PHONE}")
    ]


def test_p1_a_subscription_is_such_a_need_and_a_delivery_mark_is_none() -> None:
    users = [account("u", "Asha Rao", phone=PHONE)]

    assert list(plan({"users": users, "subscriptions": [{"_id": 1, "user_id": "u"}]}).planning.profile_rows())
    assert not list(
        plan({"users": users, "delivery_statuses": [{"_id": 1, "customer_id": "u"}]}).planning.profile_rows()
    )


def test_p1_an_account_whose_customer_is_known_needs_no_other_profile() -> None:
    planned = plan(
        {
            "users": [account("u", "Asha Rao", phone=PHONE)],
            "customers_v2": [doc("c", "Asha Rao", phone=PHONE)],
            "orders": [{"_id": 1, "customer_id": "u"}],
        }
    )

    assert list(planned.planning.profile_rows()) == []


# A phone under too many names


def test_a_phone_under_more_than_five_names_matches_nobody_and_opens_nothing() -> None:
    names = ["Asha Rao", "Vikram Iyer", "Mohan Lal", "Kiran Bedi", "Sunita Devi", "Farhan Khan"]
    ids = [f"c{number}" for number in range(7)]

    planned = plan(
        {"customers_v2": [doc(id_, name, phone=THIRD_PHONE) for id_, name in zip(ids, [*names, names[0]], strict=True)]}
    )

    assert planned.apart(*ids)
    assert planned.signs_in(THIRD_PHONE) is None
    assert {user.claim for user in planned.users().values()} == {Claim.UNCLAIMABLE}


def test_a_new_user_keeps_the_object_id_of_his_account() -> None:
    user = account("u", "Asha Rao", phone=PHONE)

    planned = plan({"users": [user], "customers_v2": [doc("c", "Asha Rao", phone=PHONE)]})

    assert isinstance(user["_id"], ObjectId)
    assert planned.user_id("c") == user["_id"]
