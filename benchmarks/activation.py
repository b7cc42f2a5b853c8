"""What the activation pipeline costs, as ratios to what the database does at all in the same run.

    python benchmarks/activation.py [--customers 10000 1000000] [--facts 4000]

A live fact is compared with a bare transaction of the same writes, as many at once; the sweep of the same number of due
customers among few and among many.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bson import ObjectId

from roundsman.activation.facts import Fact, FactType
from roundsman.activation.policy import ActivationPolicy
from roundsman.activation.sweep import sweep
from roundsman.activation.tracking import record_facts
from roundsman.database.collections import FACTS, LIFECYCLES, TRANSITIONS
from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.ids import UserId
from roundsman.runtime import open_runtime
from roundsman.settings import Settings

_POLICY: Final = ActivationPolicy()
_BEGIN: Final = datetime(2026, 6, 1, tzinfo=UTC)
_WRITERS: Final = 16
_TURNS: Final = 3


async def main(sizes: Sequence[int], facts: int) -> None:
    """Measure all of it on a database of its own and print the tables."""
    with tempfile.TemporaryDirectory() as directory:
        async with open_runtime(Settings(data_dir=Path(directory), database_cache_gb=2)) as runtime:
            await _live(runtime.tx, facts)
            await _sweeps(runtime.tx, sizes)


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


async def _sweeps(tx: Tx, sizes: Sequence[int]) -> None:
    """The same number of due people among few and among many."""
    due = 500
    print(f"\n{'sweep':34} {'due':>9} {'seconds':>9} {'ratio':>7}")
    first: float | None = None
    for size in sizes:
        await tx.database[LIFECYCLES].delete_many({})
        await _fill(tx, size, due)
        began = time.perf_counter()
        swept = await sweep(tx, policy=_POLICY, now=_BEGIN + timedelta(days=30))
        took = time.perf_counter() - began
        first = first or took
        print(f"{f'among {size:,} customers':34} {swept.moved:9} {took:9.2f} {took / first:7.2f}")


async def _fill(tx: Tx, size: int, due: int) -> None:
    """So many customers of whom the last ones become inactive within thirty days."""
    for start in range(0, size, 10_000):
        documents = [
            _customer(number, is_due=number >= size - due) for number in range(start, min(start + 10_000, size))
        ]
        await tx.database[LIFECYCLES].insert_many(documents, ordered=False)


def _customer(number: int, *, is_due: bool) -> Document:
    ordered = _BEGIN - timedelta(minutes=number % 1000) + timedelta(days=0 if is_due else 20)
    due_at = ordered + _POLICY.inactive_after
    known = dict.fromkeys(("signup_at", "status_since", "last_fact_at", "last_activity_at"), ordered)
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
        "signup_day": ordered.date().isoformat(),
        "signup_week": ordered.date().isoformat(),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--facts", type=int, default=4_000)
    options = parser.parse_args()
    asyncio.run(main(options.customers, options.facts))
