"""Proving that the ledger says what happened: its sums are those of its entries, and every delivery is paid once."""

from collections.abc import AsyncIterator

from roundsman.database.transaction import Tx
from roundsman.delivery.verifying import Wrong, find_wrong, live_things
from roundsman.orders.rounds import completed_deliveries

_PORTION = 1_000


async def prove_earnings(tx: Tx) -> AsyncIterator[Wrong]:
    """Find what contradicts the ledger, and deliveries that somebody made here and is not paid for."""
    async for wrong in find_wrong(tx):
        yield wrong
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
