"""Facts that contradict what was told under their key before; people look at them."""

from roundsman.database.collections import FACT_CONFLICTS
from roundsman.database.transaction import Document, Tx


async def keep_conflict(tx: Tx, document: Document) -> None:
    """Keep a fact, as it would have been stored, beside the one it contradicts; once however often it is told."""
    kept = document | {"_id": f"{document['_id']}#{document['digest'].hex()}", "key": document["_id"]}
    await tx.database[FACT_CONFLICTS].update_one(
        {"_id": kept["_id"]}, {"$setOnInsert": kept}, upsert=True, session=tx.session
    )
