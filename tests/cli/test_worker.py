"""The worker as a process: it follows a living source, survives being killed, and lets another one take over."""

import asyncio
import json
import random
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from roundsman.activation.store import LIFECYCLE_FIELDS
from roundsman.clock import utc_now
from roundsman.database.collections import (
    CUSTOMERS,
    DELIVERIES,
    FACT_CONFLICTS,
    FACTS,
    LEASES,
    LIFECYCLES,
    ORDERS,
    OUTBOX,
    PAYMENTS,
    SOURCE_DOCUMENTS,
    SUBSCRIPTIONS,
    SYSTEM,
    TRANSITIONS,
    USERS,
)
from roundsman.database.transaction import Document, Tx
from roundsman.database.upgrade import ensure_schema
from roundsman.migration.backfilling import backfill
from roundsman.migration.source_cursor import find_cursor
from roundsman.migration.sources.mongodb import MongoSource
from roundsman.notifications.messages import Channel, Message, Template
from roundsman.notifications.outbox import put
from roundsman.runtime import Runtime
from tests import migration_builders
from tests.commands import RoundsmanCommand
from tests.depth import depth
from tests.imports import Database, Import, fill
from tests.living_source import Application, Trade
from tests.migration_builders import doc, object_id
from tests.storage.migration.worlds import an_order, everything

pytestmark = pytest.mark.whole

WRITES_A_SECOND, SECONDS = 200, depth(test=2, proof=30)
GREEN_WITHIN = timedelta(seconds=60)


@pytest.fixture(autouse=True)
async def shop(source_database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A business with one of everything, whose accounts are not old today: commands know no other day."""
    monkeypatch.setattr(migration_builders, "AS_OF", utc_now())
    await fill(source_database, everything())
    return source_database


@pytest.fixture
def here(roundsman: RoundsmanCommand, source_uri: str) -> RoundsmanCommand:
    """The command beside the business."""
    return roundsman.with_settings(ROUNDSMAN_SOURCE=source_uri)


@pytest.fixture
async def importing(runtime: Runtime, source_uri: str) -> AsyncIterator[Import]:
    """To verify what the worker did."""
    source = MongoSource(source_uri)
    yield Import(runtime, source)
    await source.close()


@asynccontextmanager
async def running(here: RoundsmanCommand, *options: str) -> AsyncIterator["subprocess.Popen[str]"]:
    """A worker, killed on leaving unless it has ended."""
    with here.start("worker", *options) as process:
        try:
            yield process
        finally:
            process.kill()
            await asyncio.to_thread(process.communicate)


async def until(condition: Callable[[], Coroutine[Any, Any, bool]], process: "subprocess.Popen[str]") -> None:
    """Wait until it is so, but not for ever; the worker may not end meanwhile."""
    async with asyncio.timeout(GREEN_WITHIN.total_seconds()):
        while not await condition():
            assert process.poll() is None, process.communicate()
            await asyncio.sleep(0.05)


async def said(process: "subprocess.Popen[str]", words: str) -> None:
    """Wait until the worker says so, but not for ever."""
    assert process.stdout is not None
    async with asyncio.timeout(GREEN_WITHIN.total_seconds()):
        while words not in (line := await asyncio.to_thread(process.stdout.readline)):
            assert line, process.communicate()


async def green(importing: Import) -> bool:
    """Whether verification passes and everything in the source is here as it is there."""
    return not await _not_green(importing)


async def _not_green(importing: Import) -> list[object]:
    verification = await importing.verify()
    waiting = {"drifted", "changed", "arrived", "lost"}
    failed: list[object] = [(one.check, one.examples) for one in verification.checks if not one.passed]
    return failed + [one for one in verification.accounts if waiting & one.classes.keys()]


async def until_green(importing: Import, process: "subprocess.Popen[str]") -> None:
    """Wait until all is proved, at most as long as the requirement allows after the last write."""
    deadline = utc_now() + GREEN_WITHIN
    while missing := await _not_green(importing):
        assert process.poll() is None, process.communicate()
        assert utc_now() < deadline, missing
        await asyncio.sleep(0.2)


def taken(database: Database, count: int) -> Callable[[], Coroutine[Any, Any, bool]]:
    async def is_so() -> bool:
        return await database[SOURCE_DOCUMENTS].count_documents({}) >= count

    return is_so


async def test_it_follows_a_source_that_is_written_to_two_hundred_times_a_second(
    here: RoundsmanCommand, importing: Import, shop: Database
) -> None:
    async with running(here) as process:
        await Application(shop).write(WRITES_A_SECOND * SECONDS, a_second=WRITES_A_SECOND)

        await until_green(importing, process)

        process.send_signal(signal.SIGTERM)
        output, errors = await asyncio.to_thread(process.communicate)
        assert process.returncode == 0, errors
        assert output.endswith("Ended.\n")


async def test_killed_again_and_again_it_ends_the_same(
    here: RoundsmanCommand, importing: Import, shop: Database
) -> None:
    chance = random.Random(7)  # noqa: S311 - a test that must repeat
    writing = asyncio.create_task(Application(shop, seed=2).write(900, a_second=60))
    for _ in range(depth(test=3, proof=20)):
        async with running(here):
            await asyncio.sleep(1.5 + 2 * chance.random())
    await writing

    async with running(here) as process:
        await until_green(importing, process)
        # What vanished from the source is in none of the accounts above, which are of what is there.
        await until(lambda: every_copy_is_there_or_gone(importing, shop), process)


async def every_copy_is_there_or_gone(importing: Import, shop: Database) -> bool:
    """Whether each customer of the source has his copy, and each copy its customer, or a note that he is gone."""
    copies = importing.runtime.tx.database[SOURCE_DOCUMENTS]
    people = await shop["customers_v2"].count_documents({})
    gone = await copies.count_documents({"gone_at": {"$exists": True}})
    return people <= await copies.count_documents({"_id": {"$regex": "^customers_v2:"}}) <= people + gone


async def test_an_order_and_deliveries_as_the_existing_application_writes_them_move_their_customer(
    here: RoundsmanCommand, database: Database, shop: Database
) -> None:
    """Also an order that is written while the worker is down, after its restart."""
    customer, another = everything()["customers_v2"][2:4]
    today, yesterday = (utc_now().replace(tzinfo=None) - timedelta(days=days) for days in (1, 2))
    order = an_order("late", customer["id"], status="PENDING", created_at=yesterday.isoformat())
    mark = {"customer_id": customer["id"], "status": "DELIVERED"}

    async def is_now(status: str, *, who: Document = customer) -> bool:
        return await _status(database, who["_id"]) == status

    async with running(here) as process:
        await until(partial(is_now, "new"), process)

        await shop["orders"].insert_one(order)
        await until(partial(is_now, "active"), process)

        for at in (yesterday, today):
            stop = {**mark, "delivery_date": f"{at.date()}", "delivered_at": at.isoformat()}
            await shop["delivery_statuses"].insert_one(doc(f"mark-{at.date()}", "", **stop))
        await until(partial(is_now, "engaged"), process)
        assert await is_now("new", who=another)

    await shop["orders"].insert_one(an_order("missed", another["id"], status="PENDING", created_at=today.isoformat()))
    async with running(here) as process:
        await until(partial(is_now, "active", who=another), process)


async def _status(database: Database, customer: object) -> str | None:
    profile = await database[CUSTOMERS].find_one({"_id": customer}) or {}
    lifecycle = await database[LIFECYCLES].find_one({"_id": profile.get("user_id")}) or {}
    return lifecycle.get("status")


async def test_killed_at_any_instant_it_has_told_every_fact_once(
    here: RoundsmanCommand, importing: Import, database: Database, fresh_database: Database, shop: Database
) -> None:
    chance = random.Random(11)  # noqa: S311 - a test that must repeat
    customers = tuple(one["id"] for one in everything()["customers_v2"])
    trade = Trade(shop, customers, today=utc_now(), seed=3)
    writing = asyncio.gather(trade.write(600, a_second=50), Application(shop, seed=3).write(300, a_second=25))
    for _ in range(depth(test=4, proof=30)):
        async with running(here):
            await asyncio.sleep(1.5 + 2 * chance.random())
    await writing

    async with running(here) as process:
        await until_green(importing, process)

        async def is_told() -> bool:
            # What is proved green may still lack a delivery or a payment, so it is asked again what all of them say.
            facts, *followed = await _told(database)
            wanted, *following = await _told_afresh(importing.runtime, fresh_database)
            # Whoever was a customer before he had a profile signed up as a user then, which nobody can tell afterwards.
            before_profiles = {f"signup:{user_id}" for user_id, _ in facts.values()} - wanted.keys()
            return followed == following and wanted == {
                key: fact for key, fact in facts.items() if key not in before_profiles
            }

        await until(is_told, process)

    assert await database[FACTS].count_documents({}) > 400
    assert await database[FACT_CONFLICTS].count_documents({}) == 0


async def _told_afresh(runtime: Runtime, other: Database) -> tuple[dict[str, Any], dict[Any, Any], list[Any]]:
    """What a backfill tells of the same documents in another database."""
    await ensure_schema(other)
    for name in (FACTS, LIFECYCLES, TRANSITIONS):
        await other[name].delete_many({})
    for name in (USERS, CUSTOMERS, ORDERS, DELIVERIES, PAYMENTS, SUBSCRIPTIONS):
        await other[name].delete_many({})
        if stored := [one async for one in runtime.tx.database[name].find()]:
            await other[name].insert_many(stored)
    await backfill(Tx(other), policy=runtime.activation, clock=runtime.clock)
    return await _told(other)


async def _told(database: Database) -> tuple[dict[str, Any], dict[Any, Any], list[Any]]:
    """All facts, lifecycles and transitions that hold, but for when they were written."""
    facts = {one["_id"]: (one["user_id"], one["occurred_at"]) async for one in database[FACTS].find()}
    lifecycles = {
        one["_id"]: {name: one.get(name) for name in (*LIFECYCLE_FIELDS, "area", "channel", "login_unknown")}
        async for one in database[LIFECYCLES].find()
    }
    holding = database[TRANSITIONS].find({"superseded_at": {"$exists": False}})
    transitions = [(str(one["user_id"]), one["effective_at"], one["after"]) async for one in holding]
    return facts, lifecycles, sorted(transitions)


async def test_a_second_worker_waits_and_takes_over_when_the_first_is_killed(
    here: RoundsmanCommand, importing: Import, database: Database, shop: Database
) -> None:
    async with running(here) as first:
        await said(first, "Took")
        async with running(here) as second:
            await said(second, "Standing by")
            first.kill()
            await asyncio.to_thread(first.communicate)
            await shop["customers_v2"].insert_one(doc("late", "Zoya Khan", phone="9845011199"))

            await said(second, "Took 1 new")

            lease = await database[LEASES].find_one({"_id": "worker"})
            assert lease is not None
            assert lease["owner"].endswith(f":{second.pid}")
            assert await green(importing)


async def test_told_to_end_while_it_imports_it_ends_at_a_border_and_goes_on_later(
    here: RoundsmanCommand, importing: Import, database: Database, shop: Database
) -> None:
    await shop["customers_v2"].insert_many(
        [doc(f"c{number}", "Zoya Khan", phone=f"98452{number:05d}") for number in range(3_000)]
    )
    async with running(here, "--throttle", "250") as process:
        await until(lambda: _any(database, USERS), process)
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.to_thread(process.communicate)
        assert process.returncode == 0, errors
        assert await database[ORDERS].count_documents({}) == 0

    async with running(here) as process:
        await until_green(importing, process)


async def _any(database: Database, name: str) -> bool:
    return await database[name].find_one({}, {"_id": 1}) is not None


async def test_a_source_that_does_not_answer_is_said_once_and_noted(
    roundsman: RoundsmanCommand, runtime: Runtime, database: Database
) -> None:
    away = roundsman.with_settings(ROUNDSMAN_SOURCE="mongodb://127.0.0.1:9/shop?serverSelectionTimeoutMS=100")
    async with running(away) as process:

        async def is_noted() -> bool:
            cursor = await find_cursor(runtime.tx)
            return cursor is not None and cursor.unreachable_since is not None

        await until(is_noted, process)
        await asyncio.sleep(4)
        process.send_signal(signal.SIGTERM)
        output, errors = await asyncio.to_thread(process.communicate)

    assert process.returncode == 0, errors
    assert output.count("does not answer") == 1
    assert await database[SYSTEM].count_documents({"_id": "source", "token": {"$exists": True}}) == 0


async def test_a_round_by_hand_says_what_it_did(here: RoundsmanCommand, shop: Database) -> None:
    first = await asyncio.to_thread(here, "migrate", "sync")
    await shop["orders"].insert_one(an_order("late", "asha", _id=object_id("late")))
    second = await asyncio.to_thread(here, "migrate", "sync", "--json")

    assert first.returncode == 0, first.stderr
    assert "Applied as run" in first.stdout
    assert second.returncode == 0, second.stderr
    assert '"arrived": 1' in second.stdout


async def test_another_business_s_database_is_not_followed_unless_somebody_says_so(
    here: RoundsmanCommand, runtime: Runtime, database: Database, shop: Database
) -> None:
    ours = [doc(f"ours-{number}", "Zoya Khan", phone=f"98460{number:05}") for number in range(40)]
    theirs = [doc(f"theirs-{number}", "Kavita Nair", phone=f"98470{number:05}") for number in range(90)]
    await shop["customers_v2"].insert_many(ours)
    known = await shop["customers_v2"].count_documents({})
    assert (await asyncio.to_thread(here, "migrate", "sync")).returncode == 0
    users = await database[USERS].count_documents({})
    await shop["customers_v2"].delete_many({})
    await shop["customers_v2"].insert_many(theirs)

    async with running(here) as process:
        await said(process, "is it the right database?")
        async with asyncio.timeout(120):
            while not (cursor := await find_cursor(runtime.tx)) or not cursor.doubted_since:  # noqa: ASYNC110 - the worker does it
                await asyncio.sleep(0.05)
    for command in ("sync", "plan"):
        refused = await asyncio.to_thread(here, "migrate", command)
        assert (refused.returncode, "migrate sync --accept-gone" in refused.stderr) == (4, True)
    assert (await asyncio.to_thread(here, "migrate", "plan", "--accept-gone")).returncode == 0
    assert await database[USERS].count_documents({}) == users
    assert await database[SOURCE_DOCUMENTS].count_documents({"gone_at": {"$exists": True}}) == 0

    accepted = await asyncio.to_thread(here, "migrate", "sync", "--accept-gone", "--json")

    assert accepted.returncode == 0, accepted.stderr
    told = json.loads(accepted.stdout)
    assert (told["gone"], told["arrived"]) == (known, len(theirs))
    cursor = await find_cursor(runtime.tx)
    assert cursor is not None
    assert cursor.doubted_since is None


async def test_without_a_source_it_sends_messages_and_finishes_what_a_crash_left(
    roundsman: RoundsmanCommand, runtime: Runtime, database: Database
) -> None:
    await put(runtime.tx, Message("for-asha", Channel.SMS, "+919820012345", Template.SESSION_STOLEN), now=utc_now())
    half_closed: dict[str, Any] = {"_id": f"erasing:{object_id('asha')}", "users": [], "names": ["Asha Verma"]}
    await database[SYSTEM].insert_one(half_closed)

    async def is_sent() -> bool:
        return await database[OUTBOX].count_documents({"state": "sent"}) == 1

    async with running(roundsman) as process:
        await said(process, "No source is set")
        await said(process, "Finished erasing 1 closed accounts")
        await until(is_sent, process)
        process.send_signal(signal.SIGTERM)
        output, errors = await asyncio.to_thread(process.communicate)

    assert process.returncode == 0, errors
    assert output.endswith("Ended.\n")
    assert await database[SYSTEM].count_documents({"_id": half_closed["_id"]}) == 0
