"""An inspection tells what is there, exactly and without repeating it, whatever a document holds."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import (
    Binary,
    Code,
    DatetimeMS,
    DBRef,
    Decimal128,
    Int64,
    MaxKey,
    MinKey,
    ObjectId,
    Regex,
    Timestamp,
    json_util,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from roundsman.migration.generator.generating import World, generate
from roundsman.migration.inspection.findings import Finding, Inspection, Level
from roundsman.migration.inspection.inspector import inspect_source
from roundsman.migration.profile import PEOPLE, CollectionProfile, Kind, builtin_profile, parse_profile
from roundsman.migration.sources.folder import FolderSource
from tests.depth import depth
from tests.migration_builders import OTHER_PHONE, PHONE, Fields, MemorySource, account, completed, doc

FIXTURES = Path(__file__).parent.parent / "fixtures" / "legacy"
EARLYBIRD = builtin_profile("earlybird")
BCRYPT = "$2b$12$nx8Jd4ADaIts1DPsyxDxne3vWY.dQP.VcLPCppOt2IZSOHvANQtbW"


def inspect(**world: list[Fields]) -> Inspection:
    return completed(inspect_source(MemorySource(world), EARLYBIRD))


async def inspect_folder(folder: Path) -> Inspection:
    return await inspect_source(FolderSource(folder), EARLYBIRD)


def found(inspection: Inspection, level: Level | None = None) -> dict[tuple[str, str], int]:
    return {(one.code, one.subject): one.count for one in inspection.findings if level in (None, one.level)}


def finding(inspection: Inspection, code: str) -> Finding:
    (only,) = [one for one in inspection.findings if one.code == code]
    return only


def read_folder(folder: Path) -> Mapping[str, list[Fields]]:
    return {
        path.stem: [json_util.loads(line) for line in path.read_text("utf-8").splitlines()]
        for path in folder.glob("*.jsonl")
    }


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inspected") / "market"
    generate(folder, World("market", scale=0.25))
    return folder


@pytest.fixture(scope="module")
async def inspected(market: Path) -> Inspection:
    return await inspect_folder(market)


# The existing application's own databases


async def test_the_seeded_database_with_bcrypt_is_told_exactly() -> None:
    inspection = await inspect_folder(FIXTURES / "seed_chain")

    assert found(inspection, Level.BLOCKER) == {}
    assert found(inspection, Level.ACTION) == {
        ("phone_placeholder", "users"): 1,
        ("phone_placeholder", "customers"): 1,
        ("phone_placeholder", "delivery_boys_v2"): 1,
        ("phone_names_differ", "delivery_boy and customer"): 2,
    }
    assert found(inspection, Level.INFO) == {
        ("collection_missing", ""): 7,
        ("collection_unknown", ""): 1,
        ("email_role", "users"): 3,
        ("customer_without_user", "customers_v2"): 5,
        ("customer_without_user", "customers"): 3,
        ("delivery_boy_without_user", "delivery_boys_v2"): 5,
        ("supplier_without_user", "suppliers"): 1,
        ("user_without_profile", "delivery_boy"): 1,
        ("password_bcrypt", "users"): 3,
    }
    assert inspection.words["users.role"] == {"admin": 1, "delivery_boy": 1, "marketing_staff": 1}


async def test_the_seeded_database_with_sha256_is_told_exactly() -> None:
    inspection = await inspect_folder(FIXTURES / "sha_gen_seed")

    assert found(inspection) == {
        ("phone_placeholder", "users"): 2,
        ("phone_names_differ", "user and supplier"): 1,
        ("password_sha256", "users"): 17,
        ("collection_missing", ""): 10,
        ("email_role", "users"): 2,
        ("supplier_without_user", "suppliers"): 1,
        ("user_without_profile", "customer"): 10,
        ("user_without_profile", "delivery_boy"): 4,
    }
    baker = finding(inspection, "phone_names_differ")
    assert baker.examples == (("users:6b02e8b83727f696898e8208", "suppliers:6b02e8b83727f696898e820f"),)


async def test_collections_are_counted_also_those_that_are_not_taken() -> None:
    inspection = await inspect_folder(FIXTURES / "seed_chain")

    summaries = {one.name: (one.kind, one.documents) for one in inspection.collections}
    assert summaries["customers_v2"] == (Kind.CUSTOMER, 5)
    assert summaries["orders"] == (Kind.ORDER, 0)
    assert summaries["areas_v2"] == (None, 5)


# A whole world, counted a second time from its raw documents


async def test_a_market_is_counted_as_its_documents_say(market: Path, inspected: Inspection) -> None:
    raw = read_folder(market)
    users, customers, told = raw["users"], raw["customers_v2"], found(inspected)

    assert inspected.words["users.role"] == {
        (repr(role) if role != role.strip() else role): count
        for role, count in Counter(user["role"] for user in users).items()
    }
    assert told["link_null", "users.customer_v2_id"] == sum(user.get("customer_v2_id", 0) is None for user in users)
    assert told["field_type", "customers_v2.phone: double"] == sum(type(one.get("phone")) is float for one in customers)
    assert told["collection_unknown", ""] == len(raw.keys() - {one.name for one in EARLYBIRD.collections})
    negative = sum(order["total_amount"] < 0 for order in raw["orders"])
    assert told.get(("amount_negative", "orders.total_amount"), 0) == negative
    assert sum(inspected.forms["users.password"].values()) == len(users)
    own_ids = {user["id"] for user in users} | {str(user["_id"]) for user in users}
    own_ids |= {one["id"] for name in ("customers_v2", "customers") for one in raw[name]}
    nobodys = sum(not {order.get("customer_id"), order.get("user_id")} & own_ids for order in raw["orders"])
    assert told.get(("order_owner_unknown", "orders"), 0) == nobodys


async def test_emails_that_differ_only_in_case_are_all_found(market: Path, inspected: Inspection) -> None:
    emails = Counter(user["email"] for user in read_folder(market)["users"])
    spellings = Counter(email.strip().lower() for email in emails)
    by_case = sum(count > 1 for count in spellings.values())

    assert found(inspected).get(("email_spelled_differently", ""), 0) == by_case > 0


async def test_examples_are_keys_of_documents_and_nothing_personal_is_told(market: Path, inspected: Inspection) -> None:
    raw = read_folder(market)
    report = json.dumps(asdict(inspected), default=str, ensure_ascii=False)

    keys = {f"{name}:{document['_id']}" for name, documents in raw.items() for document in documents}
    for one in inspected.findings:
        assert 1 <= len(one.examples) <= 5
        if not one.code.startswith("collection_"):
            assert {key for case in one.examples for key in case} <= keys
    for person in [person for collection in EARLYBIRD.of_kind(*PEOPLE) for person in raw.get(collection.name, [])]:
        personal = [str(person.get(field)) for field in ("phone", "email", "password", "password_hash", "name")]
        assert not [value for value in personal if len(value) > 9 and {*value} != {"9"} and value in report]


async def test_an_inspection_says_the_same_every_time(market: Path, inspected: Inspection) -> None:
    assert await inspect_folder(market) == inspected


# One finding at a time


@pytest.mark.parametrize(
    ("collection", "fields", "expected"),
    [
        ("users", {"phone": "9.87654321E9"}, ("phone_letters", "users")),
        ("users", {"phone": "98450 12367 / 97311 45602"}, ("phone_multiple", "users")),
        ("users", {"phone": "98450"}, ("phone_too_short", "users")),
        ("users", {"phone": "98450123671234"}, ("phone_too_long", "users")),
        ("users", {"phone": "080-22221111"}, ("phone_fixed_line", "users")),
        ("users", {"phone": "+14155552671"}, ("phone_foreign", "users")),
        ("users", {"phone": None}, ("phone_empty", "users")),
        ("users", {"email": "asha at home"}, ("email_invalid", "users")),
        ("users", {"email": "customer-1@earlybird.local"}, ("email_synthetic", "users")),
        ("users", {"role": "delivery_manager"}, ("role_unknown", "users.role: delivery_manager")),
        ("users", {"role": "ADMIN"}, ("role_other_case", "users.role: ADMIN")),
        ("users", {"role": "customer "}, ("role_other_case", "users.role: 'customer '")),
        ("users", {}, ("role_absent", "users")),
        ("users", {"password": "customer123"}, ("password_unknown", "users")),
        ("users", {"password": "Y3VzdG9tZXIxMjM="}, ("password_unknown", "users")),
        ("users", {"password_hash": None, "password": BCRYPT}, ("password_bcrypt", "users")),
        ("users", {"password": ""}, ("password_none", "users")),
        ("users", {"created_at": "yesterday"}, ("time_unreadable", "users.created_at")),
        ("users", {"phone": 9845012367.0}, ("field_type", "users.phone: double")),
        ("users", {"is_active": "yes"}, ("field_type", "users.is_active: string")),
        ("users", {"customer_v2_id": None}, ("link_null", "users.customer_v2_id")),
        ("users", {"customer_v2_id": "gone"}, ("link_dangling", "users to customer")),
        ("customers_v2", {"user_id": {}}, ("link_wrong_type", "customers_v2.user_id: object")),
        ("customers_v2", {"status": "sleeping"}, ("status_unknown", "customers_v2.status: sleeping")),
        ("customers_v2", {"name": " "}, ("name_missing", "customers_v2")),
        ("orders", {"total_amount": "a lot"}, ("amount_unreadable", "orders.total_amount")),
        ("orders", {"total_amount": -500}, ("amount_negative", "orders.total_amount")),
        ("delivery_boys", {"total_earnings": "a lot"}, ("amount_unreadable", "delivery_boys.total_earnings")),
        (
            "delivery_boys",
            {"total_earnings": 100, "month_earnings": 250},
            ("earnings_below_month", "delivery_boys"),
        ),
        ("orders", {"items": [{"quantity": "2"}]}, ("field_type", "orders.items.quantity: string")),
        ("orders", {"items": ["milk"]}, ("field_type", "orders.items.[]: string")),
        ("subscriptions", {"pauses": "in May"}, ("field_type", "subscriptions.pauses: string")),
        ("subscriptions", {"pauses": ["in May"]}, ("field_type", "subscriptions.pauses.[]: string")),
        (
            "subscriptions_v2",
            {"pause_intervals": [{"start": "in May"}]},
            ("time_unreadable", "subscriptions_v2.pause_intervals.start"),
        ),
        (
            "subscriptions_v2",
            {"day_overrides": [{"date": "2026-05-01", "quantity": "two"}]},
            ("field_type", "subscriptions_v2.day_overrides.quantity: string"),
        ),
        ("orders", {"customer_id": "nobody"}, ("order_owner_unknown", "orders")),
        ("addresses", {}, ("address_owner_unknown", "addresses")),
        ("subscriptions", {"customer_id": "nobody"}, ("activity_owner_unknown", "subscriptions")),
        ("users", {"notes": "x" * 8_000_001}, ("document_large", "users")),
    ],
)
def test_what_a_single_document_shows(collection: str, fields: Fields, expected: tuple[str, str]) -> None:
    document = {"_id": ObjectId(), "id": "p-1", "name": "Asha Rao", **fields}

    assert found(inspect(**{collection: [document]}))[expected] == 1


def test_orders_that_were_paid_more_than_once_are_told_with_whom_and_how_much() -> None:
    earned = [("ord-1", 50.5)] * 10 + [("ord-2", 50), ("ord-3", 25), ("ord-3", 50)]
    history = [{"order_id": order, "amount": amount, "date": "2026-10-30"} for order, amount in earned]
    boys = [
        doc("b-1", "Ramesh Yadav", earnings_history=history),
        doc("b-2", "Suresh Rao", earnings_history=history[9:12]),
    ]

    inspection = inspect(delivery_boys=boys)

    [finding] = [one for one in inspection.findings if one.code == "order_paid_again"]
    assert finding.subject == f"delivery_boys:{boys[0]['_id']}: 504.50 rupees too much"
    assert (finding.count, finding.level) == (2, Level.ACTION)
    assert finding.examples == ((f"delivery_boys:{boys[0]['_id']}",),)


@pytest.mark.parametrize("status", ["ACTIVE", "active", "Inactive"])
def test_the_case_of_a_status_does_not_matter(status: str) -> None:
    inspection = inspect(customers_v2=[doc("c-1", "Asha Rao", status=status)])

    assert not [code for code, _ in found(inspection) if code == "status_unknown"]
    assert inspection.words["customers_v2.status"] == {status: 1}


def test_a_phone_under_more_than_five_names_is_crowded() -> None:
    names = ["Asha Rao", "Vikram Shetty", "Meena Iyer", "Joseph Dsouza", "Farhan Ali", "Gurpreet Gill"]
    inspection = inspect(customers_v2=[doc(f"c-{name}", name, phone=PHONE) for name in names])

    assert found(inspection)["phone_crowded", ""] == 1
    assert ("phone_of_several_customers", "") not in found(inspection)


def test_accounts_on_one_phone_are_told_apart_by_their_names() -> None:
    same = [account("u-1", "Asha Rao", phone=PHONE), account("u-2", "Asha Rao", phone=f"+91 {PHONE}")]
    other = [account("u-3", "Vikram Shetty", phone=OTHER_PHONE), account("u-4", "Meena Iyer", phone=OTHER_PHONE)]

    told = found(inspect(users=same + other))

    assert told["phone_of_several_users", ""] == 2
    assert told["phone_of_different_users", ""] == 1


def test_a_phone_of_an_account_and_of_somebody_else_is_told() -> None:
    users = [account("u-1", "Asha Rao", phone=PHONE), account("u-2", "Meena Iyer", phone=OTHER_PHONE)]
    customers = [doc("c-1", "Vikram Shetty", phone=PHONE), doc("c-2", "Meena Iyer", phone=OTHER_PHONE)]

    inspection = inspect(users=users, customers_v2=customers)

    assert found(inspection)["phone_names_differ", "user and customer"] == 1
    (overlap,) = inspection.overlaps
    assert (overlap.one, overlap.other, overlap.phones) == (Kind.USER, Kind.CUSTOMER, 2)


def test_emails_in_another_case_are_one_and_equal_ones_are_no_matter_of_case() -> None:
    users = [account("u-1", "Asha Rao", email="asha@home.in"), account("u-2", "Meena Iyer", email="Asha@Home.in")]
    users += [account("u-3", "Farhan Ali", email="info@home.in"), account("u-4", "Gurpreet Gill", email="info@home.in")]

    told = found(inspect(users=users))

    assert told["email_of_several_users", ""] == 2
    assert told["email_spelled_differently", ""] == 1


@pytest.mark.parametrize(
    ("user", "customer"),
    [
        ({"customer_v2_id": "c-1"}, {}),
        ({}, {"user_id": "u-1"}),
        ({"_id": ObjectId("6b02e8b83727f696898e8208")}, {"user_id": "6b02e8b83727f696898e8208"}),
        ({"_id": ObjectId("6b02e8b83727f696898e8208")}, {"user_id": ObjectId("6b02e8b83727f696898e8208")}),
        ({"id": "c-1"}, {}),
        ({"phone": PHONE}, {"phone": f"0{PHONE}"}),
        ({"email": "asha@home.in"}, {"email": "ASHA@home.in"}),
    ],
)
def test_a_customer_with_an_account_is_no_orphan(user: Fields, customer: Fields) -> None:
    users, customers = [account("u-1", "Asha Rao") | user], [doc("c-1", "Asha Rao") | customer]

    codes = {code for code, _ in found(inspect(users=users, customers_v2=customers))}

    assert not codes & {"customer_without_user", "user_without_profile", "link_dangling"}


def test_links_that_disagree_are_told_and_a_second_address_is_none() -> None:
    users = [account("u-1", "Asha Rao", customer_v2_id="c-1"), account("u-2", "Meena Iyer")]
    second = doc("c-2", "Asha Rao", user_id="u-1")

    agreeing = inspect(users=users, customers_v2=[doc("c-1", "Asha Rao", user_id="u-1"), second])
    disagreeing = inspect(users=users, customers_v2=[doc("c-1", "Asha Rao", user_id="u-2"), second])

    assert ("link_contradicting", "") not in found(agreeing)
    assert found(disagreeing)["link_contradicting", ""] == 1


def test_an_id_that_stands_twice_is_told_and_leads_nowhere() -> None:
    customers = [doc("c-1", "Asha Rao"), doc("c-1", "Meena Iyer")]

    told = found(inspect(users=[account("u-1", "Asha Rao", customer_v2_id="c-1")], customers_v2=customers))

    assert told["id_repeated", "customers_v2"] == 1
    assert told["link_ambiguous", "users to customer"] == 1


def test_numbered_ids_of_different_people_are_told() -> None:
    told = found(inspect(users=[account("7", "Asha Rao")], suppliers=[doc("7", "Nandi Dairy Farm")]))

    assert told["id_names_differ", ""] == 1


def test_staff_needs_no_profile() -> None:
    assert ("user_without_profile", "admin") not in found(inspect(users=[account("u-1", "Asha Rao", role="admin")]))


def test_so_many_different_words_are_not_listed_one_by_one() -> None:
    words = [f"role{'x' * number}" for number in range(30)] + [f"word{'y' * number}" for number in range(30)]
    inspection = inspect(users=[account(f"u-{word}", "Asha Rao", role=word) for word in words])

    assert sum(inspection.words["users.role"].values()) == 60
    assert len(inspection.words["users.role"]) == 51
    assert found(inspection)["role_unknown", "users.role: (others)"] == 10


# What makes an import pointless


def test_a_source_without_people_is_a_blocker() -> None:
    inspection = inspect(orders=[{"_id": 1}])

    assert found(inspection, Level.BLOCKER) == {("people_missing", ""): 1}
    assert inspection.worst() is Level.BLOCKER


def test_a_profile_that_does_not_fit_is_a_blocker() -> None:
    inspection = inspect(users=[{"_id": 1, "full_name": "Asha Rao", "mobile": PHONE}])

    assert found(inspection, Level.BLOCKER) == {("collection_does_not_fit", "users"): 1}


def test_nothing_found_is_no_level() -> None:
    clean = account("u-1", "Asha Rao", role="admin", email="asha@home.in", phone=PHONE)
    profile = parse_profile(
        'name = "clean"\nversion = 1\ntimezone = "Asia/Kolkata"\n[words.role]\nadmin = "admin"\n'
        '[collections.users]\nkind = "user"\n[collections.users.fields]\nname = "name"\nrole = "role"\n'
        'phone = "phone"\nemail = "contact.email"\n'
    )
    source = MemorySource({"users": [clean | {"contact": {"email": clean["email"]}}]})

    assert completed(inspect_source(source, profile)).worst() is None


# Any document at all

SAMPLES: Mapping[str, Any] = {
    "string": "text",
    "bool": True,
    "int": 7,
    "long": Int64(9845012367),
    "double": 1.5,
    "decimal": Decimal128("NaN"),
    "objectId": ObjectId(),
    "date": datetime(2026, 3, 1, tzinfo=UTC),
    "object": {"a": 1},
    "array": ["a", 1],
    "binData": Binary(b"bytes", 128),
    "javascript": Code("x"),
    "regex": Regex("("),
    "timestamp": Timestamp(1, 1),
    "dbPointer": DBRef("users", 1),
    "minKey": MinKey(),
    "maxKey": MaxKey(),
}
READ_AS: Mapping[str, set[str]] = {
    "name": {"string"},
    "phone": {"string"},
    "role": {"string"},
    "app_id": {"string", "objectId", "int", "long"},
    "created_at": {"string", "date"},
    "is_active": {"bool"},
    "total": {"int", "long", "double", "decimal"},
}


def test_every_type_in_every_field_is_told_by_its_name() -> None:
    world = {
        collection.name: [{"_id": number} | _filled(collection, value) for number, value in enumerate(SAMPLES.values())]
        for collection in EARLYBIRD.collections
    }

    told = found(inspect(**world))

    for collection in EARLYBIRD.collections:
        for meaning, expected in READ_AS.items():
            for (field,) in collection.paths(meaning):
                place = f"{collection.name}.{field}"
                types = {name for name in SAMPLES if ("field_type", f"{place}: {name}") in told}
                assert types == SAMPLES.keys() - expected, place


def _filled(collection: CollectionProfile, value: object) -> Fields:
    return {path[0]: value for meaning in collection.fields for path in collection.paths(meaning)}


INT64 = st.integers(min_value=-(2**63), max_value=2**63 - 1)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    INT64,
    INT64.map(Int64),
    st.floats(),
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.text("+0123456789 /-.Ee", max_size=24),
    st.sampled_from(
        ["", "customer", "ADMIN", PHONE, "asha@home.in", "Asha@home.in", BCRYPT, "2026-02-30", "0001-01-01"]
    ),
    st.sampled_from(["u-1", "c-1", ObjectId("6b02e8b83727f696898e8208"), "6b02e8b83727f696898e8208"]),
    st.binary(max_size=20),
    st.builds(Binary, st.binary(max_size=16), st.integers(5, 255)),
    st.datetimes(timezones=st.just(UTC)),
    INT64.map(DatetimeMS),
    st.decimals(places=3, min_value=-(10**20), max_value=10**20).map(Decimal128),
    st.sampled_from(["NaN", "sNaN", "-Infinity", "1E+6144", "-0"]).map(Decimal128),
    st.sampled_from([value for value in SAMPLES.values() if not isinstance(value, dict | list)]),
    st.just(Code("x", {"a": 1})),
)
KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["$ref", "$id", "$db"]
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))


@st.composite
def documents(draw: st.DrawFn, collection: CollectionProfile) -> Fields:
    fields = {path[0] for meaning in collection.fields for path in collection.paths(meaning)}
    document = {name: draw(VALUES) for name in sorted(fields) if draw(st.booleans())}
    if "items" in document and draw(st.booleans()):
        document["items"] = [{name: draw(VALUES) for name in ("product_id", "quantity", "price")}]
    return {"_id": draw(VALUES), **document}


@settings(max_examples=depth(test=30, proof=3000))
@given(data=st.data())
def test_no_document_stops_an_inspection(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(EARLYBIRD.collections), max_size=5))
    world: dict[str, list[Fields]] = {}
    for collection in names:
        world.setdefault(collection.name, []).append(data.draw(documents(collection)))

    inspection = inspect(**world)

    json.dumps(asdict(inspection), ensure_ascii=False).encode()
    assert sum(one.documents for one in inspection.collections) == len(names)
    for one in inspection.findings:
        assert one.count >= len(one.examples) >= 1
