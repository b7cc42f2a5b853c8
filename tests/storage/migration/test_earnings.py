"""What delivery boys earned by the counters of the existing application: the same totals here, to the paisa, as long as it counts."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId

from roundsman.audit_log.entries import SYSTEM
from roundsman.calendar import month_of
from roundsman.database.collections import DELIVERY_TOTALS, LEDGER_ENTRIES
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.posting import totals_of
from roundsman.delivery.verifying import find_wrong
from roundsman.identity.mode import OperationsMode, PeopleMode, get_mode, set_mode, with_operations, with_people
from roundsman.migration.apply import Means
from roundsman.migration.sync import compare_all
from roundsman.migration.undoing import undo_run
from roundsman.migration.verify.verification import Check, CheckResult
from tests.imports import Database, Import, contents, fill
from tests.migration_builders import AS_OF, EARLYBIRD, doc

DECEMBER = datetime(2026, 11, 30, 18, 30, tzinfo=UTC)
"""Its first instant in India."""
PHONE = "9731100002"
V1, V2 = "delivery_boys", "delivery_boys_v2"


def ramesh(total: object, month: object, **fields: Any) -> Document:  # noqa: ANN401 - any BSON value
    """Build the record of a delivery boy with his counters."""
    return doc("boy", "Ramesh Yadav", phone=PHONE, total_earnings=total, month_earnings=month, **fields)


async def follow(importing: Import, at: datetime = AS_OF) -> None:
    """Look at the whole source at an instant."""
    means = Means(importing.means().seal, lambda: at)
    await compare_all(importing.runtime.tx, importing.source, EARLYBIRD, means)


async def earned(tx: Tx, at: datetime = AS_OF) -> tuple[int, int]:
    """Read what the only delivery boy earned in all and in the month of an instant, in paise, of a ledger that is right."""
    assert [wrong async for wrong in find_wrong(tx)] == []
    [boy] = await tx.database[DELIVERY_TOTALS].find().to_list()
    totals = await totals_of(tx, boy["_id"])
    assert sum(totals.months.values()) == totals.total_paise
    assert totals.balance_paise == 0, "the existing application paid him"
    return totals.total_paise, totals.earned_in(month_of(at))


async def entries(tx: Tx) -> list[tuple[str, int, datetime]]:
    """Read the kind, the paise and the time of each entry, in their order."""
    found = tx.database[LEDGER_ENTRIES].find().sort([("earned_at", 1), ("_id", 1)])
    return [(one["kind"], one["paise"], one["earned_at"]) async for one in found]


async def check(importing: Import) -> CheckResult:
    """Verify, and give what was said of earnings."""
    verification = await importing.verify()
    return next(one for one in verification.checks if one.check is Check.EARNINGS)


@pytest.mark.parametrize(
    ("total", "month", "paise"),
    [
        (20.1, 0.1, (2010, 10)),
        (1234.565, 1234.565, (123457, 123457)),
        (" 86420.10", 7500, (8642010, 750000)),
        (9_007_199_254_740.99, 0, (900719925474099, 0)),
        (100, None, (10000, 0)),
        (100, 250.5, (10000, 25050)),
    ],
)
async def test_existing_counters_in_the_same_totals_out_to_the_paisa(
    total: object, month: object, paise: tuple[int, int], importing: Import, source_database: Database
) -> None:
    await fill(source_database, {V1: [ramesh(total, month)]})

    await importing.run()

    assert await earned(importing.runtime.tx) == paise
    assert (await importing.verify()).passed
    assert (await check(importing)).looked_at == 1


async def test_what_was_earned_before_this_month_and_in_it_are_an_opening_balance_each(
    importing: Import, database: Database, source_database: Database
) -> None:
    importing = replace(importing, clock=lambda: AS_OF)
    await fill(source_database, {V1: [ramesh(86420.1, 7500.0)]})
    await importing.run()

    assert await entries(importing.runtime.tx) == [
        ("opening_balance", 7892010, datetime(2026, 10, 31, 18, 29, 59, 999_000, UTC)),
        ("opening_balance", 750000, datetime(2026, 10, 31, 18, 30, tzinfo=UTC)),
    ]
    assert (await check(importing)).said == "86,420.10 rupees earned by 1 delivery boy on both sides"
    before = (await contents(database))[LEDGER_ENTRIES]
    await importing.run()
    await follow(importing, datetime(2026, 11, 30, 18, 29, 59, tzinfo=UTC))
    assert (await contents(database))[LEDGER_ENTRIES] == before


async def test_counters_that_change_are_followed_by_reversals_and_new_entries(
    importing: Import, source_database: Database
) -> None:
    await fill(source_database, {V1: [ramesh(1000, 100)]})
    await follow(importing)
    await source_database[V1].update_one({}, {"$set": {"total_earnings": 1050.5, "month_earnings": 150.5}})

    await follow(importing)
    await follow(importing)

    assert await earned(importing.runtime.tx) == (105050, 15050)
    assert [(kind, paise) for kind, paise, _ in await entries(importing.runtime.tx)] == [
        ("opening_balance", 90000),
        ("opening_balance", 10000),
        ("opening_balance", 15050),
        ("reversal", -10000),
    ]
    assert (await check(importing)).passed


async def test_totals_are_those_of_the_source_in_the_next_month_too(
    importing: Import, source_database: Database
) -> None:
    tx = importing.runtime.tx
    await fill(source_database, {V1: [ramesh(1000, 100)]})
    await follow(importing)

    await follow(importing, DECEMBER)
    not_set_back = await earned(tx, DECEMBER)
    await source_database[V1].update_one({}, {"$set": {"month_earnings": 0}})
    await follow(importing, DECEMBER)
    set_back = await earned(tx, DECEMBER)
    await source_database[V1].update_one({}, {"$inc": {"total_earnings": 50.5, "month_earnings": 50.5}})
    await follow(importing, DECEMBER)

    assert (not_set_back, set_back) == ((100000, 10000), (100000, 0))
    assert await earned(tx, DECEMBER) == (105050, 5050)
    assert (await check(importing)).passed


async def test_counters_are_not_followed_once_roundsman_manages_operations(
    importing: Import, source_database: Database
) -> None:
    tx = importing.runtime.tx
    await fill(source_database, {V1: [ramesh(1000, 100)]})
    await follow(importing)
    mode = with_people(await get_mode(tx), PeopleMode.LIVE, since=AS_OF)
    await set_mode(tx, with_operations(mode, OperationsMode.ROUNDSMAN, since=AS_OF))
    await source_database[V1].update_one({}, {"$set": {"total_earnings": 1050, "month_earnings": 150}})

    applied = await importing.run()

    assert await earned(tx) == (100000, 10000)
    assert applied.findings == {"source_writes_after_switch": 1}
    assert (await check(importing)).passed


@pytest.mark.parametrize(
    ("other", "paise", "finding"),
    [
        ((500.25, 0), (150025, 10000), "earnings_added_up"),
        ((1000, 100), (100000, 10000), "earnings_copied"),
        ((0, 0), (100000, 10000), None),
    ],
)
async def test_two_records_of_one_delivery_boy_add_up_and_a_copy_counts_once(
    other: tuple[float, float],
    paise: tuple[int, int],
    finding: str | None,
    importing: Import,
    source_database: Database,
) -> None:
    await fill(source_database, {V1: [ramesh(1000, 100)]})
    await importing.run()
    before = await entries(importing.runtime.tx)
    await fill(source_database, {V2: [ramesh(*other)]})

    second = await importing.run()

    assert await earned(importing.runtime.tx) == paise
    assert second.findings == ({finding: 1} if finding else {})
    assert (await importing.verify()).passed
    await undo(importing, second.run_id)
    assert await entries(importing.runtime.tx) == before


async def test_counters_that_cannot_be_read_are_said_and_bring_nothing(
    importing: Import, source_database: Database
) -> None:
    await fill(source_database, {V1: [ramesh("a lot", 100)], V2: [ramesh(None, None)]})

    applied = await importing.run()

    assert applied.findings == {"earnings_unreadable": 1}
    assert await entries(importing.runtime.tx) == []
    assert (await importing.verify()).passed


async def test_a_month_above_the_total_is_taken_as_it_is_and_said(importing: Import, source_database: Database) -> None:
    await fill(source_database, {V1: [ramesh(100, 250)]})

    assert (await importing.run()).findings == {"earnings_below_month": 1}


async def test_an_order_that_was_paid_ten_times_is_said_and_the_counters_stay_what_they_are(
    importing: Import, source_database: Database
) -> None:
    history = [{"order_id": "ord-1", "amount": 50, "date": "2026-10-30"}] * 10
    history += [{"order_id": f"ord-{number}", "amount": 50, "date": "2026-10-30"} for number in range(2, 5)]
    await fill(source_database, {V1: [ramesh(750, 750, earnings_history=history)]})

    applied = await importing.run()

    assert applied.findings == {"order_paid_again": 1}
    assert await earned(importing.runtime.tx) == (75000, 75000)


async def undo(importing: Import, run: str) -> None:
    """Take a run back."""
    runtime = importing.runtime
    seal = importing.means().seal
    await undo_run(runtime.tx, run, EARLYBIRD, seal=seal, actor=SYSTEM, clock=runtime.clock, forget=False)


async def test_a_run_that_is_taken_back_takes_its_opening_balances_along(
    importing: Import, source_database: Database
) -> None:
    tx = importing.runtime.tx
    await fill(source_database, {V1: [ramesh(1000, 100)]})
    first = await importing.run()
    await source_database[V1].update_one({}, {"$set": {"total_earnings": 1050}})
    second = await importing.run()

    await undo(importing, second.run_id)
    of_a_changed_document = await earned(tx)
    await undo(importing, first.run_id)

    assert of_a_changed_document == (105000, 10000)
    assert await entries(tx) == []
    assert await tx.database[DELIVERY_TOTALS].count_documents({}) == 0


async def test_verification_proves_what_each_delivery_boy_earned(importing: Import, source_database: Database) -> None:
    tx = importing.runtime.tx
    await fill(source_database, {V1: [ramesh(1000, 100)]})
    await importing.run()
    [boy] = await tx.database[DELIVERY_TOTALS].find().to_list()

    await tx.database[LEDGER_ENTRIES].delete_one({"paise": 10000})
    await tx.database[DELIVERY_TOTALS].update_one({}, {"$inc": {"opened_paise": -10000, "months.2026-11": -10000}})

    its_own = await check(importing)
    await tx.database[LEDGER_ENTRIES].update_many({}, {"$set": {"delivery_boy_id": ObjectId()}})
    with_another = await check(importing)

    assert its_own.examples == [
        f"delivery boy {boy['_id']} earned 1,000.00 rupees in all in the source, 900.00 here",
        f"delivery boy {boy['_id']} earned 100.00 rupees in the month in the source, 0.00 here",
    ]
    assert f"delivery boy {boy['_id']} earned 1,000.00 rupees in all in the source, 0.00 here" in with_another.examples
