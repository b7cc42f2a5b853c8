"""Whether the database answers at this moment."""

from typing import Final

import pymongo

from roundsman.database.transaction import Tx

_PATIENCE_SECONDS: Final = 2.0


async def require_answer(tx: Tx) -> None:
    """Return when the database answers; raises the driver's ConnectionFailure when it does not within two seconds."""
    with pymongo.timeout(_PATIENCE_SECONDS):
        await tx.database.command("ping")
