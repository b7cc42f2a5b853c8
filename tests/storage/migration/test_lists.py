"""Lists of customers that go on arriving: each goes the way of any source, beside the application's own data."""

from datetime import timedelta
from pathlib import Path

import pytest
from bson import ObjectId

from roundsman.database.collections import CUSTOMERS, IDENTIFIERS, MIGRATION_RUNS, SOURCE_DOCUMENTS, USERS
from roundsman.migration.apply import Applied
from roundsman.migration.plan import PlanHeader
from roundsman.migration.reporting import gather_report
from roundsman.migration.runs import list_runs
from roundsman.migration.sources.opening import open_with_profile
from roundsman.migration.verify.verification import Verification
from roundsman.runtime import Runtime
from tests.imports import Database, Import, fill
from tests.migration_builders import AS_OF, EARLYBIRD, OTHER_PHONE, PHONE, THIRD_PHONE, doc
from tests.storage.migration.worlds import STAFF_PHONE, an_order, everything
from tests.workbooks import workbook

NEW_PHONE = "9900112233"
HEADER = ("Customer Name", "Mobile No.", "E-mail", "Address", "Status", "Remarks")
ASHA = ("Asha Verma", float(PHONE), None, "12 M.G. Road", "Active", "gate code 4")
NEW = ("Zubin Mistry", NEW_PHONE, "zubin@example.in", "4 Lake View", "On hold", None)
MUTE = ("Somebody", "n/a", None, None, None, None)
OTHER_NAME = ("Harpreet Kaur", OTHER_PHONE, None, "9 Church Street", "", None)


@pytest.fixture
async def shop(importing: Import, source_database: Database) -> Import:
    """The import of an application's database, done."""
    await fill(source_database, everything())
    await importing.run()
    return importing


class List:
    """A list as the commands open it, anew for each step."""

    def __init__(self, runtime: Runtime, file: Path) -> None:
        self._runtime, self._file = runtime, file

    def importing(self) -> Import:
        opened = open_with_profile(str(self._file), EARLYBIRD)
        return Import(self._runtime, opened.source, opened.profile)

    async def run(self) -> Applied:
        return await self.importing().run()

    async def verify(self) -> Verification:
        return await self.importing().verify()

    async def plan(self) -> PlanHeader:
        return await self.importing().plan(as_of=AS_OF + timedelta(days=1))


@pytest.fixture
def march(runtime: Runtime, tmp_path: Path) -> List:
    """A list in Excel: somebody known, somebody new, nobody to reach, and another name on a known phone."""
    workbook(tmp_path / "March.xlsx", {"Sheet1": [HEADER, ASHA, NEW, MUTE, OTHER_NAME]})
    return List(runtime, tmp_path / "March.xlsx")


def failures(verification: Verification) -> list[tuple[str, list[str]]]:
    return [(check.check.value, check.examples) for check in verification.checks if not check.passed]


async def test_a_list_beside_an_application_links_whom_it_knows_and_both_prove_green(
    shop: Import, march: List, database: Database
) -> None:
    asha = await database[IDENTIFIERS].find_one({"_id": f"phone:+91{PHONE}"})
    users = await database[USERS].count_documents({})

    applied = await march.run()

    assert (applied.drifted, applied.gone) == ([], [])
    assert asha is not None
    of_asha = await database[CUSTOMERS].find({"user_id": asha["user_id"]}).to_list()
    assert sorted(str(one.get("address")) for one in of_asha) == ["12 M.G. Road", "12 MG Road"]
    zubin = await database[CUSTOMERS].find_one({"name": "Zubin Mistry"})
    assert zubin is not None
    assert (zubin["phone"], zubin["status"]) == (f"+91{NEW_PHONE}", "paused")
    assert await database[USERS].count_documents({}) == users + 3
    verified = await march.verify()
    assert failures(verified) == []
    assert [(one.collection, one.in_source, one.lost) for one in verified.accounts] == [("list/March", 4, 0)]
    assert failures(await shop.verify()) == []
    assert (await march.plan()).automatic_actions == 0
    assert (await shop.plan(as_of=AS_OF + timedelta(days=1))).automatic_actions == 0


async def test_the_application_may_come_after_the_list(
    importing: Import, source_database: Database, march: List, database: Database
) -> None:
    await march.run()
    await fill(source_database, everything())

    await importing.run()

    assert failures(await importing.verify()) == []
    assert failures(await march.verify()) == []
    asha = await database[IDENTIFIERS].find_one({"_id": f"phone:+91{PHONE}"})
    assert asha is not None
    assert await database[CUSTOMERS].count_documents({"user_id": asha["user_id"]}) == 2
    assert (await march.plan()).automatic_actions == 0
    assert (await importing.plan(as_of=AS_OF + timedelta(days=1))).automatic_actions == 0


async def test_a_list_that_grew_takes_only_what_is_new_and_follows_what_changed(
    shop: Import, march: List, database: Database, tmp_path: Path
) -> None:
    await march.run()
    ids = {copy["_id"] async for copy in database[SOURCE_DOCUMENTS].find({"_id": {"$regex": "^list/"}})}
    again = ("Zubin  MISTRY", f"+91 {NEW_PHONE}", "Zubin@example.in", "4 Lake View", "Stopped", "moved")
    friend = ("Zubin Mistry", THIRD_PHONE, "zubin@example.in", None, None, None)
    workbook(tmp_path / "March.xlsx", {"Sheet1": [HEADER, friend, again, OTHER_NAME, MUTE, ASHA]})

    await march.run()

    grown = {copy["_id"] async for copy in database[SOURCE_DOCUMENTS].find({"_id": {"$regex": "^list/"}})}
    assert ids < grown
    assert len(grown) == 5
    assert await database[CUSTOMERS].count_documents({"name": {"$regex": "Zubin"}, "status": "stopped"}) == 1
    assert failures(await march.verify()) == []
    assert failures(await shop.verify()) == []
    assert (await march.plan()).automatic_actions == 0


async def test_a_new_row_finds_a_user_whom_another_row_of_the_list_knows_by_something_else(
    march: List, source_database: Database, importing: Import, database: Database, tmp_path: Path
) -> None:
    await fill(source_database, {"customers_v2": [doc("c", "Rekha Das", phone=PHONE, email="rekha@example.in")]})
    await importing.run()
    by_mail = ("Rekha Das", None, "rekha@example.in", None, None, None)
    workbook(tmp_path / "March.xlsx", {"Sheet1": [HEADER, by_mail]})
    await march.run()
    workbook(tmp_path / "March.xlsx", {"Sheet1": [HEADER, by_mail, ("Rekha Das", PHONE, None, None, None, None)]})

    await march.run()

    assert await database[USERS].count_documents({}) == 1
    assert await database[CUSTOMERS].count_documents({}) == 3
    assert failures(await march.verify()) == []
    assert failures(await importing.verify()) == []


async def test_a_list_never_joins_staff_and_never_takes_the_phone_of_somebody_else(
    shop: Import, march: List, database: Database, tmp_path: Path
) -> None:
    before = await database[IDENTIFIERS].find({"_id": {"$regex": "^phone:"}}).to_list()
    workbook(
        tmp_path / "March.xlsx",
        {"Sheet1": [HEADER, ("Meera Rao", STAFF_PHONE, None, None, None, None), OTHER_NAME]},
    )

    await march.run()

    assert await database[IDENTIFIERS].find({"_id": {"$regex": "^phone:"}}).to_list() == before
    assert (await database[USERS].count_documents({"roles": "admin"})) == 1
    assert failures(await march.verify()) == []
    assert failures(await shop.verify()) == []


async def test_what_arrived_in_the_application_before_a_list_was_imported_is_not_lost(
    shop: Import, march: List, source_database: Database, database: Database
) -> None:
    (run,) = await list_runs(shop.runtime.tx)
    earlier = {"started_at": run.started_at - timedelta(hours=2)}
    await database[MIGRATION_RUNS].update_one({"_id": run.id}, {"$set": earlier})
    between = ObjectId.from_datetime(run.started_at - timedelta(hours=1))
    await fill(source_database, {"orders": [an_order("order-late", "asha", _id=between)]})
    await march.run()

    verification = await shop.verify()

    assert failures(verification) == []
    assert {one.collection: one.classes for one in verification.accounts}["orders"] == {"kept": 3, "arrived": 1}


async def test_the_report_of_each_source_tells_of_its_own_run(shop: Import, march: List, runtime: Runtime) -> None:
    await march.run()

    of_shop = await gather_report(runtime.tx, await shop.verify())
    of_list = await gather_report(runtime.tx, await march.verify())

    assert "customers_v2" in of_shop.header.source_counts
    assert of_list.header.source_counts == {"list/March": 4}
