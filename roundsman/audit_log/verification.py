"""Proving the audit log: every row against the chain, the chain against its head and the checkpoints."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from roundsman.audit_log.chain import SEAL, ChainKey, Examiner, Finding, Mark, Trouble
from roundsman.audit_log.marks import CheckpointFile, find_head, list_checkpoints
from roundsman.audit_log.sealing import NOT_SEALED
from roundsman.database.collections import AUDIT_LOG
from roundsman.database.transaction import Document, Tx

_SEALED: Final[Document] = {f"{SEAL}.number": {"$ne": None}}


@dataclass(frozen=True, slots=True)
class Verified:
    """What was proved: so many rows hold; these do not; so many wait for their seal, the first of them since then."""

    held: int
    findings: list[Finding]
    unsealed: int
    unsealed_since: datetime | None
    checkpoints: int


async def verify_log(tx: Tx, key: ChainKey, file: CheckpointFile) -> Verified:
    """Examine all sealed rows; rows may be written and sealed meanwhile. Raises StrangeChainKey, CheckpointFileDamaged."""
    head = await find_head(tx, key)
    kept, filed = await list_checkpoints(tx), file.marks(key)
    examiner = Examiner(key, [*([head.mark] if head else []), *kept, *filed])
    async for row in sealed_rows(tx):
        examiner.take(row)
    newer = await find_head(tx, key)
    findings = examiner.findings(beyond=newer.mark.number if newer else 0)
    if head is None and examiner.held:
        findings.append(Finding(Trouble.MARK_MISSING, None, None, detail="the head of the chain"))
    findings += _not_kept(kept, filed)
    unsealed, since = await _count_unsealed(tx)
    return Verified(examiner.held, findings, unsealed, since, len(kept))


def _not_kept(kept: list[Mark], filed: list[Mark]) -> list[Finding]:
    numbers = {mark.number for mark in kept}
    return [
        Finding(Trouble.MARK_MISSING, mark.number, mark.number, detail=f"checkpoint of {mark.at:%Y-%m-%d %H:%M}")
        for mark in filed
        if mark.kind.value == "checkpoint" and mark.number not in numbers
    ]


async def sealed_rows(tx: Tx) -> AsyncIterator[Document]:
    """All rows of the chain in its order."""
    async for row in tx.database[AUDIT_LOG].find(_SEALED, session=tx.session).sort([(f"{SEAL}.number", 1), ("_id", 1)]):
        yield row


async def unsealed_rows(tx: Tx) -> AsyncIterator[Document]:
    """The rows that wait for their seal."""
    async for row in tx.database[AUDIT_LOG].find(NOT_SEALED, session=tx.session).sort("_id"):
        yield row


async def _count_unsealed(tx: Tx) -> tuple[int, datetime | None]:
    count = await tx.database[AUDIT_LOG].count_documents(NOT_SEALED)
    first = await tx.database[AUDIT_LOG].find_one(NOT_SEALED, sort=[("at", 1)]) if count else None
    return count, first["at"] if first else None
