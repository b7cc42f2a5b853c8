"""Sealing on the real database: under concurrent transactions, with two sealers, and against hands in the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from roundsman.audit_log.chain import SEAL, ChainKey, Trouble
from roundsman.audit_log.entries import SYSTEM, AuditEntry
from roundsman.audit_log.log import record
from roundsman.audit_log.marks import CheckpointFile, StrangeChainKey, note_restored
from roundsman.audit_log.sealing import CHECKPOINT_EVERY, make_checkpoint_if_due, seal_batch
from roundsman.audit_log.verification import Verified, verify_log
from roundsman.clock import utc_now
from roundsman.database.collections import AUDIT_CHECKPOINTS, AUDIT_LOG
from roundsman.database.collections import SYSTEM as SYSTEM_COLLECTION
from roundsman.database.lease import LeaseLost
from roundsman.database.transaction import Tx, in_transaction
from roundsman.worker.sealer import Sealer, sealing
from tests.builders import NOW

KEY = ChainKey(b"k" * 32)


def an_entry(target: str = "user:1") -> AuditEntry:
    return AuditEntry(NOW, SYSTEM, "role.granted", target, after_digest=b"digest")


@pytest.fixture
def file(tmp_path: Path) -> CheckpointFile:
    """Where checkpoints go."""
    return CheckpointFile(tmp_path / "checkpoints.jsonl")


@pytest.fixture
async def ten(tx: Tx) -> list[ObjectId]:
    """Ten sealed rows, by their numbers."""
    for number in range(10):
        await record(tx, an_entry(f"user:{number}"))
    assert await seal_batch(tx, KEY, fencing=1, now=NOW) == 10
    return [row["_id"] async for row in tx.database[AUDIT_LOG].find().sort("seal.number")]


async def troubles(tx: Tx, file: CheckpointFile) -> list[tuple[Trouble, int | None, int | None]]:
    found = await verify_log(tx, KEY, file)
    return [(one.trouble, one.first, one.last) for one in found.findings]


async def test_rows_written_by_transactions_that_end_in_any_order_are_all_sealed(tx: Tx, file: CheckpointFile) -> None:
    """The row of a transaction that began first and ended last has an older id than rows that are sealed already."""
    begun, end = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> None:
        await record(tx, an_entry("user:slow"))
        begun.set()
        await end.wait()

    waiting = asyncio.create_task(in_transaction(tx, slow))
    await begun.wait()
    await record(tx, an_entry("user:fast"))
    assert await seal_batch(tx, KEY, fencing=1, now=NOW) == 1
    end.set()
    await waiting
    assert await seal_batch(tx, KEY, fencing=1, now=NOW) == 1

    rows = [row async for row in tx.database[AUDIT_LOG].find().sort("seal.number")]
    assert [row["target"] for row in rows] == ["user:fast", "user:slow"]
    assert rows[1]["_id"] < rows[0]["_id"]
    assert await verify_log(tx, KEY, file) == Verified(2, [], 0, None, 0)


async def test_sealers_that_run_at_once_make_one_chain(tx: Tx, file: CheckpointFile) -> None:
    async def write() -> None:
        for _ in range(20):
            await in_transaction(tx, lambda tx: record(tx, an_entry()))

    async def seal() -> None:
        for _ in range(10):
            await seal_batch(tx, KEY, fencing=1, now=NOW, most=7)

    await asyncio.gather(*(write() for _ in range(5)), *(seal() for _ in range(3)))
    while await seal_batch(tx, KEY, fencing=1, now=NOW):
        pass

    assert await verify_log(tx, KEY, file) == Verified(100, [], 0, None, 0)


async def test_a_sealer_that_was_asleep_seals_nothing_after_another_took_over(tx: Tx, ten: list[ObjectId]) -> None:
    assert ten
    await record(tx, an_entry())
    assert await seal_batch(tx, KEY, fencing=2, now=NOW) == 1
    await record(tx, an_entry())
    with pytest.raises(LeaseLost):
        await seal_batch(tx, KEY, fencing=1, now=NOW)
    assert await tx.database[AUDIT_LOG].count_documents({SEAL: {"$exists": False}}) == 1


async def test_another_key_is_refused_by_sealing_and_verifying(
    tx: Tx, file: CheckpointFile, ten: list[ObjectId]
) -> None:
    assert ten
    await record(tx, an_entry())
    other = ChainKey(b"o" * 32)
    with pytest.raises(StrangeChainKey):
        await seal_batch(tx, other, fencing=9, now=NOW)
    with pytest.raises(StrangeChainKey):
        await verify_log(tx, other, file)


async def test_an_edit_a_deletion_and_an_inserted_row_are_named(
    tx: Tx, file: CheckpointFile, ten: list[ObjectId]
) -> None:
    rows = tx.database[AUDIT_LOG]
    await rows.update_one({"_id": ten[2]}, {"$set": {"actor.who": "self"}})
    await rows.delete_one({"_id": ten[5]})
    forged: dict[str, Any] = {**(await rows.find_one({"_id": ten[7]}) or {}), "_id": ObjectId()}
    await rows.insert_one(forged)

    assert await troubles(tx, file) == [
        (Trouble.EDITED, 3, 3),
        (Trouble.MISSING, 6, 6),
        (Trouble.INSERTED, 8, 8),
    ]


async def test_rows_that_changed_places_are_named(tx: Tx, file: CheckpointFile, ten: list[ObjectId]) -> None:
    rows = tx.database[AUDIT_LOG]
    await rows.update_one({"_id": ten[2]}, {"$set": {"seal.number": 4}})
    await rows.update_one({"_id": ten[3]}, {"$set": {"seal.number": 3}})
    assert await troubles(tx, file) == [(Trouble.MOVED, 3, 3), (Trouble.MOVED, 4, 4)]


async def test_a_row_whose_seal_was_taken_away_is_missing_where_it_was(
    tx: Tx, file: CheckpointFile, ten: list[ObjectId]
) -> None:
    await tx.database[AUDIT_LOG].update_one({"_id": ten[4]}, {"$unset": {SEAL: ""}})
    assert await troubles(tx, file) == [(Trouble.MISSING, 5, 5)]
    assert (await verify_log(tx, KEY, file)).unsealed == 1
    await seal_batch(tx, KEY, fencing=1, now=NOW)
    assert await troubles(tx, file) == [(Trouble.MISSING, 5, 5)]


async def test_a_cut_tail_is_found_even_with_an_old_head_and_without_the_checkpoints(
    tx: Tx, file: CheckpointFile, ten: list[ObjectId]
) -> None:
    system = tx.database[SYSTEM_COLLECTION]
    old_head = await system.find_one({"_id": "audit_log_head"})
    assert old_head is not None
    for _ in range(5):
        await record(tx, an_entry())
    await seal_batch(tx, KEY, fencing=1, now=NOW)
    assert await make_checkpoint_if_due(tx, KEY, file, now=NOW)
    cut = tx.database[AUDIT_LOG]
    await cut.delete_many({"seal.number": {"$gt": 10}})
    assert await troubles(tx, file) == [(Trouble.CUT_OFF, 11, 15)]

    await system.replace_one({"_id": "audit_log_head"}, old_head)
    assert await troubles(tx, file) == [(Trouble.CUT_OFF, 11, 15)]

    await tx.database[AUDIT_CHECKPOINTS].delete_many({})
    assert set(await troubles(tx, file)) == {(Trouble.CUT_OFF, 11, 15), (Trouble.MARK_MISSING, 15, 15)}

    # All that is left in the database fits together; only the file knows.
    file.path.unlink()
    assert await troubles(tx, file) == []
    assert len(ten) == 10


async def test_without_its_head_the_chain_does_not_hold(tx: Tx, file: CheckpointFile, ten: list[ObjectId]) -> None:
    assert ten
    await tx.database[SYSTEM_COLLECTION].delete_one({"_id": "audit_log_head"})
    assert Trouble.MARK_MISSING in {trouble for trouble, _, _ in await troubles(tx, file)}


async def test_a_checkpoint_is_made_once_a_day_and_only_after_new_rows(
    tx: Tx, file: CheckpointFile, ten: list[ObjectId]
) -> None:
    assert ten
    assert await make_checkpoint_if_due(tx, KEY, file, now=NOW)
    assert not await make_checkpoint_if_due(tx, KEY, file, now=NOW + CHECKPOINT_EVERY)
    await record(tx, an_entry())
    await seal_batch(tx, KEY, fencing=1, now=NOW)
    assert not await make_checkpoint_if_due(tx, KEY, file, now=NOW + CHECKPOINT_EVERY - timedelta(seconds=1))
    assert await make_checkpoint_if_due(tx, KEY, file, now=NOW + CHECKPOINT_EVERY)
    assert [mark.number for mark in file.marks(KEY)] == [10, 11]
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert (await verify_log(tx, KEY, file)).checkpoints == 2


async def test_what_a_restored_backup_does_not_hold_is_not_taken_for_a_cut_tail(
    tx: Tx, file: CheckpointFile, ten: list[ObjectId]
) -> None:
    assert ten
    backup = {
        name: await tx.database[name].find().to_list() for name in (AUDIT_LOG, SYSTEM_COLLECTION, AUDIT_CHECKPOINTS)
    }
    await record(tx, an_entry())
    await seal_batch(tx, KEY, fencing=1, now=NOW)
    await make_checkpoint_if_due(tx, KEY, file, now=NOW)
    for name, documents in backup.items():
        await tx.database[name].delete_many({})
        if documents:
            await tx.database[name].insert_many(documents)
    assert (Trouble.CUT_OFF, 11, 11) in await troubles(tx, file)

    await note_restored(tx, KEY, file, now=NOW)

    assert await troubles(tx, file) == []


@asynccontextmanager
async def a_sealer(tx: Tx, file: CheckpointFile) -> AsyncIterator[None]:
    said: list[str] = []
    async with sealing(Sealer(tx, KEY, file, utc_now, said.append)):
        yield
    assert said == []


async def test_the_sealer_seals_and_makes_the_first_checkpoint_by_itself(tx: Tx, file: CheckpointFile) -> None:
    async with a_sealer(tx, file), asyncio.timeout(120):
        await record(tx, an_entry())
        sealed = None
        while sealed is None:
            sealed = await tx.database[AUDIT_LOG].find_one({"seal.number": 1})
            await asyncio.sleep(0.05)
    assert (await verify_log(tx, KEY, file)).held == 1
