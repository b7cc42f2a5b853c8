"""A source that goes on living: what changes between plan and apply waits, what changes later is followed."""

from typing import Any

import bson
import pytest
from pymongo.errors import DocumentTooLarge, OperationFailure

from roundsman.database.collections import CUSTOMERS, DELIVERY_BOYS, REVIEWS, SOURCE_DOCUMENTS, SUPPLIERS
from roundsman.identity.lookup import UnknownIdentifier, find_user
from roundsman.identity.mode import PeopleMode, get_mode, set_mode, with_people
from roundsman.ids import UserId
from roundsman.migration.copies import copies_by_key, copy_documents, insert_copy, open_copy, renew_copy
from roundsman.migration.plan import DocumentRow, Fate
from roundsman.migration.sealing import PART_BYTES, CopyDamaged, sha256
from roundsman.migration.sources.port import SourceDocument
from roundsman.migration.sync import Round, compare_all
from roundsman.migration.verify.verification import Check
from roundsman.operations.people.person import find_person
from tests.imports import Database, Import, fill
from tests.migration_builders import OTHER_PHONE, account, doc, object_id
from tests.storage.migration.worlds import everything

NEW = f"customers_v2:{object_id('cust-new Joseph Mathew')}"
FIRST_PHONE, NEXT_PHONE = "9845066601", "9845066602"
LARGE = bytes(PART_BYTES) + b"and the rest"
MUTE = f"customers_v2:{object_id('cust-mute Lakshmi Iyer')}"


async def test_a_document_changed_between_plan_and_apply_waits_for_the_next_plan(
    importing: Import, source_database: Database
) -> None:
    await fill(source_database, everything())
    header = await importing.plan()
    await source_database["customers_v2"].update_one({"id": "cust-new"}, {"$set": {"area": "Indiranagar"}})

    applied = await importing.apply(header.digest)

    assert applied.drifted == [NEW]
    verification = await importing.verify()
    assert verification.passed
    assert {account.collection: account.classes.get("drifted") for account in verification.accounts}[
        "customers_v2"
    ] == 1
    second = await importing.run()
    assert second.drifted == []
    assert second.totals["customers"].inserted == 1
    person = await find_person(importing.runtime.tx, OTHER_PHONE)
    assert [customer.area for customer in person.customers] == ["Indiranagar"]
    assert (await importing.verify()).passed


async def test_a_document_removed_between_plan_and_apply_is_listed_as_gone(
    importing: Import, source_database: Database
) -> None:
    await fill(source_database, everything())
    header = await importing.plan()
    await source_database["customers_v2"].delete_one({"id": "cust-mute"})

    applied = await importing.apply(header.digest)

    assert applied.gone == [MUTE]
    assert await copies_by_key(importing.runtime.tx, [MUTE]) == {}
    assert await importing.runtime.tx.database[CUSTOMERS].count_documents({"name": "Lakshmi Iyer"}) == 0
    assert (await importing.verify()).passed


async def test_a_phone_that_was_left_before_its_document_was_taken_finds_nobody(
    importing: Import, source_database: Database
) -> None:
    await fill(source_database, everything())
    await importing.run()
    await source_database["users"].insert_one(account("late", "Zoya Khan", phone=FIRST_PHONE))
    header = await importing.plan()
    await source_database["users"].update_one({"id": "late"}, {"$set": {"phone": NEXT_PHONE}})
    assert (await importing.apply(header.digest)).drifted

    await importing.run()

    tx = importing.runtime.tx
    assert (await find_user(tx, NEXT_PHONE)).id == object_id("late Zoya Khan")
    with pytest.raises(UnknownIdentifier):
        await find_user(tx, FIRST_PHONE)
    assert (await importing.verify()).passed


async def test_whose_account_was_not_taken_yet_is_asked_about_once(
    importing: Import, source_database: Database
) -> None:
    await fill(source_database, everything())
    await importing.run()
    await source_database["users"].insert_one(account("late", "Zoya Khan", phone=NEXT_PHONE))
    header = await importing.plan()
    await source_database["users"].update_one({"id": "late"}, {"$set": {"area": "Hebbal"}})
    await importing.apply(header.digest)
    await source_database["customers_v2"].insert_one(doc("other", "Joseph Mathew", phone=NEXT_PHONE))

    await importing.run()

    asked = await importing.runtime.tx.database[REVIEWS].find({"evidence": "names different"}).to_list()
    late = [one["members"] for one in asked if f"users:{object_id('late Zoya Khan')}" in one["members"]]
    assert late == [[f"customers_v2:{object_id('other Joseph Mathew')}", f"users:{object_id('late Zoya Khan')}"]]


async def test_about_somebody_who_was_removed_before_he_was_taken_nobody_is_asked_until_he_is_back(
    importing: Import, source_database: Database
) -> None:
    asha = [account("asha", "Asha Verma", phone=NEXT_PHONE), account("boss", "Meera Rao", "admin")]
    hers, other = doc("hers", "Asha Verma", phone=NEXT_PHONE), doc("other", "Joseph Mathew", phone=NEXT_PHONE)
    await fill(source_database, {"users": asha, "customers_v2": [hers, other]})
    header = await importing.plan()
    await source_database["customers_v2"].delete_one({"id": "other"})

    await importing.apply(header.digest)

    assert await importing.runtime.tx.database[REVIEWS].count_documents({}) == 0
    assert [(o.check, o.examples) for o in (await importing.verify()).checks if not o.passed] == []
    await source_database["customers_v2"].insert_one(other)
    await importing.run()
    asked = await importing.runtime.tx.database[REVIEWS].find().to_list()
    assert [f"customers_v2:{other['_id']}" in one["members"] for one in asked] == [True]
    assert (await importing.verify()).passed


async def test_documents_changed_after_the_import_renew_profiles_and_copies_and_keep_their_users(
    importing: Import, source_database: Database
) -> None:
    await fill(source_database, everything())
    await importing.run()
    tx = importing.runtime.tx
    before = {old: (await find_user(tx, old)).id for old in ("cust-new", "boy", "farm")}
    await source_database["customers_v2"].update_one(
        {"id": "cust-new"}, {"$set": {"name": "J. Mathew", "area": "Hebbal"}}
    )
    await source_database["delivery_boys_v2"].update_one({"id": "boy"}, {"$set": {"area_assigned": "Hebbal"}})
    await source_database["suppliers"].update_one({"id": "farm"}, {"$set": {"payment_terms": "Daily"}})

    applied = await importing.run()

    assert applied.totals.get("users") is None
    assert {old: (await find_user(tx, old)).id for old in before} == before
    customer = await tx.database[CUSTOMERS].find_one({"user_id": before["cust-new"]})
    boy = await tx.database[DELIVERY_BOYS].find_one({"user_id": before["boy"]})
    farm = await tx.database[SUPPLIERS].find_one({"user_id": before["farm"]})
    assert customer is not None
    assert boy is not None
    assert farm is not None
    assert (customer["name"], customer["area"]) == ("J. Mathew", "Hebbal")
    assert boy["areas"] == ["Hebbal"]
    assert farm["payment_terms"] == "Daily"
    copy = (await copies_by_key(tx, [NEW]))[NEW]
    opened = SourceDocument(await open_copy(tx, copy, importing.means().seal))
    assert opened.fields["name"] == "J. Mathew"
    assert (await importing.verify()).passed


async def test_an_order_changed_in_the_source_is_followed(importing: Import, source_database: Database) -> None:
    await fill(source_database, everything())
    await importing.run()
    await source_database["orders"].update_one({"id": "order-1"}, {"$set": {"total_amount": 60.5}})
    await source_database["customers_v2"].insert_one(doc("later", "Zoya Khan", phone="9845011199"))

    await importing.run()

    orders = await importing.runtime.tx.database["orders"].find({"total_paise": 6050}).to_list()
    assert len(orders) == 1
    assert (await importing.verify()).passed


async def test_a_person_who_arrives_later_gets_a_user_and_moves_nobody(
    importing: Import, source_database: Database
) -> None:
    await fill(source_database, everything())
    await importing.run()
    tx = importing.runtime.tx
    before = {user["_id"]: user for user in await tx.database["users"].find().to_list()}
    await source_database["customers_v2"].insert_one(doc("later", "Zoya Khan", phone="9845011199"))

    await importing.run()

    after = {user["_id"]: user for user in await tx.database["users"].find().to_list()}
    assert {user_id: after[user_id] for user_id in before} == before
    assert len(after) == len(before) + 1
    assert (await find_user(tx, "9845011199")).name == "Zoya Khan"


async def test_a_document_gone_from_the_source_leaves_its_user(importing: Import, source_database: Database) -> None:
    await fill(source_database, everything())
    await importing.run()
    await source_database["customers_v2"].delete_one({"id": "cust-new"})

    header = await importing.plan()

    assert header.automatic_actions == 0
    assert (await find_user(importing.runtime.tx, OTHER_PHONE)).name == "Joseph Mathew"


async def test_whoever_was_not_planned_is_not_found(importing: Import, source_database: Database) -> None:
    await fill(source_database, everything())
    header = await importing.plan()
    await source_database["customers_v2"].insert_one(doc("later", "Zoya Khan", phone="9845011199"))

    await importing.apply(header.digest)

    with pytest.raises(UnknownIdentifier):
        await find_user(importing.runtime.tx, "9845011199")


async def test_a_very_large_copy_is_stored_in_all_of_its_parts_or_in_none(importing: Import) -> None:
    """Its last part is too large to be stored at all: a kill between the parts leaves the same."""
    tx, seal = importing.runtime.tx, importing.means().seal

    def copy_of(plain: bytes) -> list[dict[str, Any]]:
        row = DocumentRow("users", "a", sha256(plain), UserId(object_id("asha")), Fate.KEPT, "A2", ())
        return copy_documents(row, plain, app_id=None, run="run", seal=seal)

    first, (*others, last) = copy_of(LARGE), copy_of(LARGE[::-1])
    unstorable = [*others, last | {"sealed": bytes(17 * 1024 * 1024)}]
    with pytest.raises((DocumentTooLarge, OperationFailure)):
        await insert_copy(tx, list(map(bson.encode, unstorable)))
    assert await tx.database[SOURCE_DOCUMENTS].count_documents({}) == 0

    assert (await insert_copy(tx, list(map(bson.encode, first)))).inserted == len(first) == 2
    assert (await insert_copy(tx, list(map(bson.encode, first)))).same == 2
    with pytest.raises((DocumentTooLarge, OperationFailure)):
        await renew_copy(tx, unstorable)
    assert await tx.database[SOURCE_DOCUMENTS].find().sort("_id", 1).to_list() == first
    await renew_copy(tx, copy_of(b"small again"))
    assert await tx.database[SOURCE_DOCUMENTS].count_documents({}) == 1


async def test_a_copy_that_is_mixed_of_two_takings_is_found_and_mended_by_the_next_round(
    importing: Import, source_database: Database
) -> None:
    tx, copies = importing.runtime.tx, importing.runtime.tx.database[SOURCE_DOCUMENTS]
    await fill(source_database, everything())
    large = {"name": "J. Mathew", "notes": "x" * (PART_BYTES + 1_000)}
    await source_database["customers_v2"].update_one({"id": "cust-new"}, {"$set": large})
    await importing.run()
    await set_mode(tx, with_people(await get_mode(tx), PeopleMode.LIVE))
    old = await copies.find_one({"part_of": NEW})
    assert old is not None
    await source_database["customers_v2"].update_one(
        {"id": "cust-new"}, {"$set": {"notes": large["notes"][::-1] + "y"}}
    )
    assert (await compare(importing)).changed == 1

    await copies.replace_one({"_id": old["_id"]}, old)

    with pytest.raises(CopyDamaged, match="not what was taken"):
        await open_copy(tx, (await copies_by_key(tx, [NEW]))[NEW], importing.means().seal)
    failed = [check for check in (await importing.verify()).checks if not check.passed]
    assert [(check.check, check.examples) for check in failed] == [
        (Check.CONTENT, [f"the copy of {NEW} is not what was taken"])
    ]
    assert (await compare(importing)).changed == 1
    assert (await importing.verify()).passed
    assert (await compare(importing)).did_nothing


async def compare(importing: Import) -> Round:
    return await compare_all(importing.runtime.tx, importing.source, importing.profile, importing.means())
