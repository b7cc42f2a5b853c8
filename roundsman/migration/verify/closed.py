"""Whether anything personal is left of those who closed their accounts."""

from roundsman.database.collections import (
    ADDRESSES,
    CREDENTIALS,
    CUSTOMERS,
    DELIVERY_BOYS,
    IDENTIFIERS,
    MERGES,
    SECOND_FACTORS,
    SESSIONS,
    SOURCE_DOCUMENTS,
    SUPPLIERS,
    USERS,
)
from roundsman.database.transaction import Document, Tx
from roundsman.identity.users import UserStatus
from roundsman.migration.closing import count_unfinished_erasures
from roundsman.migration.verify.verification import Check, CheckResult

_BATCH = 1_000
_NAMED: Document = {"$or": [{"name": {"$ne": ""}}, {"phone": {"$exists": True}}, {"email": {"$exists": True}}]}
_LEFT: dict[str, tuple[str, Document]] = {
    USERS: ("_id", {"$or": [{"name": {"$ne": ""}}, {"former_identifiers": {"$exists": True}}]}),
    IDENTIFIERS: ("user_id", {"_id": {"$regex": "^(phone|email):"}}),
    CREDENTIALS: ("_id", {}),
    SECOND_FACTORS: ("_id", {}),
    SESSIONS: ("user_id", {}),
    CUSTOMERS: ("user_id", {"$or": [*_NAMED["$or"], {"address": {"$exists": True}}]}),
    DELIVERY_BOYS: ("user_id", _NAMED),
    SUPPLIERS: ("user_id", {"$or": [*_NAMED["$or"], {"address": {"$exists": True}}, {"gstin": {"$exists": True}}]}),
    ADDRESSES: ("user_id", {}),
    MERGES: ("users", {}),
    SOURCE_DOCUMENTS: ("user_id", {"sealed": {"$exists": True}}),
}
"""By collection: the field that says whose a document is, and what of it is personal."""


async def check_erasure(tx: Tx) -> CheckResult:
    """Look in every collection for what may not be there of a closed account."""
    result = CheckResult(Check.ERASURE)
    result.look(await tx.database[USERS].count_documents({}))
    if unfinished := await count_unfinished_erasures(tx):
        result.fail(f"plans still tell of {unfinished} people who closed their accounts; restart `roundsman serve`")
    closed = tx.database[USERS].find({"status": UserStatus.CLOSED.value}, {"_id": 1}, batch_size=_BATCH)
    batch: list[Document] = []
    async for user in closed:
        batch.append(user)
        if len(batch) == _BATCH:
            await _check(tx, batch, result)
            batch = []
    if batch:
        await _check(tx, batch, result)
    return result


async def _check(tx: Tx, users: list[Document], result: CheckResult) -> None:
    ids = [user["_id"] for user in users]
    for collection, (owner, personal) in _LEFT.items():
        wanted = {"$and": [{owner: {"$in": ids}}, personal]}
        async for document in tx.database[collection].find(wanted, {"_id": 1}):
            result.fail(f"{collection} {document['_id']} holds something of a closed account")
