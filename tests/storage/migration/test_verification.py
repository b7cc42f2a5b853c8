"""Verification says what is wrong, by name: each check is seen to fail for what it is there for, and only then."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from bson import ObjectId

from roundsman.audit_log.entries import SYSTEM
from roundsman.database.collections import (
    ADDRESSES,
    CREDENTIALS,
    CUSTOMERS,
    IDENTIFIERS,
    MIGRATION_RUNS,
    ORDERS,
    REVIEWS,
    SOURCE_DOCUMENTS,
    SUPPLIERS,
    USERS,
)
from roundsman.database.transaction import Document
from roundsman.identity.lookup import find_user
from roundsman.migration.deciding import decide
from roundsman.migration.members import Opener
from roundsman.migration.reviews import Answer, Decision, list_reviews
from roundsman.migration.sealing import PART_BYTES
from roundsman.migration.verify.verification import Check, Verification
from roundsman.migration.verify.without_source import verify_without_source
from tests.imports import Database, Import, contents, fill
from tests.migration_builders import AS_OF, EARLYBIRD, PHONE, account, doc, object_id
from tests.storage.migration.worlds import HELD_PHONE, ORDER_ID, everything

pytestmark = pytest.mark.whole

NOBODY = ObjectId()
Damage = Callable[[Database], Awaitable[object]]


@pytest.fixture
async def imported(importing: Import, source_database: Database) -> Import:
    """A whole business, imported and proved."""
    await fill(source_database, everything())
    await importing.run()
    return importing


def failing(verification: Verification) -> set[Check]:
    """The checks that found something."""
    return {check.check for check in verification.checks if not check.passed}


def classes(verification: Verification, collection: str) -> Document:
    """The account of a collection."""
    return next(dict(one.classes) for one in verification.accounts if one.collection == collection)


async def one(database: Database, collection: str, **criteria: object) -> Document:
    """The document that the criteria lead to."""
    found = await database[collection].find_one(criteria)
    assert found is not None, (collection, criteria)
    return found


async def test_an_import_verifies_and_looks_at_everything(imported: Import, database: Database) -> None:
    before = await contents(database, without=frozenset())

    verification = await imported.verify()

    assert failing(verification) == set()
    assert {check.check for check in verification.checks} == set(Check)
    assert all(check.looked_at for check in verification.checks if check.check is not Check.REPLAN)
    assert verification.lost == 0
    assert classes(verification, "users") == {"kept": 3, "merged": 1, "held": 1, "archived": 1}
    assert classes(verification, "customers_v2") == {"linked": 1, "held": 1, "created_for": 2}
    assert classes(verification, "orders") == {"kept": 3}
    assert verification.not_taken == {"areas": 1}
    assert await contents(database, without=frozenset()) == before


async def lose_a_copy(database: Database) -> None:
    await database[SOURCE_DOCUMENTS].delete_one({"_id": {"$regex": "^customers_v2:"}})


async def flip_a_bit_of_a_copy(database: Database) -> None:
    copy = await one(database, SOURCE_DOCUMENTS)
    sealed = bytearray(copy["sealed"])
    sealed[len(sealed) // 2] ^= 1
    await database[SOURCE_DOCUMENTS].update_one({"_id": copy["_id"]}, {"$set": {"sealed": bytes(sealed)}})


async def exchange_two_copies(database: Database) -> None:
    first, second = await database[SOURCE_DOCUMENTS].find().sort("_id").to_list(2)
    await database[SOURCE_DOCUMENTS].update_one({"_id": first["_id"]}, {"$set": {"sealed": second["sealed"]}})


async def put_a_copy_under_another_key(database: Database) -> None:
    copy = await one(database, SOURCE_DOCUMENTS)
    await database[SOURCE_DOCUMENTS].delete_one({"_id": copy["_id"]})
    await database[SOURCE_DOCUMENTS].insert_one(copy | {"_id": f"{copy['_id'].partition(':')[0]}:{NOBODY}"})


async def add_a_copy_of_nothing(database: Database) -> None:
    copy = await one(database, SOURCE_DOCUMENTS)
    await database[SOURCE_DOCUMENTS].insert_one(copy | {"_id": f"{copy['_id'].partition(':')[0]}:{NOBODY}"})


async def note_another_digest(database: Database) -> None:
    await database[SOURCE_DOCUMENTS].update_one({}, {"$set": {"sha256": bytes(32)}})


async def lose_a_profile(database: Database) -> None:
    await database[SUPPLIERS].delete_one({})


async def lose_a_user(database: Database) -> None:
    await database[USERS].delete_one({"name": "Joseph Mathew"})


async def give_a_phone_to_a_merged_user(database: Database) -> None:
    merged = await one(database, USERS, status="merged")
    await database[IDENTIFIERS].update_one({"_id": f"phone:+91{PHONE}"}, {"$set": {"user_id": merged["_id"]}})


async def give_a_supplier_to_nobody(database: Database) -> None:
    await database[SUPPLIERS].update_one({}, {"$set": {"user_id": NOBODY}})


async def give_an_order_to_another(database: Database) -> None:
    await database[ORDERS].update_one({"_id": ORDER_ID}, {"$set": {"user_id": NOBODY}})


async def unlink_a_customer(database: Database) -> None:
    await database[CUSTOMERS].update_one({"name": "Joseph Mathew"}, {"$set": {"user_id": NOBODY}})


async def sign_in_with_a_placeholder(database: Database) -> None:
    user = await one(database, USERS, name="Lakshmi Iyer")
    await database[IDENTIFIERS].insert_one({"_id": "phone:+919999999999", "user_id": user["_id"], "epoch": 0})


async def claim_a_match_without_a_phone(database: Database) -> None:
    key = f"customers_v2:{object_id('cust-mute Lakshmi Iyer')}"
    await database[SOURCE_DOCUMENTS].update_one({"_id": key}, {"$set": {"rule": "C1", "evidence": ["phone"]}})


async def chain_a_merge(database: Database) -> None:
    archived = await one(database, USERS, status="archived")
    await database[USERS].update_one({"status": "merged"}, {"$set": {"merged_into": archived["_id"]}})


async def make_a_customer_admin(database: Database) -> None:
    await database[USERS].update_one({"name": "Asha Verma", "status": "active"}, {"$push": {"roles": "admin"}})


async def change_an_amount(database: Database) -> None:
    await database[ORDERS].update_one({"_id": ORDER_ID}, {"$inc": {"total_paise": 1}})


async def join_what_is_held(database: Database) -> None:
    review = await one(database, REVIEWS)
    first, *others = review["members"]
    owner = (await one(database, SOURCE_DOCUMENTS, _id=first))["user_id"]
    await database[SOURCE_DOCUMENTS].update_many({"_id": {"$in": others}}, {"$set": {"user_id": owner}})


async def lose_a_made_profile(database: Database) -> None:
    await database[CUSTOMERS].delete_one({"name": "Kavita Nair"})


async def lose_an_order(database: Database) -> None:
    await database[ORDERS].delete_one({"_id": ORDER_ID})


async def lose_the_addresses(database: Database) -> None:
    await database[ADDRESSES].delete_many({})


async def take_an_order_from_its_customer(database: Database) -> None:
    await database[ORDERS].update_one({"_id": ORDER_ID}, {"$unset": {"customer_id": "", "user_id": ""}})


async def lose_an_old_id(database: Database) -> None:
    await database[IDENTIFIERS].delete_one({"_id": {"$regex": "^alias:cust-"}})


async def give_a_phone_to_another(database: Database) -> None:
    other = await one(database, USERS, name="Joseph Mathew")
    await database[IDENTIFIERS].update_one({"_id": f"phone:+91{PHONE}"}, {"$set": {"user_id": other["_id"]}})


async def lose_a_password(database: Database) -> None:
    await database[CREDENTIALS].delete_one({})


async def forget_a_question(database: Database) -> None:
    await database[REVIEWS].delete_one({})


async def let_two_write(database: Database) -> None:
    run = await one(database, MIGRATION_RUNS)
    (writer,) = run["writers"]
    other = writer | {"fencing": writer["fencing"] + 1, "from": writer["until"] - timedelta(seconds=1)}
    await database[MIGRATION_RUNS].update_one({"_id": run["_id"]}, {"$push": {"writers": other}})


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        (lose_a_copy, Check.ACCOUNTING),
        (flip_a_bit_of_a_copy, Check.CONTENT),
        (exchange_two_copies, Check.CONTENT),
        (put_a_copy_under_another_key, Check.CONTENT),
        (put_a_copy_under_another_key, Check.ACCOUNTING),
        (add_a_copy_of_nothing, Check.CONTENT),
        (note_another_digest, Check.CONTENT),
        (lose_a_profile, Check.RESULT),
        (lose_a_user, Check.RESULT),
        (give_a_phone_to_a_merged_user, Check.IDENTIFIER_SHARED),
        (give_a_supplier_to_nobody, Check.PROFILE_WITHOUT_USER),
        (give_an_order_to_another, Check.PROFILE_WITHOUT_USER),
        (unlink_a_customer, Check.LINKED_CUSTOMERS),
        (sign_in_with_a_placeholder, Check.MATCH_ON_BAD_KEY),
        (claim_a_match_without_a_phone, Check.MATCH_ON_BAD_KEY),
        (chain_a_merge, Check.MERGE_CHAIN),
        (make_a_customer_admin, Check.STAFF_ROLE_GAINED),
        (change_an_amount, Check.MONEY),
        (join_what_is_held, Check.DECISIONS),
        (lose_an_order, Check.ACCOUNTING),
        (lose_the_addresses, Check.ACCOUNTING),
        (take_an_order_from_its_customer, Check.PROFILE_WITHOUT_USER),
        (lose_an_old_id, Check.PLANS),
        (give_a_phone_to_another, Check.PLANS),
        (lose_a_password, Check.PLANS),
        (forget_a_question, Check.PLANS),
        (lose_a_made_profile, Check.REPLAN),
        (let_two_write, Check.FENCING),
    ],
)
async def test_damage_is_named(imported: Import, database: Database, damage: Damage, check: Check) -> None:
    assert (await imported.verify()).passed

    await damage(database)

    assert check in failing(await imported.verify())


async def test_a_lost_copy_is_lost_and_says_which(imported: Import, database: Database) -> None:
    await lose_a_copy(database)

    verification = await imported.verify()

    accounting = next(check for check in verification.checks if check.check is Check.ACCOUNTING)
    assert verification.lost == 1
    assert any(example.startswith("customers_v2:") for example in accounting.examples)


async def test_what_is_gone_from_between_is_told_from_what_is_there(
    importing: Import, source_database: Database, database: Database
) -> None:
    people = [account(f"user-{number}", f"Asha {number}", phone=str(9845010000 + number)) for number in range(22)]
    await fill(source_database, {"users": people})
    await importing.run()
    first, *between, _ = sorted(person["_id"] for person in people)
    await source_database["users"].delete_many({"_id": {"$in": between}})

    verification = await importing.verify()

    assert verification.passed
    assert classes(verification, "users")["gone"] == len(between)
    for lost in (first, between[7]):
        await database[SOURCE_DOCUMENTS].update_one({"_id": f"users:{lost}"}, {"$set": {"sealed": b"x" * 40}})
        content = next(one for one in (await importing.verify()).checks if one.check is Check.CONTENT)
        assert any(str(lost) in example for example in content.examples)


async def test_a_copy_that_lost_a_part_is_not_whole(
    importing: Import, source_database: Database, database: Database
) -> None:
    await fill(source_database, {"users": [account("asha", "Asha Verma", photo=b"p" * (PART_BYTES + 1))]})
    await importing.run()

    await database[SOURCE_DOCUMENTS].delete_one({"part_of": {"$exists": True}})

    assert Check.CONTENT in failing(await importing.verify())


async def test_what_changes_in_the_source_afterwards_is_not_lost(imported: Import, source_database: Database) -> None:
    await source_database["customers_v2"].update_one({"id": "cust-new"}, {"$set": {"area": "Indiranagar"}})
    await source_database["customers_v2"].delete_one({"id": "cust-mute"})
    await source_database["customers_v2"].insert_one(doc("later", "Zoya Khan", phone="9845011199"))
    await source_database["orders"].update_one({"id": "order-1"}, {"$set": {"total_amount": 58.0}})

    verification = await imported.verify()

    assert failing(verification) == set()
    assert verification.lost == 0
    assert classes(verification, "customers_v2") == {"linked": 1, "held": 1, "changed": 1, "arrived": 1, "gone": 1}
    assert classes(verification, "orders") == {"kept": 2, "changed": 1}


async def test_the_held_person_keeps_the_phone_and_the_other_has_a_user_of_his_own(imported: Import) -> None:
    holder = await find_user(imported.runtime.tx, HELD_PHONE)
    other = await find_user(imported.runtime.tx, "cust-other")

    assert holder.name == "Farida Sheikh"
    assert other.name == "Gurpreet Singh"
    assert other.claim == "claimable_conflict"
    assert other.created_at < AS_OF


async def test_without_the_source_what_humans_answered_is_not_held_either(imported: Import) -> None:
    tx, seal = imported.runtime.tx, imported.means().seal
    opener, given = Opener(seal, EARLYBIRD), Answer(Decision.KEEP_APART, "two women")
    for review in (await list_reviews(tx)).reviews:
        await decide(tx, review.id, given, actor=SYSTEM, opener=opener, now=imported.runtime.clock())

    with_source, without = await imported.verify(), await verify_without_source(tx, seal)

    assert without.passed
    for one_account in without.accounts:
        assert "held" not in one_account.classes
        assert one_account.classes == classes(with_source, one_account.collection)


async def test_a_copy_in_parts_leaves_none_behind_when_its_document_shrinks(
    importing: Import, database: Database, source_database: Database
) -> None:
    large = account("asha", "Asha Verma", phone=PHONE, photo=b"p" * (PART_BYTES + 1))
    await fill(source_database, {"users": [large]})
    await importing.run()
    assert await database[SOURCE_DOCUMENTS].count_documents({}) == 2
    assert (await importing.verify()).passed

    for photo, documents in ((b"q" * (PART_BYTES + 1), 2), (b"", 1), (b"p" * (PART_BYTES + 1), 2), (b"small", 1)):
        await source_database["users"].update_one({}, {"$set": {"photo": photo}})
        await importing.run()
        assert await database[SOURCE_DOCUMENTS].count_documents({}) == documents
        assert (await importing.verify()).passed
