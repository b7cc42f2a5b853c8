"""Payouts: which entries they claim, and what is written when they are paid."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from roundsman.calendar import end_of
from roundsman.database.collections import DELIVERY_TOTALS, LEDGER_ENTRIES, PAYOUTS
from roundsman.database.documents import find_value, list_values
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.entries import Book, Entry, EntryKind
from roundsman.delivery.ledger_store import entry_from, payout_document, payout_from
from roundsman.delivery.payouts import NothingToPay, Payout, PayoutStatus
from roundsman.delivery.posting import begin_alone, post
from roundsman.errors import Conflict, NotFound
from roundsman.ids import DeliveryBoyId, PayoutId, UserId


class UnknownPayout(NotFound):
    """There is no such payout, or none of who asks."""

    code = "unknown_payout"


class ReferenceUsed(Conflict):
    """Another payout was paid under this reference."""

    code = "reference_used"


async def draft(tx: Tx, payout_id: PayoutId, boy: DeliveryBoyId, *, through: date, by: UserId, now: datetime) -> Payout:
    """Within a transaction: claim all that is in no payout yet and counts up to the end of a day. Raises NothingToPay."""
    await begin_alone(tx, boy)
    free: Mapping[str, Any] = {
        "delivery_boy_id": boy,
        "book": {"$in": [Book.EARNED.value, Book.DEDUCTED.value]},
        "payout_id": {"$exists": False},
        "earned_at": {"$lt": end_of(through)},
    }
    claimed = await tx.database[LEDGER_ENTRIES].update_many(
        free, {"$set": {"payout_id": payout_id}}, session=tx.session
    )
    paise = await claimed_paise(tx, payout_id)
    if paise <= 0:
        raise NothingToPay("Up to that day nothing is owed")
    payout = Payout(payout_id, boy, through, paise, claimed.modified_count, PayoutStatus.DRAFT, by, now)
    await tx.database[PAYOUTS].insert_one(payout_document(payout), session=tx.session)
    return payout


async def settle_payout(tx: Tx, payout: Payout, *, by: str, now: datetime) -> Document:
    """Within a transaction: store a payout as it is now, with what follows for the ledger; gives it as it is stored. Raises ReferenceUsed."""
    await begin_alone(tx, payout.delivery_boy_id)
    if payout.status is PayoutStatus.FAILED:
        await tx.database[LEDGER_ENTRIES].update_many(
            {"payout_id": payout.id}, {"$unset": {"payout_id": ""}}, session=tx.session
        )
    if payout.status is PayoutStatus.PAID:
        await post(tx, [_payment(payout)], by=by, now=now)
        paid = {"$max": {"paid_through": payout.paid_through}}
        await tx.database[DELIVERY_TOTALS].update_one({"_id": payout.delivery_boy_id}, paid, session=tx.session)
    document = payout_document(payout)
    try:
        await tx.database[PAYOUTS].replace_one({"_id": payout.id}, document, session=tx.session)
    except DuplicateKeyError as error:
        raise ReferenceUsed(
            f"Another payout was paid under {payout.reference}: look at the reference of this transfer again"
        ) from error
    return document


async def find_payout(tx: Tx, payout_id: PayoutId) -> Payout | None:
    """Find a payout."""
    return await find_value(tx, PAYOUTS, payout_from, {"_id": payout_id})


async def get_payout(tx: Tx, payout_id: PayoutId) -> Payout:
    """Read a payout. Raises UnknownPayout."""
    payout = await find_payout(tx, payout_id)
    if payout is None:
        raise UnknownPayout("There is no such payout")
    return payout


async def list_payouts(
    tx: Tx, boy: DeliveryBoyId | None = None, *, status: PayoutStatus | None = None, skip: int = 0, limit: int = 100
) -> list[Payout]:
    """List payouts of one delivery boy or of all, the newest first."""
    criteria: Document = {} if boy is None else {"delivery_boy_id": boy}
    if status is not None:
        criteria["status"] = status.value
    newest = [("created_at", DESCENDING), ("_id", DESCENDING)]
    return await list_values(tx, PAYOUTS, payout_from, criteria, newest, skip=skip, limit=limit)


async def entries_of_payout(tx: Tx, payout_id: PayoutId) -> list[Entry]:
    """Read the entries that a payout has claimed, the earliest first; one that failed has none."""
    found = tx.database[LEDGER_ENTRIES].find({"payout_id": payout_id}, session=tx.session)
    return [entry_from(document) async for document in found.sort([("earned_at", ASCENDING), ("_id", ASCENDING)])]


async def claimed_paise(tx: Tx, payout_id: PayoutId) -> int:
    """What the entries add up to that a payout has claimed."""
    summed: list[Document] = [
        {"$match": {"payout_id": payout_id}},
        {"$group": {"_id": None, "paise": {"$sum": "$paise"}}},
    ]
    found = await (await tx.database[LEDGER_ENTRIES].aggregate(summed, session=tx.session)).to_list()
    return found[0]["paise"] if found else 0


def _payment(payout: Payout) -> Entry:
    settled_at = payout.settled_at or payout.created_at
    key = f"payout:{payout.id}"
    return Entry(key, key, payout.delivery_boy_id, EntryKind.PAYOUT, Book.PAID, -payout.paise, settled_at, settled_at)
