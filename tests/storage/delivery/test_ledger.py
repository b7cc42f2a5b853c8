"""The ledger of delivery boys on a real database: whatever happens, every paisa is where a plain model says it is."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roundsman.audit_log.entries import SYSTEM
from roundsman.database.collections import LEDGER_ENTRIES
from roundsman.database.transaction import Tx, in_transaction
from roundsman.delivery.entries import EntryKind, Wanted
from roundsman.delivery.paying import draft, get_payout, list_payouts, settle_payout
from roundsman.delivery.payouts import (
    NothingToPay,
    Payout,
    PayoutStatus,
    PayoutStep,
    PayoutTooLarge,
    approved,
    failed,
    paid,
)
from roundsman.delivery.posting import entries_of, settle, totals_of
from roundsman.delivery.verifying import find_wrong
from roundsman.ids import DeliveryBoyId, PayoutId, UserId
from tests.depth import depth
from tests.storage.delivery.ledger_model import Model, empty_ledger, require_equal

BOYS = tuple(DeliveryBoyId(ObjectId()) for _ in range(2))
ADMIN = UserId(ObjectId())
BEGIN = datetime(2026, 1, 29, 4, tzinfo=UTC)
EXAMPLES = settings(
    max_examples=depth(test=20, proof=1_000),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def brought(
    tx: Tx, thing: str, boy: DeliveryBoyId | None, paise: int, at: datetime, *, now: datetime | None = None
) -> None:
    """A thing brings a delivery boy so much; without one, nothing."""
    wanted = None if boy is None else Wanted(boy, EntryKind.DELIVERY, paise, at)
    await in_transaction(tx, lambda tx: settle(tx, thing, wanted, by=SYSTEM.who, now=now or at))


async def moved(tx: Tx, payout: PayoutId, status: PayoutStatus, *, now: datetime) -> None:
    """Bring a payout further, as the operations do."""

    async def work(tx: Tx) -> None:
        before = await get_payout(tx, payout)
        owed = (await totals_of(tx, before.delivery_boy_id)).balance_paise
        if status is PayoutStatus.APPROVED:
            after = approved(before, by=ADMIN, admins=1, owed_paise=owed)
        elif status is PayoutStatus.PAID:
            after = paid(before, reference=f"NEFT {payout}", owed_paise=owed, at=now)
        else:
            after = failed(before, reason="no such account", at=now)
        if after != before:
            await settle_payout(tx, after, by=str(ADMIN), now=now)

    await in_transaction(tx, work)


Step = tuple[str, int, int, int]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from(
            ["deliver", "deliver", "deliver", "undeliver", "reassign", "adjust", "draft", "next", "fail", "day"]
        ),
        st.integers(0, 3),
        st.integers(0, 1),
        st.integers(-300, 300),
    ),
    max_size=25,
)


@EXAMPLES
@given(steps=STEPS)
async def test_whatever_happens_sums_are_those_of_the_entries_and_nothing_is_paid_twice(
    tx: Tx, steps: list[Step]
) -> None:
    await empty_ledger(tx)
    model, now = Model(), BEGIN
    for number, (step, which, boy_number, paise) in enumerate(steps):
        boy, thing = BOYS[boy_number], f"delivery:{which}:base"
        now += timedelta(hours=1)
        live = model.things.get(thing)
        if step == "deliver" and live is None:
            await brought(tx, thing, boy, 2_500, now)
            model.things[thing] = (boy, 2_500)
        elif step == "deliver" and live is not None:
            (entry,) = [one for one in await entries_of(tx, thing) if not await _is_reversed(tx, one.key)]
            await brought(tx, thing, live[0], live[1], entry.at, now=now)
        elif step == "undeliver":
            await brought(tx, thing, None, 0, now)
            model.things.pop(thing, None)
        elif step == "reassign" and live is not None:
            await brought(tx, thing, boy, 2_500, now)
            model.things[thing] = (boy, 2_500)
        elif step == "adjust":
            await brought(tx, f"adjustment:{number}", boy, paise, now)
            model.things[f"adjustment:{number}"] = (boy, paise)
        elif step == "day":
            now += timedelta(days=which)
        else:
            await _pay(tx, model, step, boy, number, now=now)
        await require_equal(tx, model, BOYS)


async def _is_reversed(tx: Tx, key: str) -> bool:
    entry = await tx.database[LEDGER_ENTRIES].find_one({"_id": key})
    is_reversal = entry is not None and entry["kind"] == "reversal"
    return is_reversal or await tx.database[LEDGER_ENTRIES].find_one({"reverses": key}) is not None


async def _pay(tx: Tx, model: Model, step: str, boy: DeliveryBoyId, number: int, *, now: datetime) -> None:
    if step == "draft":
        payout_id = PayoutId(ObjectId())
        through = now.date() - timedelta(days=number % 3)
        try:
            await in_transaction(tx, lambda tx: draft(tx, payout_id, boy, through=through, by=ADMIN, now=now))
        except NothingToPay:
            assert await tx.database[LEDGER_ENTRIES].count_documents({"payout_id": payout_id}) == 0
        return
    for payout in await list_payouts(tx, boy):
        further = {PayoutStatus.DRAFT: PayoutStatus.APPROVED, PayoutStatus.APPROVED: PayoutStatus.PAID}
        to = PayoutStatus.FAILED if step == "fail" else further.get(payout.status, PayoutStatus.PAID)
        owed = model.owed(boy)
        try:
            await moved(tx, payout.id, to, now=now)
        except PayoutTooLarge:
            assert payout.paise > owed
        except PayoutStep:
            assert payout.status in {PayoutStatus.PAID, PayoutStatus.FAILED}
        else:
            if to is PayoutStatus.PAID and payout.status is PayoutStatus.APPROVED:
                assert payout.paise <= owed
                model.paid[boy] += payout.paise


async def test_the_same_told_a_thousand_times_at_once_is_one_entry(tx: Tx) -> None:
    async def tell() -> None:
        for _ in range(depth(test=5, proof=16)):
            await brought(tx, "delivery:1:base", BOYS[0], 2_500, BEGIN)

    await asyncio.gather(*(tell() for _ in range(64)))

    assert len(await entries_of(tx, "delivery:1:base")) == 1
    assert (await totals_of(tx, BOYS[0])).earned_paise == 2_500


async def test_many_payouts_drafted_at_once_claim_everything_once(tx: Tx) -> None:
    for number in range(30):
        await brought(tx, f"delivery:{number}:base", BOYS[0], 2_500, BEGIN + timedelta(minutes=number))

    async def drafting() -> Payout | None:
        payout_id = PayoutId(ObjectId())
        try:
            return await in_transaction(
                tx, lambda tx: draft(tx, payout_id, BOYS[0], through=date(2026, 1, 29), by=ADMIN, now=BEGIN)
            )
        except NothingToPay:
            return None

    drafted = [one for one in await asyncio.gather(*(drafting() for _ in range(16))) if one is not None]
    assert [(one.paise, one.entries) for one in drafted] == [(75_000, 30)]


async def test_months_are_indian(tx: Tx) -> None:
    last = datetime(2026, 1, 31, 18, 29, 59, 999_000, tzinfo=UTC)
    await brought(tx, "delivery:1:base", BOYS[0], 2_500, last)
    await brought(tx, "delivery:2:base", BOYS[0], 3_000, last + timedelta(milliseconds=1))
    assert await _months(tx) == {"2026-01": 2_500, "2026-02": 3_000}


async def test_a_late_delivery_counts_in_its_month_until_that_was_paid(tx: Tx) -> None:
    january, february = datetime(2026, 1, 30, tzinfo=UTC), datetime(2026, 2, 3, tzinfo=UTC)
    await brought(tx, "delivery:1:base", BOYS[0], 2_500, january)
    await brought(tx, "delivery:2:base", BOYS[0], 2_500, january, now=february)
    assert await _months(tx) == {"2026-01": 5_000}
    payout_id = PayoutId(ObjectId())
    await in_transaction(
        tx, lambda tx: draft(tx, payout_id, BOYS[0], through=date(2026, 1, 31), by=ADMIN, now=february)
    )
    for status in (PayoutStatus.APPROVED, PayoutStatus.PAID):
        await moved(tx, payout_id, status, now=february)

    await brought(tx, "delivery:3:base", BOYS[0], 2_500, january, now=february)
    await brought(tx, "delivery:1:base", None, 0, january, now=february)

    assert await _months(tx) == {"2026-01": 5_000, "2026-02": 0}
    kinds = {entry.key: entry.kind for thing in (1, 3) for entry in await entries_of(tx, f"delivery:{thing}:base")}
    assert kinds == {
        "delivery:1:base": EntryKind.DELIVERY,
        "delivery:1:base:reversed": EntryKind.REVERSAL,
        "delivery:3:base": EntryKind.ADJUSTMENT,
    }


async def _months(tx: Tx) -> Mapping[str, int]:
    return (await totals_of(tx, BOYS[0])).months


async def test_the_month_of_the_switch_is_opened_and_earned_and_adds_up(tx: Tx) -> None:
    opened = Wanted(BOYS[0], EntryKind.OPENING_BALANCE, 20_000, datetime(2026, 2, 28, 18, 30, tzinfo=UTC))
    await in_transaction(
        tx, lambda tx: settle(tx, "legacy:delivery_boys:1:month", opened, by=SYSTEM.who, now=opened.at)
    )
    await brought(tx, "delivery:1:base", BOYS[0], 2_500, datetime(2026, 3, 4, tzinfo=UTC))
    assert await _months(tx) == {"2026-03": 22_500}
    assert [wrong async for wrong in find_wrong(tx)] == []
