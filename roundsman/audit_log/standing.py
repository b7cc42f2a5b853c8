"""How the audit log stands: how far it is sealed, and whether that was proved a moment ago."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from roundsman.audit_log.chain import ChainKey, Mark
from roundsman.audit_log.marks import CheckpointFile, find_head, find_last_checkpoint
from roundsman.audit_log.verification import Verified, verify_log
from roundsman.database.transaction import Tx
from roundsman.errors import IntegrityBroken

MOST_WHILE_WAITING: Final = 50_000
"""So many rows are proved while somebody waits for a page; more take long."""


@dataclass(frozen=True, slots=True)
class LogStanding:
    """How far the chain goes, the last checkpoint, and what was proved at `at`: nothing where there are too many rows.

    `broken` says why nothing can be proved: another key, or a damaged file of checkpoints.
    """

    at: datetime
    sealed: int
    sealed_at: datetime | None
    checkpoint: Mark | None
    verified: Verified | None = None
    broken: str | None = None


async def read_standing(
    tx: Tx, key: ChainKey, file: CheckpointFile, *, now: datetime, most: int = MOST_WHILE_WAITING
) -> LogStanding:
    """Say how far the log is sealed, and prove it where that is quick."""
    checkpoint = await find_last_checkpoint(tx)
    try:
        head = await find_head(tx, key)
        sealed, sealed_at = (head.mark.number, head.mark.at) if head else (0, None)
        verified = await verify_log(tx, key, file) if sealed <= most else None
    except IntegrityBroken as error:
        return LogStanding(now, 0, None, checkpoint, broken=error.message)
    return LogStanding(now, sealed, sealed_at, checkpoint, verified)
