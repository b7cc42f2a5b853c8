"""The adjustments there are."""

from pymongo import DESCENDING

from roundsman.database.collections import ADJUSTMENTS
from roundsman.database.documents import find_value, list_values, put
from roundsman.database.transaction import Document, Tx
from roundsman.delivery.adjustments import Adjustment, AdjustmentStatus
from roundsman.delivery.ledger_store import adjustment_document, adjustment_from
from roundsman.errors import NotFound
from roundsman.ids import AdjustmentId, DeliveryBoyId


class UnknownAdjustment(NotFound):
    """There is no such adjustment."""

    code = "unknown_adjustment"


async def put_adjustment(tx: Tx, adjustment: Adjustment) -> Document:
    """Insert an adjustment, or replace it; gives it as it is stored."""
    return await put(tx, ADJUSTMENTS, adjustment_document(adjustment))


async def find_adjustment(tx: Tx, adjustment_id: AdjustmentId) -> Adjustment | None:
    """Find an adjustment."""
    return await find_value(tx, ADJUSTMENTS, adjustment_from, {"_id": adjustment_id})


async def get_adjustment(tx: Tx, adjustment_id: AdjustmentId) -> Adjustment:
    """Read an adjustment. Raises UnknownAdjustment."""
    adjustment = await find_adjustment(tx, adjustment_id)
    if adjustment is None:
        raise UnknownAdjustment("There is no such adjustment")
    return adjustment


async def list_adjustments(
    tx: Tx, status: AdjustmentStatus | None, boy: DeliveryBoyId | None, *, skip: int, limit: int
) -> list[Adjustment]:
    """List adjustments, the newest first."""
    criteria: Document = {} if status is None else {"status": status.value}
    if boy is not None:
        criteria["delivery_boy_id"] = boy
    newest = [("created_at", DESCENDING), ("_id", DESCENDING)]
    return await list_values(tx, ADJUSTMENTS, adjustment_from, criteria, newest, skip=skip, limit=limit)
