"""By which ids an existing application's guard gets its users, after a real import."""

from roundsman.identity.lookup import find_user
from roundsman.migration.former_ids import FormerIds, former_ids
from roundsman.migration.write_back.deciding import Deciding, Wanted
from roundsman.migration.write_back.ids import Form
from roundsman.migration.write_back.outcome import Outcome
from tests.builders import NOW
from tests.imports import Database, Import, fill
from tests.migration_builders import PHONE
from tests.storage.migration.worlds import SUPPLIER_PHONE, everything
from tests.storage.migration.write_backs import Back


async def test_people_have_the_ids_of_the_account_and_the_customer_that_stayed(
    importing: Import, source_database: Database
) -> None:
    tx = importing.runtime.tx
    await fill(source_database, everything())
    await importing.run()
    found = {text: await former_ids(tx, (await find_user(tx, text)).id) for text in (PHONE, "double", "staff", "boy")}
    asha = FormerIds("asha", ("cust-asha",), None, None, None)
    assert (found[PHONE], found["double"], found["staff"].user_id) == (asha, asha, "staff")
    boy, supplier = await find_user(tx, "boy"), await find_user(tx, SUPPLIER_PHONE)
    # They have no account in the source: the ids of their profiles are not those of accounts.
    assert await former_ids(tx, boy.id) == FormerIds(str(boy.id), (), "boy", None, None)
    assert await former_ids(tx, supplier.id) == FormerIds(str(supplier.id), (), None, "farm", None)


async def test_the_ids_are_those_that_write_back_writes(
    importing: Import, back: Back, source_database: Database
) -> None:
    tx = importing.runtime.tx
    await fill(source_database, everything())
    await importing.run()
    deciding = Deciding(tx, back.target, back.profile, Wanted(), "a run", Outcome(), NOW)
    await deciding.learn()
    users = await tx.database["users"].find({"status": {"$ne": "merged"}}).to_list()
    ids = {one["_id"]: (await former_ids(tx, one["_id"])).user_id for one in users}
    assert len(ids) > 5
    assert ids == {user_id: deciding._users.name_of(user_id, Form.STRING) for user_id in ids}
