"""Proving that the ledger says what happened: its sums are those of its entries, and every delivery is paid once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from roundsman.database.collections import DELIVERIES
from roundsman.database.snapshots import at_one_instant
from roundsman.database.transaction import Tx
from roundsman.delivery.verifying import (
    READ_OF_LEDGER,
    Unrated,
    Wrong,
    count_entries,
    find_unrated,
    find_wrong,
    live_things,
)
from roundsman.orders.rounds import completed_deliveries

_PORTION = 1_000


@dataclass(frozen=True, slots=True)
class EarningsProof:
    """How many entries were added up, what contradicts them, and what nobody has said a rate for."""

    entries: int
    wrong: tuple[Wrong, ...]
    unrated: Unrated | None


async def prove_earnings(tx: Tx) -> EarningsProof:
    """Look at everything as it is at one instant: what contradicts the ledger, and whoever is not paid for what he brought."""
    async with at_one_instant(tx.database, (*READ_OF_LEDGER, DELIVERIES)) as session:
        then = Tx(tx.database, session)
        wrong = [*[one async for one in find_wrong(then)], *[one async for one in _unpaid_deliveries(then)]]
        return EarningsProof(await count_entries(then), tuple(wrong), await find_unrated(then))


async def _unpaid_deliveries(tx: Tx) -> AsyncIterator[Wrong]:
    portion: list[str] = []
    async for delivery in completed_deliveries(tx):
        portion.append(f"delivery:{delivery.id}:base")
        if len(portion) == _PORTION:
            async for wrong in _unpaid(tx, portion):
                yield wrong
            portion = []
    async for wrong in _unpaid(tx, portion):
        yield wrong


async def _unpaid(tx: Tx, things: list[str]) -> AsyncIterator[Wrong]:
    live = await live_things(tx, things)
    for thing in things:
        if thing not in live:
            yield Wrong(thing, "was made and is not in the ledger")
