"""A source that goes on living: what changes between plan and apply waits, what changes later is followed."""

import pytest

from roundsman.database.collections import CUSTOMERS, DELIVERY_BOYS, SUPPLIERS
from roundsman.identity.lookup import UnknownIdentifier, find_user
from roundsman.migration.copies import copies_by_key, open_copy
from roundsman.migration.sources.port import SourceDocument
from roundsman.operations.person import find_person
from tests.imports import Database, Import, fill
from tests.migration_builders import OTHER_PHONE, doc, object_id
from tests.storage.migration.worlds import everything

NEW = f"customers_v2:{object_id('cust-new Joseph Mathew')}"
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
