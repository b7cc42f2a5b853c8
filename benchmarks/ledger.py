"""What the ledger of delivery boys costs among few entries and among many, as ratios within one run.

    python benchmarks/ledger.py [--entries 10000 10000000] [--marks 300]

One delivery boy is looked at: telling that he delivered an order, and reading his statement of a month. He has the same
entries in both cases; all others belong to as many delivery boys as are needed.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bson import ObjectId

from roundsman.audit_log.entries import SYSTEM
from roundsman.calendar import month_of
from roundsman.database.collections import DELIVERY_TOTALS, LEDGER_ENTRIES
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.delivery_boys import DeliveryBoy
from roundsman.delivery.entries import Book, Entry, EntryKind
from roundsman.delivery.ledger_store import entry_document
from roundsman.ids import DeliveryBoyId, OrderId
from roundsman.operations.accounts.sign_up import SignedUp, SignUp, sign_up_customer
from roundsman.operations.delivering.delivery_boy_accounts import NewDeliveryBoy, sign_up_delivery_boy
from roundsman.operations.delivering.delivery_marks import mark_stop
from roundsman.operations.delivering.delivery_terms import WantedCard, assign, make_card
from roundsman.operations.delivering.earnings import statement_of
from roundsman.operations.facts.intake import Intake
from roundsman.orders.book import insert_order
from roundsman.orders.orders import Order, OrderLine, OrderOrigin, OrderStatus
from roundsman.orders.stops import Mark
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings

_OF_ONE: Final = 3_000
"""Entries of one delivery boy: those of half a year, twenty a day or so."""
_BEGIN: Final = datetime(2026, 5, 1, tzinfo=UTC)
_PORTION: Final = 5_000
_READS: Final = 60


async def main(sizes: Sequence[int], marks: int) -> None:
    """Measure both on a database of its own and print the table."""
    print(f"{'among so many entries':44} {'p50, ms':>9} {'p95, ms':>9} {'p50 to first':>13} {'p95 to first':>13}")
    with tempfile.TemporaryDirectory() as directory:
        async with open_runtime(Settings(data_dir=Path(directory), database_cache_gb=2)) as runtime:
            await make_card(
                runtime.tx, WantedCard("card", 2_500), intake=Intake(SYSTEM, runtime.activation), now=runtime.clock()
            )
            first: dict[str, tuple[float, float]] = {}
            there = 0
            for number, size in enumerate(sizes):
                await _fill(runtime.tx, size - there - _OF_ONE)
                there = size
                await _measured(runtime, number, size, marks, first)


async def _measured(
    runtime: Runtime, number: int, size: int, marks: int, first: dict[str, tuple[float, float]]
) -> None:
    boy = await sign_up_delivery_boy(
        runtime.tx, NewDeliveryBoy("Ravi", f"98200123{number:02}"), actor=SYSTEM, now=runtime.clock()
    )
    await _insert(runtime.tx, boy.id, _OF_ONE)
    orders = await _orders(runtime, boy, number, marks)
    month = month_of(_BEGIN + timedelta(days=70))
    figures = {
        "telling that an order was delivered": await _each(_told(runtime, boy, order) for order in orders),
        "reading the statement of a month": await _each(statement_of(runtime.tx, boy, month) for _ in range(_READS)),
    }
    for name, (middle, high) in figures.items():
        first.setdefault(name, (middle, high))
        ratios = f"{middle / first[name][0]:13.2f} {high / first[name][1]:13.2f}"
        print(f"{f'{name}, {size:,}':44} {middle * 1000:9.1f} {high * 1000:9.1f} {ratios}")


async def _told(runtime: Runtime, boy: DeliveryBoy, order: OrderId) -> None:
    now = runtime.clock()
    mark = Mark(f"key-{order}", now)
    await mark_stop(runtime.tx, boy.id, str(order), mark, intake=Intake(SYSTEM, runtime.activation), now=now)


async def _orders(runtime: Runtime, boy: DeliveryBoy, number: int, count: int) -> list[OrderId]:
    """Orders of as many customers of his, to be delivered today."""
    now, made = runtime.clock(), []
    for one in range(count):
        signed_up = await sign_up_customer(
            runtime.tx,
            SignUp("Asha", f"98{number + 2}7{314_159 + 7 * one}"),
            actor=SYSTEM,
            policy=runtime.activation,
            now=now,
        )
        intake = Intake(SYSTEM, runtime.activation)
        await assign(runtime.tx, signed_up.customer_id, boy.id, None, intake=intake, now=now)
        made.append(await _order(runtime.tx, signed_up, now))
    return made


async def _order(tx: Tx, whose: SignedUp, now: datetime) -> OrderId:
    order = Order(
        id=OrderId(ObjectId()),
        customer_id=whose.customer_id,
        user_id=whose.user_id,
        lines=(OrderLine(None, "Milk", 2, 3_200),),
        total_paise=6_400,
        status=OrderStatus.PENDING,
        placed_at=now,
        origin=OrderOrigin.ROUNDSMAN,
    )
    await insert_order(tx, order)
    return order.id


async def _each(works: Iterator[Awaitable[object]]) -> tuple[float, float]:
    """The middle and the 95th percentile of how long each takes, in seconds; the first few warm up."""
    took = []
    for work in works:
        began = time.perf_counter()
        await work
        took.append(time.perf_counter() - began)
    took = sorted(took[len(took) // 10 :])
    return took[len(took) // 2], took[int(len(took) * 0.95)]


async def _fill(tx: Tx, count: int) -> None:
    """So many entries of others."""
    while count > 0:
        await _insert(tx, DeliveryBoyId(ObjectId()), min(count, _OF_ONE))
        count -= _OF_ONE


async def _insert(tx: Tx, boy: DeliveryBoyId, count: int) -> None:
    documents = list(_entries(boy, count))
    for start in range(0, count, _PORTION):
        await tx.database[LEDGER_ENTRIES].insert_many(
            documents[start : start + _PORTION], ordered=False, bypass_document_validation=True
        )
    await tx.database[DELIVERY_TOTALS].insert_one({"_id": boy, "earned_paise": count * 2_500})


def _entries(boy: DeliveryBoyId, count: int) -> Iterator[Document]:
    for number in range(count):
        at = _BEGIN + timedelta(hours=1.2 * number)
        key = f"delivery:{ObjectId()}:base"
        yield entry_document(Entry(key, key, boy, EntryKind.DELIVERY, Book.EARNED, 2_500, at, at, card="card"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=[10_000, 10_000_000])
    parser.add_argument("--marks", type=int, default=300)
    options = parser.parse_args()
    asyncio.run(main(options.entries, options.marks))
