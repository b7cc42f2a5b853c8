"""Undoing a merge that an import made: the person comes back with all that was his, and what was born since stays."""

from dataclasses import replace

import pytest

from roundsman.activation.facts import Fact, FactType
from roundsman.activation.store import LIFECYCLE_FIELDS
from roundsman.audit_log.entries import SYSTEM
from roundsman.auth.wrapping import Means, Wrapped, wrap_passwords
from roundsman.database.collections import (
    CREDENTIALS,
    CUSTOMERS,
    DELIVERIES,
    FACTS,
    IDENTIFIERS,
    LIFECYCLES,
    MERGES,
    MIGRATION_PLANS,
    ORDERS,
    PAYMENTS,
    REVIEWS,
    SOURCE_DOCUMENTS,
    SUBSCRIPTIONS,
    TRANSITIONS,
    USERS,
)
from roundsman.database.transaction import Document
from roundsman.identity.mode import Mode, set_mode
from roundsman.migration.backfilling import backfill
from roundsman.migration.deciding import decide, take_answer_back
from roundsman.migration.members import Opener
from roundsman.migration.naming import Naming, read_naming
from roundsman.migration.reviews import Answer, Decision, list_reviews
from roundsman.migration.separation import CannotSeparate
from roundsman.migration.splitting import NothingMerged, Split, find_merged, undo_merge
from roundsman.operations.facts.fact_intake import tell
from roundsman.orders.history import insert_orders
from tests.builders import an_order as a_new_order
from tests.imports import JOURNALS, Database, Import, contents, fill
from tests.migration_builders import EARLYBIRD, PASSWORD_HASH, PHONE, account, doc, object_id
from tests.storage.migration.worlds import an_order

NOT_PEOPLE = JOURNALS | {MIGRATION_PLANS, MERGES, REVIEWS}
FIRST, SECOND = object_id("first Asha Verma"), object_id("second Asha Verma")


@pytest.fixture
async def merged(importing: Import, source_database: Database) -> Import:
    """Two accounts of one phone and name, merged by the import, each with what is its own."""
    world = {
        "users": [
            account(
                "first",
                "Asha Verma",
                phone=PHONE,
                password_hash=PASSWORD_HASH,
                created_at="2024-01-01T00:00:00+00:00",
                last_login="2026-09-01T00:00:00+00:00",
            ),
            account(
                "second", "Asha Verma", phone=f"+91 {PHONE}", email="second@gmail.com", password_hash=PASSWORD_HASH
            ),
        ],
        "customers_v2": [
            doc("cust-first", "Asha Verma", user_id="first", address="12 MG Road"),
            doc("cust-second", "Asha Verma", user_id="second", address="4 Brigade Road"),
        ],
        "addresses": [doc("home", "Home", user_id="second", address_line1="4 Brigade Road")],
        "orders": [
            an_order("one", "first"),
            an_order("two", "second"),
            an_order("three", "cust-second"),
        ],
    }
    await fill(source_database, world)
    await importing.run()
    return importing


async def split(importing: Import, named: str) -> Split:
    runtime = importing.runtime
    _, user_id = await find_merged(runtime.tx, named)
    naming = await read_naming(runtime.tx, importing.source, EARLYBIRD, user_id, now=runtime.clock())
    opener = Opener(importing.means().seal, EARLYBIRD)
    return await undo_merge(
        runtime.tx,
        named,
        reason="two sisters",
        opener=opener,
        naming=naming,
        actor=SYSTEM,
        now=runtime.clock(),
    )


async def tombstone(database: Database) -> str:
    (found,) = await database[USERS].find({"status": "merged"}).to_list()
    return str(found["_id"])


async def owner(database: Database, collection: str, **wanted: object) -> object:
    found = await database[collection].find_one(wanted)
    return found["user_id"] if found else None


async def test_the_merged_person_gets_back_all_that_was_his(merged: Import, database: Database) -> None:
    loser = await tombstone(database)

    parted = await split(merged, loser)

    assert str(parted.user_id) == loser
    user = await database[USERS].find_one({"_id": parted.user_id})
    assert user
    assert (user["status"], user["roles"]) == ("active", ["customer"])
    name = "second" if parted.user_id == SECOND else "first"
    assert await database[CREDENTIALS].find_one({"_id": parted.user_id})
    assert await owner(database, IDENTIFIERS, _id=f"alias:{name}") == parted.user_id
    if name == "second":
        assert await owner(database, IDENTIFIERS, _id="email:second@gmail.com") == parted.user_id
    assert await owner(database, IDENTIFIERS, _id=f"phone:+91{PHONE}") == parted.left
    customers = await database[CUSTOMERS].find({"user_id": parted.user_id}).to_list()
    assert len(customers) == 1
    orders = await database[ORDERS].find({"user_id": parted.user_id}).to_list()
    assert {order["customer_id"] for order in orders} == {customers[0]["_id"]}
    assert len(orders) == (2 if name == "second" else 1)
    assert await database[SOURCE_DOCUMENTS].count_documents({"user_id": parted.user_id}) == 2
    verification = await merged.verify()
    assert {one.check: one.examples for one in verification.checks if not one.passed} == {}
    replanned = await merged.plan()
    assert (replanned.automatic_actions, replanned.counts["rows.reviews"]) == (0, 0)


async def test_taking_the_split_back_joins_them_as_they_were(merged: Import, database: Database) -> None:
    runtime = merged.runtime
    before = await contents(database, without=NOT_PEOPLE)
    parted = await split(merged, await tombstone(database))

    await take_answer_back(
        runtime.tx,
        parted.review_id,
        reason="one woman",
        actor=SYSTEM,
        opener=Opener(merged.means().seal, EARLYBIRD),
        now=runtime.clock(),
    )

    assert await contents(database, without=NOT_PEOPLE) == before
    assert await database[REVIEWS].count_documents({}) == 0
    assert (await merged.verify()).passed


async def test_wrapping_passwords_keeps_no_split_from_being_taken_back(merged: Import, database: Database) -> None:
    runtime = merged.runtime
    parted = await split(merged, await tombstone(database))

    assert await wrap_passwords(runtime.tx, Means(runtime.clock, threads=1)) == Wrapped(wrapped=1)
    assert await database[CREDENTIALS].count_documents({}) == 2
    await take_answer_back(
        runtime.tx,
        parted.review_id,
        reason="one woman",
        actor=SYSTEM,
        opener=Opener(merged.means().seal, EARLYBIRD),
        now=runtime.clock(),
    )

    assert await database[CREDENTIALS].count_documents({"_id": parted.user_id}) == 0
    assert (await merged.verify()).passed
    assert (await merged.plan()).automatic_actions == 0


async def test_after_cutover_what_was_born_here_stays_and_is_told(merged: Import, database: Database) -> None:
    runtime = merged.runtime
    await set_mode(runtime.tx, Mode())
    loser = await tombstone(database)
    _, survivor = await find_merged(runtime.tx, loser)
    born = replace(a_new_order(survivor), customer_id=None)
    await insert_orders(runtime.tx, [born])
    await database[IDENTIFIERS].insert_one({"_id": "email:new@gmail.com", "user_id": survivor, "epoch": 0})

    parted = await split(merged, loser)

    assert parted.stays == {"orders": [born.id], "identifiers": ["email:new@gmail.com"]}
    assert await owner(database, ORDERS, _id=born.id) == survivor


async def test_a_customer_leaves_with_its_orders_and_may_not_leave_twice(merged: Import, database: Database) -> None:
    loser = await tombstone(database)
    key, survivor = await find_merged(merged.runtime.tx, loser)
    kept = await database[SOURCE_DOCUMENTS].find_one({"_id": {"$regex": f"^users:{survivor}"}})
    assert kept

    with pytest.raises(CannotSeparate, match="is made of"):
        await split(merged, kept["_id"])
    with pytest.raises(NothingMerged):
        await split(merged, "users:nobody")
    parted = await split(merged, key)
    assert key in parted.documents
    with pytest.raises(CannotSeparate):
        await split(merged, key)


async def test_whom_an_answer_joined_to_him_must_be_told_apart_first(merged: Import, source_database: Database) -> None:
    tx = merged.runtime.tx
    await source_database["customers_v2"].insert_one(doc("other", "Joseph Mathew", phone=PHONE))
    await merged.run()
    [review] = (await list_reviews(tx)).reviews
    opener, now = Opener(merged.means().seal, EARLYBIRD), merged.runtime.clock()
    await decide(tx, review.id, Answer(Decision.MERGE, "a nickname"), actor=SYSTEM, opener=opener, now=now)
    loser = await tombstone_of_import(merged)

    with pytest.raises(CannotSeparate, match=f"review undo {review.id}"):
        await split(merged, loser)

    await take_answer_back(tx, review.id, reason="he is not", actor=SYSTEM, opener=opener, now=now)
    assert str((await split(merged, loser)).user_id) == loser
    assert (await merged.verify()).passed


async def tombstone_of_import(importing: Import) -> str:
    (found,) = (
        await importing.runtime.tx.database[USERS].find({"_id": {"$in": [FIRST, SECOND]}, "status": "merged"}).to_list()
    )
    return str(found["_id"])


async def test_without_the_source_orders_go_with_their_customer(merged: Import, database: Database) -> None:
    runtime = merged.runtime
    loser = await tombstone(database)

    parted = await undo_merge(
        runtime.tx,
        loser,
        reason="two sisters",
        opener=Opener(merged.means().seal, EARLYBIRD),
        naming=Naming(),
        actor=SYSTEM,
        now=runtime.clock(),
    )

    (customer,) = await database[CUSTOMERS].find({"user_id": parted.user_id}).to_list()
    assert await database[ORDERS].count_documents({"customer_id": customer["_id"], "user_id": parted.left}) == 0


async def test_all_his_dealings_go_with_him_and_what_was_told_of_them(
    merged: Import, source_database: Database, database: Database
) -> None:
    runtime = merged.runtime
    await fill(source_database, _dealings("first", "second"))
    await merged.run()
    await backfill(runtime.tx, policy=runtime.activation, clock=runtime.clock)
    loser = await tombstone(database)
    _, survivor = await find_merged(runtime.tx, loser)
    paused = object_id(f"{'second' if loser == str(SECOND) else 'first'} subscription")
    pause = Fact(FactType.INTERACTION, survivor, f"subscription:{paused}:1", runtime.clock())
    await tell(runtime.tx, survivor, [pause], policy=runtime.activation, now=runtime.clock())

    parted = await split(merged, loser)

    for collection in (ORDERS, DELIVERIES, PAYMENTS, SUBSCRIPTIONS):
        customers = {one["_id"]: one["user_id"] async for one in database[CUSTOMERS].find()}
        dealings = await database[collection].find().to_list()
        assert {one["user_id"] for one in dealings} == {parted.user_id, parted.left}
        assert all(customers[one["customer_id"]] == one["user_id"] for one in dealings)
    apart = await told(database)
    assert set(apart[0].values()) == set(apart[1]) == {parted.user_id, parted.left}
    for name in (FACTS, LIFECYCLES, TRANSITIONS):
        await database[name].delete_many({})
    his = replace(pause, subject=parted.user_id)
    await tell(runtime.tx, parted.user_id, [his], policy=runtime.activation, now=runtime.clock())
    await backfill(runtime.tx, policy=runtime.activation, clock=runtime.clock)
    assert await told(database) == apart
    assert (await merged.verify()).passed


def _dealings(*names: str) -> dict[str, list[Document]]:
    """Of each a failed stop without an id, deliveries of no order and of one that is elsewhere, a payment and a subscription."""
    stop = {"delivery_date": "2026-10-21", "delivered_at": "2026-10-21T07:00:00"}
    return {
        "delivery_status": [
            {**stop, "_id": object_id(f"{one} stop"), "customer_id": f"cust-{one}", "status": "not_delivered"}
            for one in names
        ],
        "delivery_statuses": [
            *(doc(one, "delivery", **stop, customer_id=one, status="delivered") for one in names),
            *(doc(one, "other", **stop, customer_id=one, status="delivered", order_id=f"no-{one}") for one in names),
        ],
        "payment_transactions": [
            doc(one, "payment", customer_id=one, amount=500, payment_date="2026-10-25") for one in names
        ],
        "subscriptions": [
            doc(one, "subscription", user_id=one, is_active=True, pattern="daily", created_at="2026-10-05")
            for one in names
        ],
    }


async def told(database: Database) -> tuple[dict[str, object], dict[object, Document]]:
    """Whose each fact is, and how far everybody has come."""
    tracked = {one["_id"]: one async for one in database[LIFECYCLES].find()}
    return {one["_id"]: one["user_id"] async for one in database[FACTS].find()}, {
        user: {name: one[name] for name in LIFECYCLE_FIELDS if name in one} for user, one in tracked.items()
    }


async def test_who_leaves_with_nothing_that_was_told_of_has_a_history_of_his_own(
    importing: Import, source_database: Database, database: Database
) -> None:
    runtime = importing.runtime
    accounts = [account(one, "Asha Verma", phone=PHONE, password_hash=PASSWORD_HASH) for one in ("first", "second")]
    await fill(source_database, {"users": accounts})
    await importing.run()
    await backfill(runtime.tx, policy=runtime.activation, clock=runtime.clock)

    parted = await split(importing, await tombstone(database))

    facts, tracked = await told(database)
    assert facts == {f"signup:{user}": user for user in (parted.user_id, parted.left)}
    assert tracked[parted.user_id]["signup_at"] == parted.user_id.generation_time
