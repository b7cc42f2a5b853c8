"""What the source says of customers becomes facts: all at once, or one after another, the end is the same and the truth."""

from collections import defaultdict
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random

import pytest

from roundsman.activation import rollups
from roundsman.activation.dashboard import read_dashboard
from roundsman.activation.facts import FactType
from roundsman.activation.lifecycle import ActivationStatus
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.recorded_facts import facts_of
from roundsman.activation.store import LIFECYCLE_FIELDS
from roundsman.activation.tracked import Tracked
from roundsman.activation.tracking import find_tracked, record_facts
from roundsman.cli.activation import tell_all
from roundsman.database.collections import (
    CUSTOMERS,
    FACT_CONFLICTS,
    FACTS,
    LIFECYCLES,
    ORDERS,
    SOURCE_DOCUMENTS,
    TRANSITIONS,
)
from roundsman.database.transaction import Document, Tx
from roundsman.ids import UserId
from roundsman.migration.backfilling import Backfilled, backfill
from roundsman.migration.generator.folder import read_truth
from roundsman.migration.generator.generating import World, generate
from roundsman.migration.sources.folder import FolderSource
from roundsman.runtime import Runtime
from tests.depth import depth
from tests.imports import Database, Import, contents
from tests.migration_builders import OTHER_PHONE, PHONE, MemorySource, doc, object_id
from tests.quality import AS_OF

POLICY = ActivationPolicy()
INDIA = timezone(timedelta(hours=5, minutes=30))
TOLD = (FACTS, LIFECYCLES, TRANSITIONS)


async def told(tx: Tx) -> Backfilled:
    return await backfill(tx, policy=POLICY, clock=lambda: AS_OF)


async def imported(tmp_path: Path, runtime: Runtime, world: World) -> Import:
    generate(tmp_path / "world", world)
    importing = Import(runtime, FolderSource(tmp_path / "world"))
    await importing.run(as_of=AS_OF)
    return importing


async def lifecycles(database: Database) -> dict[object, Document]:
    """What is known of everybody, but for how it came to be written."""
    return {
        one["_id"]: {name: one[name] for name in LIFECYCLE_FIELDS if name in one}
        async for one in database[LIFECYCLES].find()
    }


async def transitions(database: Database) -> list[tuple[object, ...]]:
    """All transitions that hold."""
    return [
        (str(one["user_id"]), one["effective_at"], one.get("before", ""), one["after"], one["cause"])
        async for one in database[TRANSITIONS]
        .find({"superseded_at": {"$exists": False}})
        .sort([("user_id", 1), ("effective_at", 1)])
    ]


async def test_a_generated_business_is_told_as_its_truth_says(
    tmp_path: Path, runtime: Runtime, database: Database
) -> None:
    await imported(tmp_path, runtime, World("plan", depth(test=1, proof=10) / 10))
    done = await told(runtime.tx)
    whole = {name: (await contents(database))[name] for name in TOLD}
    expected = await _true_statuses(tmp_path / "world", database)

    assert await told(runtime.tx) == Backfilled()

    assert {name: (await contents(database))[name] for name in TOLD} == whole
    assert done.new == await database[LIFECYCLES].count_documents({})
    found = {one["_id"]: one["status"] async for one in database[LIFECYCLES].find()}
    wrong = {user: (status, found.get(user)) for user, status in expected.items() if found.get(user) != status}
    assert wrong == {}
    assert len(expected) > 50
    assert set(expected.values()) >= {"engaged", "inactive", "churned"}
    assert await database[FACT_CONFLICTS].count_documents({}) == 0


async def _true_statuses(world: Path, database: Database) -> dict[UserId, ActivationStatus]:
    """The status of everybody by the generator's truth alone; only when they signed up is as it was imported.

    Whose account was imported as another person than he (a question to people) is left out.
    """
    owners = {one["_id"]: one["user_id"] async for one in database[SOURCE_DOCUMENTS].find({}, {"user_id": 1})}
    histories: defaultdict[UserId, list[Document]] = defaultdict(list)
    unsure: set[UserId] = set()
    for row in read_truth(world):
        user = owners.get(f"customers_v2:{row['_id']}")
        if row["collection"] == "customers_v2" and user:
            accounts = {owners.get(f"users:{one}", user) for one in row["accounts"]}
            seconds = [second for one, second in row["seconds"].items() if owners.get(f"users:{one}") == user]
            histories[user] += [row, *seconds]
            unsure |= {user, *accounts} if accounts - {user} else set()
    signups: defaultdict[UserId, list[datetime]] = defaultdict(list)
    async for customer in database[CUSTOMERS].find():
        signups[customer["user_id"]].append(customer["created_at"])
    return {user: _true_status(rows, signups[user]) for user, rows in histories.items() if user not in unsure}


def _true_status(rows: list[Document], signups: list[datetime]) -> ActivationStatus:
    read = datetime.fromisoformat
    rounds: dict[object, datetime] = {}
    for at in sorted(read(one) for row in rows for one in row.get("rounds", ())):
        rounds.setdefault(at.astimezone(INDIA).date(), at)
    counting = [*(read(one) for row in rows for one in row.get("counting", ())), *rounds.values()]
    active = [*signups, *(read(row["last_activity_at"]) for row in rows if "last_activity_at" in row)]
    if AS_OF - max(active) >= timedelta(days=60):
        return ActivationStatus.CHURNED
    if not counting:
        return ActivationStatus.NEW
    if AS_OF - max(counting) >= timedelta(days=30):
        return ActivationStatus.INACTIVE
    return ActivationStatus.ENGAGED if len(counting) >= 3 else ActivationStatus.ACTIVE


async def test_told_all_at_once_is_told_one_after_another_in_any_order(
    tmp_path: Path, runtime: Runtime, database: Database
) -> None:
    await imported(tmp_path, runtime, World("plan", 0.1))
    await told(runtime.tx)
    whole = await lifecycles(database), await transitions(database)
    users = [UserId(one["_id"]) async for one in database[LIFECYCLES].find({}, {"_id": 1}).sort("_id", 1)]
    chosen = users[:: depth(test=9, proof=1)]
    facts = {user: await facts_of(runtime.tx, user) for user in chosen}
    for name in TOLD:
        await database[name].delete_many({})

    for user, of_user in facts.items():
        Random(1).shuffle(of_user)  # noqa: S311 - a test that must repeat
        for fact in of_user:
            await record_facts(runtime.tx, user, [fact], policy=POLICY, now=AS_OF)

    names = set(map(str, chosen))
    assert await lifecycles(database) == {user: whole[0][user] for user in chosen}
    assert await transitions(database) == [one for one in whole[1] if one[0] in names]


async def test_broken_off_anywhere_it_ends_the_same_when_it_is_done_again(
    tmp_path: Path, runtime: Runtime, database: Database
) -> None:
    await imported(tmp_path, runtime, World("plan", 0.1))
    await told(runtime.tx)
    whole = await lifecycles(database), await transitions(database)
    some = [one["_id"] async for one in database[LIFECYCLES].find({}, {"_id": 1}).sort("_id", 1)]
    await database[LIFECYCLES].delete_many({"_id": {"$in": some[::2]}})
    await database[TRANSITIONS].delete_many({"user_id": {"$in": some[::4]}})
    await database[FACTS].delete_many({"user_id": {"$in": some[::8]}})

    done = await told(runtime.tx)

    assert done.new == len(some[::2])
    assert (await lifecycles(database), await transitions(database)) == whole


async def test_a_subscriber_who_never_opens_the_app_is_engaged_and_inactive_thirty_days_after_the_last_delivery(
    runtime: Runtime, database: Database
) -> None:
    days = [AS_OF - timedelta(days=number, hours=18) for number in range(1, 200)]
    world = {
        "customers_v2": [
            {**doc("daily", "Asha Verma", phone=PHONE), "_id": object_id("daily", days_old=300)},
            {**doc("over", "Zoya Khan", phone=OTHER_PHONE), "_id": object_id("over", days_old=300)},
        ],
        "delivery_statuses": [
            *(a_mark("daily", day) for day in days),
            *(a_mark("over", day) for day in days if AS_OF - day > timedelta(days=30)),
        ],
    }
    await Import(runtime, MemorySource(world)).run(as_of=AS_OF)

    done = await told(runtime.tx)

    daily, over = [await _tracked_of(runtime.tx, one["_id"]) for one in world["customers_v2"]]
    assert (done.new, await database[ORDERS].count_documents({})) == (2, 0)
    assert (daily.lifecycle.status, daily.lifecycle.orders_valid) == (ActivationStatus.ENGAGED, len(days))
    assert (daily.lifecycle.first_login_at, daily.login_unknown, daily.traits.channel) == (None, True, "import")
    assert daily.lifecycle.engaged_at == days[-3]
    assert over.lifecycle.status is ActivationStatus.INACTIVE
    assert await database[FACTS].count_documents({"type": FactType.LOGIN}) == 0


async def test_however_much_it_tells_all_of_it_is_on_the_dashboard_when_the_command_ends(
    runtime: Runtime, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"customer-{number}" for number in range(5)]
    world = {
        "customers_v2": [doc(one, one, phone=f"98200 0000{number}") for number, one in enumerate(names)],
        "delivery_statuses": [a_mark(one, AS_OF - timedelta(days=40)) for one in names],
    }
    await Import(runtime, MemorySource(world)).run(as_of=AS_OF)
    for name in ("_PORTION", "_PORTIONS"):
        monkeypatch.setattr(rollups, name, 2)

    await tell_all(runtime)

    dashboard = await read_dashboard(runtime.tx, policy=runtime.activation, now=runtime.clock())
    assert (sum(one.count for one in dashboard.statuses), dashboard.plan_keys.ordered) == (5, 5)
    assert await database[TRANSITIONS].count_documents({"pending": True}) == 0


def a_mark(customer: str, at: datetime) -> Document:
    """A mark as the existing application makes it of what a subscription brings: a text for an instant, and no order."""
    written = at.astimezone(INDIA).replace(tzinfo=None)
    day = {"delivery_date": f"{written.date()}", "delivered_at": written.isoformat()}
    return doc(f"{customer} {written.date()}", "", customer_id=customer, status="DELIVERED", **day)


async def _tracked_of(tx: Tx, customer: object) -> Tracked:
    profile = await tx.database[CUSTOMERS].find_one({"_id": customer})
    assert profile is not None
    tracked = await find_tracked(tx, profile["user_id"])
    assert tracked is not None
    return tracked
