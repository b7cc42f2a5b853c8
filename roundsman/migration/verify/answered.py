"""What humans' answers did that a check must know of."""

from roundsman.database.changes import Edit
from roundsman.database.collections import IDENTIFIERS
from roundsman.database.transaction import Document, Tx
from roundsman.operations.joining.journal import list_entries


async def answered_identifiers(tx: Tx) -> dict[str, Document]:
    """The identifiers that humans' answers led elsewhere, as the last answer left them."""
    answered: dict[str, Document] = {}
    for entry in await list_entries(tx):
        for change in reversed(entry.changes):
            if isinstance(change, Edit) and change.collection == IDENTIFIERS:
                answered.setdefault(change.id, change.after)
    return answered
