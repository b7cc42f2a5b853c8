"""All writes of a transaction happen or none, and a passing conflict is not the caller's trouble."""

import asyncio
from datetime import UTC, datetime

import pytest

from roundsman.database.collections import LEASES
from roundsman.database.transaction import Tx, in_transaction

_AT = datetime(2026, 1, 2, tzinfo=UTC)


class _Refused(Exception):
    pass


async def _insert(tx: Tx, name: str) -> None:
    await tx.database[LEASES].insert_one({"_id": name, "expires_at": _AT}, session=tx.session)


async def _names(tx: Tx) -> list[str]:
    return [lease["_id"] async for lease in tx.database[LEASES].find().sort("_id")]


async def test_what_the_work_returns_comes_back_and_its_writes_stay(tx: Tx) -> None:
    async def work(tx: Tx) -> int:
        await _insert(tx, "a")
        await _insert(tx, "b")
        return 2

    assert await in_transaction(tx, work) == 2
    assert await _names(tx) == ["a", "b"]


async def test_an_error_takes_back_every_write(tx: Tx) -> None:
    async def work(tx: Tx) -> None:
        await _insert(tx, "a")
        raise _Refused

    with pytest.raises(_Refused):
        await in_transaction(tx, work)
    assert await _names(tx) == []


async def test_within_a_transaction_another_one_is_a_part_of_it(tx: Tx) -> None:
    async def outer(tx: Tx) -> None:
        await in_transaction(tx, lambda tx: _insert(tx, "inner"))
        raise _Refused

    with pytest.raises(_Refused):
        await in_transaction(tx, outer)
    assert await _names(tx) == []


async def test_simultaneous_transactions_on_one_document_all_succeed(tx: Tx) -> None:
    await tx.database[LEASES].insert_one({"_id": "counted", "expires_at": _AT, "count": 0})

    async def count_up(tx: Tx) -> None:
        lease = await tx.database[LEASES].find_one({"_id": "counted"}, session=tx.session)
        assert lease is not None
        change = {"$set": {"count": lease["count"] + 1}}
        await tx.database[LEASES].update_one({"_id": "counted"}, change, session=tx.session)

    await asyncio.gather(*(in_transaction(tx, count_up) for _ in range(8)))
    counted = await tx.database[LEASES].find_one({"_id": "counted"})
    assert counted is not None
    assert counted["count"] == 8
