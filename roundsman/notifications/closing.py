"""Messages to somebody whose account was closed."""

from collections.abc import Sequence

from roundsman.database.collections import OUTBOX
from roundsman.database.transaction import Tx


async def erase_messages(tx: Tx, addresses: Sequence[str]) -> None:
    """Remove what was sent, or waits to be sent, to these phones and e-mail addresses."""
    wanted = {"to": {"$in": [address for address in addresses if address]}}
    await tx.database[OUTBOX].delete_many(wanted, session=tx.session)
