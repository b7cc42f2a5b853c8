"""The sealer of the audit log: a lease lets one of all processes seal, and every worker and server stands by."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from roundsman.audit_log.chain import ChainKey
from roundsman.audit_log.files import checkpoint_file, load_or_create_chain_key
from roundsman.audit_log.marks import CheckpointFile
from roundsman.audit_log.sealing import make_checkpoint_if_due, seal_batch
from roundsman.background import beside
from roundsman.clock import Clock
from roundsman.database.transaction import Tx
from roundsman.runtime import Runtime
from roundsman.worker.leadership import Leadership, lead_whenever_free

_LOG: Final = logging.getLogger(__name__)
JOB: Final = "audit_log"
_IDLE_SECONDS: Final = 0.5
_CHECKPOINT_LOOK_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Sealer:
    """What sealing needs: the log, its key, where checkpoints go, and whom to tell of trouble."""

    tx: Tx
    key: ChainKey
    file: CheckpointFile
    clock: Clock
    say: Callable[[str], None]

    async def run(self) -> None:
        """Seal without end."""
        await lead_whenever_free(self.tx, self.clock, self._seal, job=JOB, say=self._tell_of)

    def _tell_of(self, trouble: str) -> None:
        self.say(f"The audit log is not sealed: {trouble}")

    async def _seal(self, leading: Leadership) -> None:
        loop = asyncio.get_running_loop()
        looked = -_CHECKPOINT_LOOK_SECONDS
        while not leading.lost.is_set():
            sealed = await seal_batch(self.tx, self.key, fencing=leading.lease.fencing, now=self.clock())
            if loop.time() - looked >= _CHECKPOINT_LOOK_SECONDS:
                looked = loop.time()
                await make_checkpoint_if_due(self.tx, self.key, self.file, now=self.clock())
            leading.worked.set()
            if not sealed:
                await asyncio.sleep(_IDLE_SECONDS)


@asynccontextmanager
async def sealing(sealer: Sealer) -> AsyncIterator[None]:
    """Seal beside the body."""
    async with beside(sealer.run()):
        yield


def sealer_of(runtime: Runtime, *, say: Callable[[str], None] = _LOG.error) -> Sealer:
    """Make the sealer of a running Roundsman; its key is made where there is none yet."""
    data_dir = runtime.settings.data_dir
    key, file = load_or_create_chain_key(data_dir), checkpoint_file(data_dir, runtime.settings.database_name)
    return Sealer(runtime.tx, key, file, runtime.clock, say)
