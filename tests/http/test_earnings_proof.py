"""The proof of the ledger: right while others write, and wrong where anything was lost."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from bson import ObjectId

from roundsman.audit_log.entries import SYSTEM
from roundsman.calendar import day_of
from roundsman.database import collections
from roundsman.database.transaction import Tx, in_transaction
from roundsman.delivery.entries import EntryKind, Wanted
from roundsman.delivery.posting import settle
from roundsman.delivery.verifying import Unrated
from roundsman.ids import DeliveryBoyId
from roundsman.operations.delivering.earnings_proof import prove_earnings
from roundsman.orders.deliveries import DeliveryStatus
from roundsman.runtime import Runtime, open_runtime
from roundsman.settings import Settings
from tests.depth import depth
from tests.http.delivering import BEGIN, RATE, Boy, Depot, Watch
from tests.http.test_rounds_beside_a_source import brought_there

PAID = {"reference": "NEFT 4711"}


@pytest.fixture
async def runtime(settings: Settings, watch: Watch) -> AsyncIterator[Runtime]:
    """A Roundsman whose clock the test sets."""
    async with open_runtime(settings, clock=watch) as runtime:
        yield runtime


async def wrong(tx: Tx) -> list[str]:
    """What is wrong, by the kind of thing that it is about."""
    return [one.what.partition(" ")[0].partition(":")[0] for one in (await prove_earnings(tx)).wrong]


async def a_full_ledger(depot: Depot, watch: Watch) -> Any:  # noqa: ANN401  a payout as JSON
    """Something of everything: a delivery that was paid out, and a rating."""
    order = await depot.brought(depot.ravi, depot.asha)
    await depot.do(depot.asha.user_id, "PUT", f"/deliveries/{order.id}/rating", {"stars": 5})
    watch.go(days=1)
    body = {"key": "first-payout", "delivery_boy_id": depot.ravi.id, "through": day_of(BEGIN).isoformat()}
    payout = await depot.do(depot.owner, "POST", "/payouts", body)
    await depot.do(depot.owner, "POST", f"/payouts/{payout['id']}/approve", {})
    return await depot.do(depot.owner, "POST", f"/payouts/{payout['id']}/paid", PAID)


async def test_what_is_written_meanwhile_is_no_false_alarm(tx: Tx) -> None:
    boy = DeliveryBoyId(ObjectId())
    ended = asyncio.Event()

    async def bring() -> None:
        for number in range(depth(test=60, proof=600)):
            wanted = Wanted(boy, EntryKind.DELIVERY, RATE, BEGIN + timedelta(hours=number))
            await in_transaction(
                tx, partial(settle, thing=f"delivery:{number}:base", wanted=wanted, by=SYSTEM.who, now=wanted.at)
            )
        ended.set()

    bringing = asyncio.create_task(bring())
    proofs = []
    while not ended.is_set():
        proofs.append(await prove_earnings(tx))
    await bringing

    assert [proof.wrong for proof in proofs] == [()] * len(proofs)
    assert len({proof.entries for proof in proofs}) > 1, "it was to be proved while something was written"


@pytest.mark.parametrize(
    ("collection", "criteria", "update", "expected"),
    [
        (collections.LEDGER_ENTRIES, {"kind": "payout"}, None, ["delivery", "payout"]),
        (collections.LEDGER_ENTRIES, {"kind": "delivery"}, None, ["delivery", "payout", "delivery"]),
        (collections.LEDGER_ENTRIES, {"kind": "delivery"}, {"$inc": {"paise": 1}}, ["delivery", "payout"]),
        (collections.PAYOUTS, {}, None, ["payout"]),
        (collections.RATINGS, {}, None, ["delivery"]),
        (collections.DELIVERY_TOTALS, {}, {"$inc": {"stars": -1}}, ["delivery"]),
        (collections.DELIVERY_TOTALS, {}, None, ["delivery", "delivery"]),
    ],
)
async def test_whatever_is_lost_is_found(
    depot: Depot,
    watch: Watch,
    collection: str,
    criteria: Mapping[str, Any],
    update: Mapping[str, Any] | None,
    expected: list[str],
) -> None:
    await a_full_ledger(depot, watch)
    assert await wrong(depot.tx) == []
    stored = depot.tx.database[collection]
    if update is None:
        await stored.delete_many(criteria)
    else:
        await stored.update_one(criteria, update)
    assert await wrong(depot.tx) == expected


async def test_a_sources_delivery_that_was_finished_here_is_paid(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    await brought_there(depot, stop, status=DeliveryStatus.PENDING, at=None)
    assert (await depot.delivered(depot.ravi, stop, "first-key")).status_code == 204
    assert (await wrong(depot.tx), await depot.earned(depot.ravi)) == ([], RATE)
    await depot.tx.database[collections.LEDGER_ENTRIES].delete_many({})
    await depot.tx.database[collections.DELIVERY_TOTALS].delete_many({})
    assert await wrong(depot.tx) == ["delivery"]


async def test_money_that_is_told_here_of_what_was_brought_there_is_no_alarm(depot: Depot) -> None:
    stop = await depot.subscribe(depot.asha)
    await brought_there(depot, stop)
    paid = {"paise": 6_400, "method": "cash"}
    assert (await depot.delivered(depot.ravi, stop, "first-key", paid=paid)).status_code == 204
    assert (await wrong(depot.tx), await depot.earned(depot.ravi)) == ([], 0)
    assert (await depot.earnings(depot.ravi))["cash_in_hand_paise"] == 6_400


async def test_what_was_brought_without_a_rate_is_said(depot: Depot, watch: Watch) -> None:
    await depot.tx.database[collections.RATE_CARDS].delete_many({})
    for boy in (depot.ravi, depot.ravi, depot.sunil):
        await brought_some(depot, boy)
        watch.go(days=1)
    taken_back = await depot.brought(depot.sunil, depot.usha)
    await depot.do(depot.owner, "POST", f"/stops/{taken_back.id}/take-back", {"reason": "not there"})
    proof = await prove_earnings(depot.tx)
    assert (proof.wrong, proof.unrated) == ((), Unrated(3, day_of(BEGIN)))
    rate = {"key": "some-new-rate", "per_delivery_paise": RATE}
    await depot.do(depot.owner, "POST", "/rates", rate)
    await brought_some(depot, depot.sunil)
    assert (await prove_earnings(depot.tx)).unrated == Unrated(3, day_of(BEGIN))


async def brought_some(depot: Depot, boy: Boy) -> None:
    """He brings something to the customer he always brings it to."""
    await depot.brought(boy, depot.asha if boy is depot.ravi else depot.usha)
