"""What the activation pipeline costs, as ratios to what the database does at all in the same run.

    python benchmarks/activation.py [--customers 10000 1000000] [--facts 4000] [--histories 20000]

A live fact is compared with a bare transaction of the same writes, as many at once; the backfill with a plain bulk insert of the
same documents; the sweep, the dashboard and the list of who is at risk among few customers with those among many, and the
dashboard with one aggregation over all of them.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bson import ObjectId

from roundsman.activation.backfill import History, store_histories
from roundsman.activation.dashboard import read_dashboard
from roundsman.activation.facts import Fact, FactType
from roundsman.activation.listing import Wanted, list_people
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.rollups import rebuild
from roundsman.activation.sweep import sweep
from roundsman.activation.tracked import Traits
from roundsman.activation.tracking import record_facts
from roundsman.calendar import day_of, week_of
from roundsman.database.collections import ACTIVATION_DAYS, COHORT_CELLS, FACTS, LIFECYCLES, SIGNUP_DAYS, TRANSITIONS
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.ids import UserId
from roundsman.runtime import open_runtime
from roundsman.settings import Settings

_POLICY: Final = ActivationPolicy()
_BEGIN: Final = datetime(2026, 6, 1, tzinfo=UTC)
_WRITERS: Final = 16
_TURNS: Final = 3
_NOW: Final = _BEGIN + timedelta(days=29)
_DUE: Final = 500
_READS: Final = 40
_PORTION: Final = 500


async def main(sizes: Sequence[int], facts: int, histories: int) -> None:
    """Measure all of it on a database of its own and print the tables."""
    with tempfile.TemporaryDirectory() as directory:
        async with open_runtime(Settings(data_dir=Path(directory), database_cache_gb=2)) as runtime:
            await _live(runtime.tx, facts)
            await _backfills(runtime.tx, histories)
            await _sizes(runtime.tx, sizes)


async def _live(tx: Tx, count: int) -> None:
    """Facts that come one after another to many people, and bare transactions with the same documents."""
    print(f"{'live facts':34} {'a second':>9} {'bare':>9} {'ratio':>7}")
    for turn in range(_TURNS + 1):
        people = [UserId(ObjectId()) for _ in range(count // 4)]
        ours = await _rate(_WRITERS, _told(tx, people))
        written = [await _written(tx, person) for person in people]
        bare = await _rate(_WRITERS, _bare(tx, written))
        # The first turn warms up.
        if turn:
            print(f"{f'turn {turn}, {_WRITERS} at once':34} {ours:9.0f} {bare:9.0f} {ours / bare:7.0%}")


def _told(tx: Tx, people: Sequence[UserId]) -> list[Callable[[], Awaitable[object]]]:
    kinds = (FactType.SIGNUP, FactType.LOGIN, FactType.ORDER_PLACED, FactType.PAYMENT_SUCCEEDED)

    def telling(person: UserId, number: int, kind: FactType) -> Callable[[], Awaitable[object]]:
        at = _BEGIN + timedelta(hours=number)
        fact = Fact(kind, person, f"{person}-{number}", at)
        return lambda: record_facts(tx, person, [fact], policy=_POLICY, now=at)

    return [telling(person, number, kind) for number, kind in enumerate(kinds) for person in people]


async def _written(tx: Tx, person: UserId) -> tuple[list[Document], Document, dict[datetime, Document]]:
    """What was written for a person: the facts, the lifecycle, the transitions by their instant."""
    facts = await tx.database[FACTS].find({"user_id": person}).sort("occurred_at").to_list()
    lifecycle = await tx.database[LIFECYCLES].find_one({"_id": person})
    transitions = {one["effective_at"]: one async for one in tx.database[TRANSITIONS].find({"user_id": person})}
    return facts, lifecycle or {}, transitions


def _bare(
    tx: Tx, written: Sequence[tuple[list[Document], Document, dict[datetime, Document]]]
) -> list[Callable[[], Awaitable[object]]]:
    """The same documents under other ids, each in a transaction as large as that of its fact."""

    def writing(
        facts: list[Document], lifecycle: Document, transitions: dict[datetime, Document], number: int, user: ObjectId
    ) -> Callable[[], Awaitable[object]]:
        fact = facts[number] | {"_id": f"{user}-{number}", "user_id": user}
        moved = transitions.get(fact["occurred_at"])

        async def work(tx: Tx) -> None:
            await tx.database[FACTS].insert_one(fact, session=tx.session)
            state = lifecycle | {"_id": user, "seq": number + 1}
            if number == 0:
                await tx.database[LIFECYCLES].insert_one(state, session=tx.session)
            else:
                guard = {"_id": user, "seq": number}
                await tx.database[LIFECYCLES].replace_one(guard, state, session=tx.session)
            if moved is not None:
                transition = moved | {"_id": f"{user}:{number}", "user_id": user}
                await tx.database[TRANSITIONS].insert_one(transition, session=tx.session)

        return lambda: in_transaction(tx, work)

    users = [ObjectId() for _ in written]
    return [writing(*one, number, user) for number in range(4) for one, user in zip(written, users, strict=True)]


async def _rate(at_once: int, work: Sequence[Callable[[], Awaitable[object]]]) -> float:
    """Do all of it, so many at once, and give how many were done a second."""
    left = iter(work)

    async def one_after_another() -> None:
        for do in left:
            await do()

    began = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    return len(work) / (time.perf_counter() - began)


async def _backfills(tx: Tx, count: int) -> None:
    """A year of many people at once, and the same documents inserted as they are."""
    print(f"\n{'backfill':34} {'seconds':>9} {'bare':>9} {'ratio':>7}")
    for turn in range(_TURNS):
        await _empty(tx)
        histories = [_history(number) for number in range(count)]
        ours = await _seconds(_stored(tx, histories))
        written = {name: await tx.database[name].find({}).to_list() for name in (FACTS, TRANSITIONS, LIFECYCLES)}
        await _empty(tx)
        bare = await _seconds(_inserted(tx, written))
        documents = sum(map(len, written.values()))
        print(f"{f'turn {turn + 1}, {documents:,} documents':34} {ours:9.1f} {bare:9.1f} {ours / bare:7.1f}")


def _history(number: int) -> History:
    """Somebody who signs up and then orders, pays and is delivered to every month."""
    person, begin = UserId(ObjectId()), _BEGIN - timedelta(days=365, minutes=number)
    facts = [Fact(FactType.SIGNUP, person, str(person), begin)]
    for month in range(4 + number % 5):
        at = begin + timedelta(days=30 * month + number % 17)
        name = f"{person}-{month}"
        facts.append(Fact(FactType.ORDER_PLACED, person, name, at, amount_paise=5_000))
        facts.append(Fact(FactType.DELIVERY_COMPLETED, person, name, at + timedelta(days=1), order_id=name))
        facts.append(Fact(FactType.PAYMENT_SUCCEEDED, person, name, at + timedelta(days=2), amount_paise=5_000))
    return History(person, facts, Traits(f"area {number % 12}", "import"))


async def _stored(tx: Tx, histories: Sequence[History]) -> None:
    for start in range(0, len(histories), _PORTION):
        await store_histories(tx, histories[start : start + _PORTION], policy=_POLICY, now=_BEGIN)


async def _inserted(tx: Tx, written: Mapping[str, Sequence[Document]]) -> None:
    for name, documents in written.items():
        for start in range(0, len(documents), _PORTION):
            await tx.database[name].insert_many(documents[start : start + _PORTION], ordered=False)


async def _empty(tx: Tx) -> None:
    for name in (FACTS, TRANSITIONS, LIFECYCLES, ACTIVATION_DAYS, SIGNUP_DAYS, COHORT_CELLS):
        await tx.database[name].delete_many({})


async def _sizes(tx: Tx, sizes: Sequence[int]) -> None:
    """What is read and swept among few and among many."""
    print(f"\n{'among so many customers':34} {'p95, ms':>9} {'to first':>9} {'aggregation':>12}")
    first: dict[str, float] = {}
    for size in sizes:
        await _empty(tx)
        await _fill(tx, size, _DUE)
        await rebuild(tx, now=_NOW)
        aggregation = await _seconds(_aggregated(tx))
        readings = {
            "dashboard": lambda: read_dashboard(tx, policy=_POLICY, now=_NOW),
            "at risk": lambda: list_people(tx, Wanted(at_risk=True), policy=_POLICY, now=_NOW),
        }
        for name, read in readings.items():
            took = await _p95(read)
            first.setdefault(name, took)
            ratio = f"{aggregation / took:12.0f}"
            print(f"{f'{name}, {size:,}':34} {took * 1000:9.1f} {took / first[name]:9.2f} {ratio}")
        took = await _seconds(sweep(tx, policy=_POLICY, now=_BEGIN + timedelta(days=30)))
        first.setdefault("sweep", took)
        print(f"{f'sweep of {_DUE}, {size:,}':34} {took * 1000:9.0f} {took / first['sweep']:9.2f}")


async def _aggregated(tx: Tx) -> None:
    """What the dashboard counts, without the days and times, in one aggregation over all customers."""
    reached = ("first_login_at", "first_order_at", "first_delivery_at", "first_payment_at", "engaged_at")
    steps = {name: {"$sum": {"$cond": [{"$gt": [f"${name}", None]}, 1, 0]}} for name in reached}
    soon = {"$sum": {"$cond": [{"$lte": ["$next_transition_at", _NOW + timedelta(days=7)]}, 1, 0]}}
    sums = {"count": {"$sum": 1}, "paise": {"$sum": "$revenue_paise"}, "soon": soon, **steps}
    await (await tx.database[LIFECYCLES].aggregate([{"$group": {"_id": "$status", **sums}}])).to_list()


async def _seconds(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _p95(read: Callable[[], Awaitable[object]]) -> float:
    await read()
    return sorted([await _seconds(read()) for _ in range(_READS)])[int(_READS * 0.95) - 1]


async def _fill(tx: Tx, size: int, due: int) -> None:
    """So many customers, of whom some become inactive within thirty days; each came by one transition."""
    for start in range(0, size, 10_000):
        numbers = range(start, min(start + 10_000, size))
        lifecycles = [_customer(number, is_due=number >= size - due) for number in numbers]
        await tx.database[LIFECYCLES].insert_many(lifecycles, ordered=False)
        await tx.database[TRANSITIONS].insert_many([_coming(one) for one in lifecycles], ordered=False)


def _coming(customer: Document) -> Document:
    return {
        "_id": f"{customer['_id']}:1:0",
        "user_id": customer["_id"],
        "after": customer["status"],
        "effective_at": customer["status_since"],
        "cause": "order.placed",
        "recorded_at": customer["status_since"],
        "day": customer["signup_day"],
        "signup_week": customer["signup_week"],
        "area": customer["area"],
        "channel": "import",
    }


def _customer(number: int, *, is_due: bool) -> Document:
    ordered = _BEGIN - timedelta(minutes=number % 1000) + timedelta(days=0 if is_due else 9 + number % 11)
    signed_up = ordered - timedelta(days=number % 700)
    due_at = ordered + _POLICY.inactive_after
    known = dict.fromkeys(("last_fact_at", "last_activity_at"), ordered)
    known |= dict.fromkeys(("signup_at", "status_since"), signed_up)
    known |= dict.fromkeys(("first_order_at", "last_order_at"), ordered)
    counts = dict.fromkeys(("orders_cancelled", "cancellations_ahead", "reactivations", "revenue_paise"), 0)
    return {
        "_id": ObjectId(),
        "seq": 1,
        "policy_version": 1,
        **known,
        **counts,
        "orders_valid": 1,
        "status": "active",
        "cause": "order.placed",
        "next_status": "inactive",
        "next_transition_at": due_at,
        "due_at": due_at,
        "signup_day": day_of(signed_up).isoformat(),
        "signup_week": week_of(day_of(signed_up)).isoformat(),
        "area": f"area {number % 12}",
        "channel": "import",
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--facts", type=int, default=4_000)
    parser.add_argument("--histories", type=int, default=20_000)
    options = parser.parse_args()
    asyncio.run(main(options.customers, options.facts, options.histories))
