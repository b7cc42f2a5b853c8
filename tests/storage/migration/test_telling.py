"""What happens in the followed source is told of its customers: once, whoever dies when, and when they become known."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.tracking import find_tracked
from roundsman.calendar import day_of
from roundsman.database.collections import FACTS
from roundsman.ids import UserId
from roundsman.migration.backfilling import Backfilled, backfill, tell_of
from roundsman.migration.sources.changes import ChangeFeed
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.migration.sync import compare_all, take_changes
from tests.imports import Database, Import, fill
from tests.migration_builders import EARLYBIRD, doc, object_id
from tests.storage.migration.worlds import an_order, everything


@pytest.fixture(autouse=True)
async def shop(source_database: Database) -> Database:
    """A business with one of everything."""
    await fill(source_database, everything())
    return source_database


@pytest.fixture
async def feed(source: MongoSource, importing: Import) -> AsyncIterator[ChangeFeed]:
    """The changes of the business since it was taken and told."""
    feed = await source.watch([collection.name for collection in EARLYBIRD.collections], after=None)
    await compare_all(importing.runtime.tx, importing.source, importing.profile, importing.means())
    runtime = importing.runtime
    await backfill(runtime.tx, policy=runtime.activation, clock=runtime.clock)
    yield feed
    await feed.close()


async def round_of(importing: Import, feed: ChangeFeed) -> Backfilled:
    """Take and tell what changed, as the worker does."""
    moment, runtime = timedelta(milliseconds=300), importing.runtime
    changes = await feed.gather(patience=moment * 10, debounce=moment, most=1_000)
    done = await take_changes(runtime.tx, importing.source, importing.profile, changes.documents, importing.means())
    told = await tell_of(runtime.tx, done.concerned, policy=runtime.activation, clock=runtime.clock)
    again = await tell_of(runtime.tx, done.concerned, policy=runtime.activation, clock=runtime.clock)
    assert again == Backfilled()
    return told


async def asha(importing: Import) -> UserId:
    copy = await importing.runtime.tx.database["customers"].find_one({"_id": everything()["customers_v2"][0]["_id"]})
    assert copy is not None
    return UserId(copy["user_id"])


async def told_of(importing: Import, user: UserId) -> dict[str, datetime]:
    return {fact.key: fact.occurred_at for fact in await facts_of(importing.runtime.tx, user)}


async def test_an_order_and_the_mark_of_its_delivery_are_one_delivery_however_often_it_is_marked(
    importing: Import, feed: ChangeFeed, shop: Database
) -> None:
    await shop["orders"].insert_one(an_order("late", "asha", delivered_at="2026-10-20T06:30:00"))
    await round_of(importing, feed)
    mark = doc("mark", "", customer_id="cust-asha", order_id="late", status="DELIVERED", delivery_date="2026-10-20")
    await shop["delivery_statuses"].insert_one({**mark, "delivered_at": "2026-10-20T06:31:00"})
    await round_of(importing, feed)
    await shop["delivery_statuses"].update_one({"id": "mark"}, {"$set": {"delivered_at": "2026-10-20T08:00:00"}})
    await round_of(importing, feed)

    told = await told_of(importing, await asha(importing))
    assert told["delivery.completed:late"] == datetime(2026, 10, 20, 1, tzinfo=UTC)
    assert f"delivery.completed:{mark['_id']}" not in told
    tracked = await find_tracked(importing.runtime.tx, await asha(importing))
    assert tracked is not None
    assert tracked.lifecycle.orders_valid == 2
    assert await importing.runtime.tx.database["fact_conflicts"].count_documents({}) == 0


async def test_a_stop_that_two_links_mark_is_one_and_completed_if_one_says_so(
    importing: Import, feed: ChangeFeed, shop: Database
) -> None:
    stop = {"customer_id": "cust-asha", "delivery_date": "2026-10-22", "delivered_at": "2026-10-22T07:00:00"}
    await shop["delivery_status"].insert_one({**stop, "_id": object_id("first"), "status": "not_delivered"})
    await round_of(importing, feed)
    await shop["delivery_status"].insert_one({**stop, "_id": object_id("second"), "status": "delivered"})
    await round_of(importing, feed)
    compared = await compare_all(importing.runtime.tx, importing.source, importing.profile, importing.means())

    told = await told_of(importing, await asha(importing))
    assert {"delivery.failed:cust-asha:2026-10-22:-:2026-10-22", "delivery.completed:cust-asha:2026-10-22:-"} <= set(
        told
    )
    assert compared.did_nothing
    assert (await importing.verify()).passed


async def test_a_payment_a_cancellation_and_a_day_ahead(importing: Import, feed: ChangeFeed, shop: Database) -> None:
    day = (importing.runtime.clock() + timedelta(days=3)).date().isoformat()
    await shop["payment_transactions"].insert_one(
        doc("pay", "", customer_id="cust-asha", amount=500, payment_date="2026-10-25")
    )
    await shop["orders"].insert_many(
        [
            an_order("gone", "asha", status="CANCELLED"),
            an_order("ahead", "asha", status="pending", order_type="subscription", delivery_date=day),
        ]
    )
    await round_of(importing, feed)

    told = await told_of(importing, await asha(importing))
    assert told[f"payment.succeeded:{object_id('pay ')}"] == datetime(2026, 10, 24, 18, 30, tzinfo=UTC)
    assert told[f"order.cancelled:{object_id('gone')}"] == told[f"order.placed:{object_id('gone')}"]
    tracked = await find_tracked(importing.runtime.tx, await asha(importing))
    assert tracked is not None
    assert tracked.waiting_at == told[f"order.placed:{object_id('ahead')}"]
    assert tracked.lifecycle.revenue_paise == 50_000
    assert tracked.lifecycle.orders_valid == 1


async def test_money_that_went_back_is_a_refund_and_nothing_is_no_payment(
    importing: Import, feed: ChangeFeed, shop: Database
) -> None:
    amounts = {"paid": 800, "back": -300, "none": 0, "unclear": "?"}
    payments = [
        doc(one, "", customer_id="cust-asha", amount=amount, payment_date=f"2026-10-{day}")
        for day, (one, amount) in enumerate(amounts.items(), start=21)
    ]
    await shop["payment_transactions"].insert_many(payments)
    await round_of(importing, feed)

    told = await told_of(importing, await asha(importing))
    of_money = {key for key in told if key.startswith(("payment", "refund"))}
    assert of_money == {f"payment.succeeded:{object_id('paid ')}", f"refund:{object_id('back ')}"}
    tracked = await find_tracked(importing.runtime.tx, await asha(importing))
    assert tracked is not None
    assert tracked.lifecycle.revenue_paise == 50_000
    assert tracked.lifecycle.last_activity_at == datetime(2026, 10, 20, 18, 30, tzinfo=UTC)


async def test_a_payment_whose_amount_is_corrected_counts_as_it_is_now(
    importing: Import, feed: ChangeFeed, shop: Database
) -> None:
    await shop["payment_transactions"].insert_one(
        doc("pay", "", customer_id="cust-asha", amount=500, payment_date="2026-10-25")
    )
    await round_of(importing, feed)
    await shop["payment_transactions"].update_one({"id": "pay"}, {"$set": {"amount": 50}})
    assert await round_of(importing, feed) == Backfilled(renewed=1, facts=1)

    runtime = importing.runtime
    tracked = await find_tracked(runtime.tx, await asha(importing))
    assert tracked is not None
    assert tracked.lifecycle.revenue_paise == 5_000
    assert await backfill(runtime.tx, policy=runtime.activation, clock=runtime.clock) == Backfilled()


async def test_what_was_nobody_s_is_told_when_its_customer_comes_and_he_with_it(
    importing: Import, feed: ChangeFeed, shop: Database
) -> None:
    await shop["orders"].insert_one(an_order("early", "cust-late"))
    assert await round_of(importing, feed) == Backfilled()
    await shop["customers_v2"].insert_one(doc("cust-late", "Zoya Khan", phone="9845011199", area="Hebbal"))
    await round_of(importing, feed)
    await shop["customers_v2"].update_one({"id": "cust-late"}, {"$set": {"area": "MG Road"}})
    await round_of(importing, feed)

    placed = await importing.runtime.tx.database[FACTS].find_one({"_id": f"order.placed:{object_id('early')}"})
    assert placed is not None
    tracked = await find_tracked(importing.runtime.tx, placed["user_id"])
    assert tracked is not None
    assert tracked.lifecycle.signup_at is not None
    assert tracked.traits.area == "MG Road"


async def test_a_trial_that_starts_tomorrow_is_told_as_of_when_its_document_was_written(
    importing: Import, feed: ChangeFeed, shop: Database
) -> None:
    tomorrow = (day_of(importing.runtime.clock()) + timedelta(days=1)).isoformat()
    trial = doc("cust-trial", "Zoya Khan", phone="9845011199", status="trial", trial_start_date=tomorrow)
    await shop["customers_v2"].insert_one(trial)

    assert (await round_of(importing, feed)).new == 1

    signup = await importing.runtime.tx.database[FACTS].find_one({"_id": f"signup:{trial['_id']}"})
    assert signup is not None
    assert signup["occurred_at"] == trial["_id"].generation_time
    tracked = await find_tracked(importing.runtime.tx, signup["user_id"])
    assert tracked is not None
    assert tracked.waiting_at is None
