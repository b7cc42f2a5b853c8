"""Sealing: giving the rows that were written since their place in the chain.

Rows are chained after they were committed, because a chain inside each transaction makes them wait for each other. What has
no seal yet is asked for, and not what came after the last one sealed: a row whose transaction took long has an older id
than rows that are sealed already. Within a batch the ids decide; the numbers are the order that counts from then on.
"""

from datetime import datetime, timedelta
from typing import Final

from pymongo import UpdateOne

from roundsman.audit_log.chain import SEAL, START, ChainKey, MarkKind, Seal, seals_for
from roundsman.audit_log.marks import (
    CheckpointFile,
    Head,
    find_head,
    find_last_checkpoint,
    insert_checkpoint,
    replace_head,
)
from roundsman.database.collections import AUDIT_LOG
from roundsman.database.lease import LeaseLost
from roundsman.database.transaction import Document, Tx, in_transaction

BATCH: Final = 500
CHECKPOINT_EVERY: Final = timedelta(hours=24)
NOT_SEALED: Final[Document] = {f"{SEAL}.number": None}
"""Rows without a number; the index of the numbers finds them."""


async def seal_batch(tx: Tx, key: ChainKey, *, fencing: int, now: datetime, most: int = BATCH) -> int:
    """Seal rows that have no seal yet, in one transaction, and tell how many there were.

    The head is read and replaced in it, so that two sealers can never continue from the same row. Raises LeaseLost when
    one with a higher fencing number was there meanwhile, and StrangeChainKey.
    """

    async def work(tx: Tx) -> int:
        head = await find_head(tx, key)
        if head and head.fencing > fencing:
            raise LeaseLost("another sealer took over the audit log; this one has stopped")
        rows = await tx.database[AUDIT_LOG].find(NOT_SEALED, session=tx.session).sort("_id").limit(most).to_list()
        if rows:
            seals = seals_for(key, rows, after=head.place if head else (0, START))
            updates = [UpdateOne({"_id": row["_id"]}, _sealing(seal)) for row, seal in zip(rows, seals, strict=True)]
            await tx.database[AUDIT_LOG].bulk_write(updates, session=tx.session)
            mark = key.sign(MarkKind.HEAD, seals[-1].number, seals[-1].mac, at=now)
            await replace_head(tx, Head(mark, key.id, fencing))
        return len(rows)

    return await in_transaction(tx, work)


async def make_checkpoint_if_due(tx: Tx, key: ChainKey, file: CheckpointFile, *, now: datetime) -> bool:
    """Once a day, if rows were sealed since the last time, sign how far the chain goes; tell whether it was done."""
    head = await find_head(tx, key)
    last = await find_last_checkpoint(tx)
    if head is None or (last and (now - last.at < CHECKPOINT_EVERY or last.number >= head.mark.number)):
        return False
    mark = key.sign(MarkKind.CHECKPOINT, *head.place, at=now)
    file.append(mark)
    await insert_checkpoint(tx, mark)
    return True


def _sealing(seal: Seal) -> Document:
    return {"$set": {SEAL: {"number": seal.number, "previous": seal.previous, "mac": seal.mac}}}
