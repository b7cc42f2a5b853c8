"""Writing back whose user a customer is, and undoing it: nothing but what was asked for, and every byte as before."""

from typing import Any

import pytest
from bson import DBRef

from roundsman.activation.facts import Fact, FactType
from roundsman.audit_log.log import entries_about
from roundsman.database.collections import CUSTOMERS, SOURCE_DOCUMENTS
from roundsman.migration.sync import compare_all, take_changes
from roundsman.migration.write_back.deciding import Wanted
from roundsman.migration.write_back.ids import Form
from roundsman.migration.write_back.outcome import OWN_ID, Became
from roundsman.migration.write_back.undoing import preview_undo
from roundsman.operations.facts.fact_intake import tell
from tests.imports import Database, Import, contents, database_hash, fill
from tests.migration_builders import OTHER_PHONE, PHONE, account, doc
from tests.storage.migration.worlds import everything
from tests.storage.migration.write_backs import Back, counts, people


async def links(database: Database, collection: str = "customers_v2") -> dict[str, Any]:
    return {one["id"]: one.get("user_id", "absent") async for one in database[collection].find()}


async def test_a_link_is_written_where_it_is_absent_null_or_dangling_and_nowhere_else(
    back: Back, importing: Import, source_database: Database
) -> None:
    await fill(source_database, people())
    await importing.run()
    before = await contents(source_database)

    outcome = await back.write()

    alone = await back.tx.database[SOURCE_DOCUMENTS].find_one(
        {"_id": f"customers_v2:{people()['customers_v2'][4]['_id']}"}
    )
    assert alone is not None
    assert await links(source_database) == {
        "linked": "asha",
        "absent": "asha",
        "null": "joe",
        "dangling": "joe",
        "alone": str(alone["user_id"]),
    }
    assert counts(outcome) == {"written": 4, "linked": 1}
    assert outcome.listed[OWN_ID] == [f"{alone['_id']}:user_id"]
    assert (await contents(source_database))["users"] == before["users"]
    again = await back.write()
    assert counts(again) == {"linked": 4, "written_before": 1}

    undone = await back.undo()

    assert counts(undone) == {"restored": 4}
    assert await contents(source_database) == before
    assert counts(await back.undo()) == {}
    assert counts(await back.write()) == counts(outcome)
    assert (await back.undo()).total(Became.RESTORED) == 4
    assert await contents(source_database) == before


async def test_the_object_id_is_written_where_it_is_asked_for(
    back: Back, importing: Import, source_database: Database
) -> None:
    world = people()
    await fill(source_database, world)
    await importing.run()

    await back.write(Wanted(Form.OBJECT_ID))

    found = await links(source_database)
    assert (found["absent"], found["null"]) == (world["users"][0]["_id"], world["users"][1]["_id"])
    assert isinstance(found["alone"], str)


async def test_a_merged_account_is_never_named_and_an_ambiguous_id_neither(
    back: Back, importing: Import, source_database: Database
) -> None:
    world = {
        "users": [
            account("same", "Asha Verma", phone=PHONE, password_hash="0" * 64),
            account("double", "Asha Verma", phone=f"+91 {PHONE}"),
            account("same", "Joseph Mathew", phone=OTHER_PHONE),
        ],
        "customers_v2": [doc("cust", "Asha Verma", phone=PHONE)],
    }
    await fill(source_database, world)
    await importing.run()

    await back.write()

    assert (await links(source_database))["cust"] == str(world["users"][0]["_id"])


async def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    back: Back, importing: Import, source_database: Database
) -> None:
    await fill(source_database, people())
    await importing.run()
    before = await database_hash(source_database), await contents(back.tx.database, without=frozenset())

    previewed = await back.preview()

    assert counts(previewed) == {"written": 4, "linked": 1}
    assert (await database_hash(source_database), await contents(back.tx.database, without=frozenset())) == before
    await back.write()
    written = await database_hash(source_database)
    assert counts(await preview_undo(back.tx, back.target)) == {"restored": 4}
    assert await database_hash(source_database) == written


async def test_verification_and_planning_see_the_source_as_it_was(
    back: Back, importing: Import, source_database: Database
) -> None:
    await fill(source_database, everything())
    await importing.run()
    assert (await importing.verify()).passed

    outcome = await back.write()

    assert outcome.total(Became.WRITTEN) == 3
    verification = await importing.verify()
    assert [check.check for check in verification.checks if not check.passed] == []
    assert not any("changed" in account.classes for account in verification.accounts)
    assert (await importing.plan()).automatic_actions == 0


async def test_following_the_source_finds_nothing_new_in_what_was_written(
    back: Back, importing: Import, source_database: Database
) -> None:
    await fill(source_database, everything())
    await importing.run()
    await compare_all(back.tx, importing.source, importing.profile, importing.means())
    await back.write()
    ids = {"customers_v2": [str(one["_id"]) async for one in source_database["customers_v2"].find({}, {"_id": 1})]}

    compared = await compare_all(back.tx, importing.source, importing.profile, importing.means())
    taken = await take_changes(back.tx, importing.source, importing.profile, ids, importing.means())

    assert (compared.did_nothing, taken.did_nothing) == (True, True), (compared, taken)


async def test_what_the_application_changes_later_is_a_change_with_the_link_as_it_was(
    back: Back, importing: Import, source_database: Database
) -> None:
    await fill(source_database, everything())
    await importing.run()
    await back.write()
    await source_database["customers_v2"].update_one({"id": "cust-new"}, {"$set": {"area": "Hebbal"}})

    plan = await importing.plan()
    await importing.apply(plan.digest)

    assert plan.counts["changed"] == 1
    customer = await back.tx.database[CUSTOMERS].find_one({"name": "Joseph Mathew"})
    assert customer is not None
    assert customer["area"] == "Hebbal"
    assert (await importing.verify()).passed
    await back.undo()
    assert (await importing.plan()).automatic_actions == 0
    assert (await importing.verify()).passed


async def test_the_status_is_written_for_customers_who_have_one(
    back: Back, importing: Import, source_database: Database
) -> None:
    world = people()
    world["customers_v2"][0]["activation_status"] = "their own"
    world["customers_v2"][1]["activation_status"] = None
    await fill(source_database, world)
    await importing.run()
    before = await contents(source_database)
    runtime, phones = importing.runtime, [f"+91{PHONE}", f"+91{OTHER_PHONE}"]
    async for one in back.tx.database[CUSTOMERS].find({"phone": {"$in": phones}}):
        order = Fact(FactType.ORDER_PLACED, one["user_id"], str(one["_id"]), runtime.clock())
        await tell(back.tx, order.subject, [order], policy=runtime.activation, now=runtime.clock())

    outcome = await back.write(Wanted(activation_status=True))

    statuses = {one["id"]: one.get("activation_status") async for one in source_database["customers_v2"].find()}
    assert statuses == {
        "linked": "their own",
        "absent": "active",
        "null": "active",
        "dangling": "active",
        "alone": None,
    }
    assert counts(outcome, "customers_v2.activation_status") == {"written": 3, "present": 1, "no_status": 1}
    assert (await importing.verify()).passed
    await back.undo()
    assert await contents(source_database) == before


async def test_what_was_changed_after_write_back_is_left_and_listed(
    back: Back, importing: Import, source_database: Database
) -> None:
    await fill(source_database, people())
    await importing.run()
    await back.write()
    await source_database["customers_v2"].update_one({"id": "absent"}, {"$set": {"user_id": "joe"}})
    await source_database["customers_v2"].delete_one({"id": "null"})

    outcome = await back.undo()

    assert counts(outcome) == {"restored": 2, "changed_since": 1, "gone": 1}
    assert [key.partition(":")[0] for key in outcome.listed["changed_since"]] == ["customers_v2"]
    assert (await links(source_database))["absent"] == "joe"


async def test_a_document_that_was_not_imported_is_left_alone(
    back: Back, importing: Import, source_database: Database
) -> None:
    await fill(source_database, people())
    await importing.run()
    await source_database["customers_v2"].insert_one(doc("later", "Zoya Khan", phone="9845011199"))

    outcome = await back.write()

    assert counts(outcome)["not_imported"] == 1
    assert (await links(source_database))["later"] == "absent"


@pytest.mark.parametrize(
    "link",
    [
        "asha",
        " asha ",
        DBRef("users", "asha"),
        {"ref": {"id": "asha"}},
        ["asha"],
        pytest.param("OBJECT ID", id="the ObjectId"),
        pytest.param("HEX", id="its hex, in capitals"),
    ],
)
async def test_whatever_may_name_a_user_in_any_form_is_no_dangling_link(
    back: Back, importing: Import, source_database: Database, link: object
) -> None:
    world = people()
    user_id = world["users"][0]["_id"]
    link = {"OBJECT ID": user_id, "HEX": str(user_id).upper()}.get(link, link) if isinstance(link, str) else link
    world["customers_v2"] = [doc("cust", "Asha Verma", phone=PHONE, user_id=link)]
    await fill(source_database, world)
    await importing.run()
    before = await contents(source_database)

    assert counts(await back.write()) == {"linked": 1}

    assert await contents(source_database) == before


async def test_a_source_that_refuses_a_value_keeps_its_own(
    back: Back, importing: Import, source_database: Database
) -> None:
    await fill(source_database, people())
    await importing.run()
    await source_database.command("collMod", "customers_v2", validator={"user_id": {"$ne": "joe"}})

    outcome = await back.write()

    assert counts(outcome) == {"written": 2, "linked": 1, "refused": 2}
    assert all("Document failed validation" in line for line in outcome.listed["refused"])
    assert (await links(source_database))["null"] is None
    await source_database.command("collMod", "customers_v2", validator={"user_id": {"$exists": True}})
    undone = await back.undo()
    assert counts(undone) == {"refused": 2}
    assert (await links(source_database))["absent"] == "asha"
    await source_database.command("collMod", "customers_v2", validator={})
    assert counts(await back.undo()) == {"restored": 2}


async def test_each_run_is_told_in_the_audit_log(back: Back, importing: Import, source_database: Database) -> None:
    await fill(source_database, people())
    await importing.run()

    written, undone = await back.write(), await back.undo()

    actions = [entry.action for entry in await entries_about(back.tx, f"write_back:{written.run}")]
    assert actions == ["source.write_back_started", "source.written_back"]
    (entry,) = await entries_about(back.tx, f"write_back:{undone.run}")
    assert (entry.action, entry.reason) == ("source.write_back_undone", "restored 4")
