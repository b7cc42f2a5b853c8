"""Taking a whole run back: the database is the one before it, and importing again gives the same one."""

from datetime import timedelta

import pytest
from bson import ObjectId

from roundsman.activation.rollups import roll_up
from roundsman.audit_log.entries import SYSTEM
from roundsman.auth.credential_storage import set_password
from roundsman.database.collections import (
    ACTIVATION_DAYS,
    COHORT_CELLS,
    IDENTIFIERS,
    MERGES,
    MIGRATION_PLANS,
    MIGRATION_RUNS,
    ORDERS,
    REVIEWS,
    SIGNUP_DAYS,
    SOURCE_DOCUMENTS,
    USERS,
)
from roundsman.database.transaction import Document
from roundsman.identity.mode import Mode, PeopleMode, get_mode, set_mode
from roundsman.migration.backfilling import backfill
from roundsman.migration.deciding import decide
from roundsman.migration.freshness import PlanOutdated, UndoingUnfinished
from roundsman.migration.members import Opener
from roundsman.migration.naming import Naming
from roundsman.migration.retention import forget_old_plans, keep_until
from roundsman.migration.reviews import Answer, Decision, list_reviews
from roundsman.migration.runs import mark_undoing
from roundsman.migration.splitting import undo_merge
from roundsman.migration.undoing import RunStays, Undone, undo_run, why_run_stays
from roundsman.operations.accounts.admins import NewAdmin, create_admin_with_password
from tests.imports import JOURNALS, Database, Import, contents, fill
from tests.migration_builders import AS_OF, EARLYBIRD, PASSWORD_HASH, PHONE, account, doc
from tests.storage.migration.worlds import an_order, everything

NOT_PEOPLE = JOURNALS | {MIGRATION_PLANS}


async def undo(importing: Import, run: str, *, forget: bool = False) -> Undone:
    runtime = importing.runtime
    return await undo_run(
        runtime.tx, run, EARLYBIRD, seal=importing.means().seal, actor=SYSTEM, clock=runtime.clock, forget=forget
    )


async def test_the_first_run_is_taken_back_without_a_trace_and_comes_again_the_same(
    importing: Import, database: Database, source_database: Database
) -> None:
    runtime = importing.runtime
    await create_admin_with_password(
        runtime.tx, NewAdmin("Admin", "9820098200"), "a fine password", now=runtime.clock()
    )
    before = await contents(database, without=NOT_PEOPLE)
    await fill(source_database, everything())
    run = await importing.run()
    imported = await contents(database, without=NOT_PEOPLE)

    undone = await undo(importing, run.run_id)

    assert undone.removed.counts[USERS] > 0
    assert await contents(database, without=NOT_PEOPLE) == before
    assert await database[MIGRATION_RUNS].count_documents({}) == 0
    with pytest.raises(PlanOutdated):
        await importing.apply(run.run_id)
    again = await importing.run()
    assert again.run_id == run.run_id
    assert await contents(database, without=NOT_PEOPLE) == imported
    assert (await importing.verify()).passed


async def test_a_later_run_goes_first_and_leaves_the_earlier_as_it_was(
    importing: Import, database: Database, source_database: Database
) -> None:
    await fill(source_database, everything())
    first = await importing.run()
    before = await contents(database, without=NOT_PEOPLE)
    await fill(
        source_database,
        {
            "customers_v2": [doc("cust-late", "Kavita Nair", phone="9845077701"), doc("new", "Zoya Khan")],
            "users": [account("zoya", "Zoya Begum", phone="9731145699")],
            "delivery_boys_v2": [doc("boy-asha", "Asha Verma", phone=PHONE)],
            "orders": [an_order("order-9", "zoya", _id=ObjectId("7" * 24))],
        },
    )
    second = await importing.run()

    with pytest.raises(RunStays, match=second.run_id):
        await undo(importing, first.run_id)
    assert second.run_id in str(await why_run_stays(importing.runtime.tx, first.run_id))
    assert await why_run_stays(importing.runtime.tx, second.run_id) is None
    await undo(importing, second.run_id)

    assert await contents(database, without=NOT_PEOPLE) == before
    assert (await importing.verify()).passed
    await undo(importing, first.run_id)
    assert await database[USERS].count_documents({}) == 0


async def test_whoever_is_gone_is_counted_nowhere_any_more(
    importing: Import, database: Database, source_database: Database
) -> None:
    async def counted() -> dict[str, list[Document]]:
        await backfill(importing.runtime.tx, policy=importing.runtime.activation, clock=importing.runtime.clock)
        await roll_up(importing.runtime.tx, now=AS_OF)
        return await rollups()

    async def rollups() -> dict[str, list[Document]]:
        return {
            name: await database[name].find().sort("_id").to_list()
            for name in (ACTIVATION_DAYS, SIGNUP_DAYS, COHORT_CELLS)
        }

    await fill(source_database, everything())
    first = await importing.run()
    before = await counted()
    late = doc("cust-late", "Zoya Khan", phone="9731145699", created_at="2026-10-28")
    await fill(source_database, {"customers_v2": [late], "orders": [an_order("order-9", "cust-late")]})
    second = await importing.run()
    assert await counted() != before

    await undo(importing, second.run_id)
    assert await rollups() == before
    await undo(importing, first.run_id)
    assert await rollups() == {ACTIVATION_DAYS: [], SIGNUP_DAYS: [], COHORT_CELLS: []}


async def test_undoing_that_was_broken_off_is_finished_before_anything_else(
    importing: Import, database: Database, source_database: Database
) -> None:
    await fill(source_database, everything())
    run = await importing.run()
    await mark_undoing(importing.runtime.tx, run.run_id)
    await database[USERS].delete_many({"_id": {"$lt": ObjectId("f" * 24)}})
    await database[SOURCE_DOCUMENTS].delete_one({})

    with pytest.raises(UndoingUnfinished, match=f"roundsman migrate undo {run.run_id}"):
        await importing.plan()
    with pytest.raises(UndoingUnfinished):
        await importing.verify()
    await undo(importing, run.run_id)

    assert await contents(database, without=NOT_PEOPLE | {"system"}) == {}


async def test_answers_survive_a_run_and_are_honoured_by_the_next(
    importing: Import, database: Database, source_database: Database
) -> None:
    runtime = importing.runtime
    await fill(
        source_database,
        {
            "users": [
                account("a", "Asha Rao", phone=PHONE, email="asha@gmail.com"),
                account("b", "Asha Rao", phone="9731145602", email="asha@gmail.com"),
                account("c", "Vikram Iyer", phone=PHONE),
            ]
        },
    )
    run = await importing.run()
    (unsure,) = (await list_reviews(runtime.tx, "unsure")).reviews
    (conflict,) = (await list_reviews(runtime.tx, "conflict")).reviews
    opener = Opener(importing.means().seal, EARLYBIRD)
    for review, decision in ((unsure, Decision.MERGE), (conflict, Decision.SHARED_PHONE)):
        await decide(runtime.tx, review.id, Answer(decision, "known"), actor=SYSTEM, opener=opener, now=runtime.clock())
    assert (await importing.verify()).passed
    assert await database[USERS].count_documents({"status": "merged"}) == 1

    await undo(importing, run.run_id)
    assert await contents(database, without=NOT_PEOPLE | {REVIEWS, "system"}) == {}
    again = await importing.run()

    assert await database[USERS].count_documents({"status": "merged"}) == 1
    assert await database[USERS].count_documents({"status": "active"}) == 2
    assert (await list_reviews(runtime.tx)).reviews == ()
    assert (await importing.verify()).passed
    await undo(importing, again.run_id, forget=True)
    assert await contents(database, without=NOT_PEOPLE | {REVIEWS, "system"}) == {}


async def test_after_cutover_no_run_is_taken_back(importing: Import, source_database: Database) -> None:
    await fill(source_database, everything())
    run = await importing.run()
    await set_mode(importing.runtime.tx, Mode())

    with pytest.raises(RunStays, match="until cutover"):
        await undo(importing, run.run_id)


async def test_a_round_after_forgotten_ones_is_not_taken_for_the_first(
    importing: Import, database: Database, source_database: Database
) -> None:
    await fill(source_database, everything())
    first = await importing.run()
    orders = await database[ORDERS].count_documents({})
    await fill(source_database, {"customers_v2": [doc("new", "Zoya Khan")]})
    second = await importing.run()
    # Rounds of a worker are forgotten after a month, the first as well.
    await database[MIGRATION_RUNS].delete_one({"_id": first.run_id})

    await undo(importing, second.run_id)

    assert await database[ORDERS].count_documents({}) == orders > 0
    assert (await get_mode(importing.runtime.tx)).people is PeopleMode.SHADOW
    assert (await importing.verify()).passed


async def test_what_an_answer_made_keeps_no_run_from_being_taken_back(
    importing: Import, database: Database, source_database: Database
) -> None:
    runtime = importing.runtime
    twins = [account(name, "Asha Rao", phone=PHONE, password_hash=PASSWORD_HASH) for name in "ab"]
    await fill(source_database, {"users": twins})
    run = await importing.run()
    (merged,) = await database[USERS].find({"status": "merged"}).to_list()
    opener = Opener(importing.means().seal, EARLYBIRD)
    parted = await undo_merge(
        runtime.tx,
        str(merged["_id"]),
        reason="sisters",
        opener=opener,
        naming=Naming(),
        actor=SYSTEM,
        now=runtime.clock(),
    )
    await database[IDENTIFIERS].update_many({}, {"$set": {"epoch": 7}})
    await set_password(runtime.tx, parted.user_id, "something else", now=runtime.clock())

    await undo(importing, run.run_id)

    assert await contents(database, without=NOT_PEOPLE | {REVIEWS, "system"}) == {}


async def test_an_answer_that_is_forgotten_is_taken_back(
    importing: Import, database: Database, source_database: Database
) -> None:
    runtime = importing.runtime
    pair = [account("a", "Asha Rao", phone=PHONE, email="asha@gmail.com"), account("b", "Asha Rao", phone="9731145602")]
    await fill(source_database, {"users": pair})
    await importing.run()
    await source_database["users"].update_one({"id": "b"}, {"$set": {"email": "asha@gmail.com"}})
    second = await importing.run()
    (review,) = (await list_reviews(runtime.tx)).reviews
    opener = Opener(importing.means().seal, EARLYBIRD)
    given = Answer(Decision.MERGE, "known")
    await decide(runtime.tx, review.id, given, actor=SYSTEM, opener=opener, now=runtime.clock())

    await undo(importing, second.run_id, forget=True)

    assert await database[REVIEWS].count_documents({}) == 0
    assert await database[MERGES].count_documents({}) == 0
    assert await database[USERS].count_documents({"status": "merged"}) == 0


async def test_a_run_that_is_half_taken_back_is_never_forgotten(importing: Import, source_database: Database) -> None:
    tx = importing.runtime.tx
    await fill(source_database, everything())
    run = await importing.run()
    await keep_until(tx, run.run_id, AS_OF)
    await tx.database[MIGRATION_PLANS].update_many({"chunks": {"$exists": True}}, {"$set": {"kept_until": AS_OF}})
    await mark_undoing(tx, run.run_id)

    assert await forget_old_plans(tx, now=importing.runtime.clock() + timedelta(days=999)) == 0
