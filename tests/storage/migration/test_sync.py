"""Following a source that goes on living: what a round takes, notes and leaves behind."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from roundsman.database.collections import (
    CUSTOMERS,
    DELIVERY_BOYS,
    MIGRATION_PLANS,
    MIGRATION_RUNS,
    ORDERS,
    SOURCE_DOCUMENTS,
    SUPPLIERS,
)
from roundsman.database.lease import LeaseLost
from roundsman.identity.lookup import UnknownIdentifier, find_user
from roundsman.identity.mode import PeopleMode, get_mode, set_mode, with_people
from roundsman.migration import neighbourhood
from roundsman.migration.doubts import (
    MostAreGone,
    SourceEmptied,
    refuse_doubtful,
    refuse_emptied,
    refuse_unlike_planned,
)
from roundsman.migration.neighbourhood import TooManyNeighbours
from roundsman.migration.retention import forget_old_plans
from roundsman.migration.source_cursor import (
    SourceCursor,
    find_cursor,
    note_compared,
    note_taken,
    note_unreachable,
)
from roundsman.migration.sources.changes import ChangeFeed, ChangesLost
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.migration.sources.opening import open_with_profile
from roundsman.migration.sync import PLANS_ARE_KEPT, Round, compare_all, take_changes
from roundsman.migration.verify.verification import Check
from roundsman.migration.write_back.target import WriteBackTarget
from roundsman.operations.people.person import find_person
from tests.imports import Database, Import, fill
from tests.migration_builders import AS_OF, EARLYBIRD, OTHER_PHONE, doc, object_id
from tests.storage.migration.worlds import an_order, everything

NAMES = [collection.name for collection in EARLYBIRD.collections]


@pytest.fixture(autouse=True)
async def shop(source_database: Database) -> Database:
    """A business with one of everything."""
    await fill(source_database, everything())
    return source_database


@pytest.fixture
async def feed(source: MongoSource, importing: Import) -> AsyncIterator[ChangeFeed]:
    """The changes of the business since it was taken."""
    feed = await source.watch(NAMES, after=None)
    await compare(importing)
    yield feed
    await feed.close()


async def compare(importing: Import) -> Round:
    return await compare_all(importing.runtime.tx, importing.source, importing.profile, importing.means())


async def take(importing: Import, feed: ChangeFeed) -> Round:
    """Take what changed, as the worker does."""
    moment = timedelta(milliseconds=300)
    changes = await feed.gather(patience=moment * 10, debounce=moment, most=1_000)
    return await take_changes(
        importing.runtime.tx, importing.source, importing.profile, changes.documents, importing.means()
    )


async def green(importing: Import) -> list[tuple[Check, list[str]]]:
    verification = await importing.verify()
    return [(one.check, one.examples) for one in verification.checks if not one.passed]


@pytest.mark.parametrize("wish", ["secondary&maxStalenessSeconds=120", "secondary&readPreferenceTags=dc:pune"])
async def test_a_source_is_read_from_its_primary_whatever_its_address_asks_for(source_uri: str, wish: str) -> None:
    """The server has no secondary: nothing would be read."""
    eager = MongoSource(f"{source_uri}{'&' if '?' in source_uri else '?'}readPreference={wish}")
    target = WriteBackTarget(f"{source_uri}{'&' if '?' in source_uri else '?'}readPreference={wish}")

    counts = await eager.count_documents()
    feed = await eager.watch(NAMES, after=None)
    read = [document async for batch in target.read("users", ["id"]) for document in batch]

    assert counts["users"] == len(read) == len(everything()["users"])
    assert feed.token
    await feed.close()
    await eager.close()
    await target.close()


async def test_a_round_over_everything_is_an_import_and_the_next_one_does_nothing(importing: Import) -> None:
    first, second = await compare(importing), await compare(importing)

    assert first.arrived == sum(len(documents) for name, documents in everything().items() if name != "areas")
    assert first.run_id
    assert second.did_nothing
    assert second.run_id is None
    assert await importing.runtime.tx.database[MIGRATION_RUNS].count_documents({}) == 1
    assert await importing.runtime.tx.database[MIGRATION_PLANS].count_documents({"chunks": {"$exists": True}}) == 1
    assert await green(importing) == []


async def test_changes_of_all_kinds_arrive(importing: Import, shop: Database, feed: ChangeFeed) -> None:
    await shop["customers_v2"].insert_one(doc("late", "Zoya Khan", phone="9845011199"))
    await shop["customers_v2"].update_one({"id": "cust-asha"}, {"$set": {"area": "Hebbal"}})
    await shop["customers_v2"].delete_one({"id": "cust-mute"})
    await shop["orders"].insert_one(an_order("order-9", "late"))

    done = await take(importing, feed)

    assert (done.arrived, done.changed, done.gone, done.drifted) == (2, 1, 1, ())
    person = await find_person(importing.runtime.tx, "9845011199")
    assert person.user.name == "Zoya Khan"
    order = await importing.runtime.tx.database[ORDERS].find_one({"_id": object_id("order-9")})
    assert order is not None
    assert order["customer_id"] == person.customers[0].id
    assert order["lines"][0]["product_id"] == everything()["products"][0]["_id"]
    assert await green(importing) == []


async def test_changes_that_are_too_large_together_are_left_to_a_comparison_of_everything(
    importing: Import, shop: Database, feed: ChangeFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbourhood, "_MOST_BYTES", 10_000)
    await shop["customers_v2"].insert_one(doc("late", "Zoya Khan", phone="9845011199", note="x" * 10_000))

    with pytest.raises(TooManyNeighbours, match="too large together"):
        await take(importing, feed)


async def test_a_round_of_orders_alone_leaves_no_plan_and_no_run(
    importing: Import, shop: Database, feed: ChangeFeed
) -> None:
    await shop["orders"].insert_one(an_order("order-9", "asha"))

    done = await take(importing, feed)

    assert (done.arrived, done.run_id) == (1, None)
    assert await importing.runtime.tx.database[MIGRATION_RUNS].count_documents({}) == 1
    assert await green(importing) == []


async def test_an_order_that_came_before_its_customer_gets_him(
    importing: Import, shop: Database, feed: ChangeFeed
) -> None:
    await shop["orders"].insert_one(an_order("order-9", "late"))
    await take(importing, feed)
    await shop["customers_v2"].insert_one(doc("late", "Zoya Khan", phone="9845011199"))

    await take(importing, feed)

    order = await importing.runtime.tx.database[ORDERS].find_one({"_id": object_id("order-9")})
    assert order is not None
    assert order["user_id"] == (await find_user(importing.runtime.tx, "late")).id
    assert await green(importing) == []


@pytest.mark.parametrize(
    ("collection", "id", "profiles", "before", "after"),
    [
        ("customers_v2", "cust-new", CUSTOMERS, "active", "stopped"),
        ("delivery_boys_v2", "boy", DELIVERY_BOYS, "active", "left"),
        ("suppliers", "farm", SUPPLIERS, "active", "inactive"),
    ],
)
async def test_who_is_gone_from_the_source_becomes_inactive_and_who_returns_active(
    collection: str,
    id: str,  # noqa: A002 - the field's name
    profiles: str,
    before: str,
    after: str,
    importing: Import,
    shop: Database,
) -> None:
    await compare(importing)
    tx = importing.runtime.tx
    user = await find_user(tx, id)
    document = await shop[collection].find_one_and_delete({"id": id})

    async def status() -> str:
        profile = await tx.database[profiles].find_one({"user_id": user.id})
        assert profile is not None
        return str(profile["status"])

    assert document is not None
    assert await status() == before
    assert (await compare(importing)).gone == 1
    assert await status() == after
    assert await find_user(tx, id) == user
    assert await green(importing) == []
    assert (await compare(importing)).did_nothing

    await shop[collection].insert_one(document)
    assert (await compare(importing)).changed == 1
    assert await status() == before
    assert await tx.database[SOURCE_DOCUMENTS].count_documents({"gone_at": {"$exists": True}}) == 0
    assert await green(importing) == []


async def test_once_people_are_live_the_source_gives_nobody_a_phone_to_sign_in_with(
    importing: Import, shop: Database
) -> None:
    await compare(importing)
    tx = importing.runtime.tx
    await set_mode(tx, with_people(await get_mode(tx), PeopleMode.LIVE))
    before = await find_user(tx, OTHER_PHONE)
    await shop["customers_v2"].update_one({"id": "cust-new"}, {"$set": {"phone": "9845011199", "area": "Hebbal"}})
    await shop["customers_v2"].insert_one(doc("late", "Zoya Khan", phone="9845011188"))
    await shop["customers_v2"].delete_one({"id": "cust-other"})

    await compare(importing)

    assert (await find_user(tx, OTHER_PHONE)).id == before.id
    with pytest.raises(UnknownIdentifier):
        await find_user(tx, "9845011199")
    assert (await find_user(tx, "9845011188")).name == "Zoya Khan"
    assert await tx.database[CUSTOMERS].count_documents({"status": "stopped"}) == 0
    assert await tx.database[CUSTOMERS].count_documents({"area": "Hebbal"}) == 1
    assert await green(importing) == []


async def test_staff_who_is_gone_from_the_source_still_has_his_role_from_there(
    importing: Import, shop: Database
) -> None:
    await compare(importing)
    await shop["users"].delete_one({"id": "staff"})

    await compare(importing)

    verification = await importing.verify()
    assert verification.passed
    assert {one.collection: one.classes.get("gone") for one in verification.accounts}["users"] == 1


async def test_a_source_without_people_ends_nobody(importing: Import, shop: Database) -> None:
    await compare(importing)
    for name in ("users", "customers_v2", "delivery_boys_v2", "suppliers"):
        await shop[name].delete_many({})

    with pytest.raises(SourceEmptied, match="right database"):
        await compare(importing)

    assert await importing.runtime.tx.database[CUSTOMERS].count_documents({"status": "stopped"}) == 0
    assert [check for check, _ in await green(importing)] == [Check.ACCOUNTING], "against nothing nothing is proved"


async def test_when_most_people_are_told_to_be_gone_at_once_nobody_is_ended(
    importing: Import, shop: Database, feed: ChangeFeed
) -> None:
    await shop["customers_v2"].insert_many([doc(f"z{one}", "Zoya Khan", phone=f"98460{one:05}") for one in range(40)])
    await take(importing, feed)
    await shop["customers_v2"].delete_many({"id": {"$regex": "^z"}})

    with pytest.raises(MostAreGone, match="lacks 40 of the"):
        await take(importing, feed)

    assert await importing.runtime.tx.database[CUSTOMERS].count_documents({"status": "stopped"}) == 0


async def test_a_plan_is_not_applied_from_what_it_was_not_made_from(importing: Import, shop: Database) -> None:
    """Before the first import only the plan can tell; afterwards what was imported does too."""
    tx, source = importing.runtime.tx, importing.source
    await shop["customers_v2"].insert_many([doc(f"z{one}", "Zoya Khan", phone=f"98460{one:05}") for one in range(40)])
    plan = await importing.plan()
    await refuse_unlike_planned(plan.digest)(tx, source, EARLYBIRD)
    kept = await shop["customers_v2"].find({"id": {"$regex": "^z"}}).to_list()
    await shop["customers_v2"].delete_many({"id": {"$regex": "^z"}})

    await refuse_doubtful(tx, source, EARLYBIRD)
    with pytest.raises(MostAreGone, match="that were planned, and nothing was taken"):
        await refuse_unlike_planned(plan.digest)(tx, source, EARLYBIRD)

    await shop["customers_v2"].insert_many(kept)
    await importing.apply(plan.digest)
    await shop["customers_v2"].delete_many({"id": {"$regex": "^z"}})
    with pytest.raises(MostAreGone, match="that were imported, and nothing was taken"):
        await refuse_unlike_planned(plan.digest)(tx, source, EARLYBIRD)
    await refuse_emptied(tx, source, EARLYBIRD)


async def test_an_empty_list_beside_an_application_is_no_emptied_application(importing: Import, tmp_path: Path) -> None:
    await compare(importing)
    (tmp_path / "March.csv").write_text("Name,Mobile\n")
    opened = open_with_profile(str(tmp_path / "March.csv"), EARLYBIRD)

    await refuse_doubtful(importing.runtime.tx, opened.source, opened.profile)


async def test_after_the_whole_database_is_dropped_its_changes_are_lost(
    source: MongoSource, shop: Database, feed: ChangeFeed
) -> None:
    await shop.client.drop_database(shop.name)

    async def look(feed: ChangeFeed) -> None:
        while await feed.gather(patience=timedelta(seconds=1), debounce=timedelta(), most=1_000):
            pass

    with pytest.raises(ChangesLost):
        await look(feed)
    with pytest.raises(ChangesLost):
        await look(await source.watch(NAMES, after=feed.token))
    assert await source.watch(NAMES, after=None)


async def test_a_dropped_collection_makes_the_changes_unclear(shop: Database, feed: ChangeFeed) -> None:
    await shop["customers_v2"].drop()

    changes = await feed.gather(patience=timedelta(seconds=5), debounce=timedelta(seconds=1), most=1_000)

    assert changes.unclear


async def test_a_change_of_the_largest_document_there_may_be_is_told(shop: Database, feed: ChangeFeed) -> None:
    moment = timedelta(seconds=3)
    large = doc("large", "Zoya Khan", phone="9845011199", note="x" * (16 * 1024 * 1024 - 1_000))
    await shop["customers_v2"].insert_one(large)
    await shop["customers_v2"].update_one({"_id": large["_id"]}, {"$set": {"note": "y" * (16 * 1024 * 1024 - 1_000)}})

    changes = await feed.gather(patience=moment, debounce=moment, most=10)

    assert {name: sorted(ids) for name, ids in changes.documents.items()} == {"customers_v2": [str(large["_id"])]}


async def test_what_was_noted_by_a_later_worker_is_not_overwritten(importing: Import) -> None:
    tx = importing.runtime.tx
    await note_taken(tx, "there", token={"_data": "later"}, until=AS_OF, fencing=2)

    with pytest.raises(LeaseLost):
        await note_taken(tx, "there", token={"_data": "earlier"}, until=AS_OF, fencing=1)

    cursor = await find_cursor(tx)
    assert cursor is not None
    assert cursor.token == {"_data": "later"}


async def test_what_is_known_of_one_source_is_not_taken_for_what_is_known_of_another(importing: Import) -> None:
    tx = importing.runtime.tx
    await note_taken(tx, "here", token={"_data": "of here"}, until=AS_OF, fencing=1)
    await note_compared(tx, "here", at=AS_OF)
    await note_unreachable(tx, "here", since=AS_OF)
    away = await find_cursor(tx)
    assert away == SourceCursor("here", {"_data": "of here"}, AS_OF, AS_OF, AS_OF)

    await note_unreachable(tx, "there", since=AS_OF)
    assert await find_cursor(tx) == SourceCursor("there", unreachable_since=AS_OF)

    await note_taken(tx, "there", token={"_data": "of there"}, until=AS_OF, fencing=1)
    await note_compared(tx, "elsewhere", at=AS_OF)
    assert await find_cursor(tx) == SourceCursor("elsewhere", None, AS_OF, AS_OF)


async def test_plans_of_rounds_are_forgotten_in_time_and_others_are_not(importing: Import, shop: Database) -> None:
    tx = importing.runtime.tx
    await importing.run()
    await shop["customers_v2"].insert_one(doc("late", "Zoya Khan", phone="9845011199"))
    await compare(importing)
    now = importing.runtime.clock()

    assert await forget_old_plans(tx, now=now) == 0
    assert await forget_old_plans(tx, now=now + PLANS_ARE_KEPT) == 1
    assert await tx.database[MIGRATION_RUNS].count_documents({}) == 1
    assert await tx.database[MIGRATION_PLANS].count_documents({"chunks": {"$exists": True}}) == 1
    assert await green(importing) == []
