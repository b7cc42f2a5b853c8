"""Adjustments of earnings: proposed with a reason by one of the office, approved or rejected by another."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from roundsman.database.transaction import Document, Tx, in_transaction
from roundsman.delivery.adjusting import find_adjustment, get_adjustment, put_adjustment
from roundsman.delivery.adjustments import Adjustment, AdjustmentKind, brings, decided, require_amount
from roundsman.delivery.linkage import get_delivery_boy
from roundsman.delivery.posting import settle
from roundsman.identity.mode import require_operations_managed_here
from roundsman.identity.role_grants import list_active_admins
from roundsman.ids import AdjustmentId, DeliveryBoyId, UserId
from roundsman.operations.facts.intake import Change, Intake, KeyUsedOtherwise, note_down
from roundsman.operations.facts.steps import take_step


@dataclass(frozen=True, slots=True)
class WantedAdjustment:
    """What is to be added to or taken from somebody's earnings, once by its key."""

    key: str
    delivery_boy_id: DeliveryBoyId
    kind: AdjustmentKind
    paise: int
    reason: str


async def propose_adjustment(
    tx: Tx, wanted: WantedAdjustment, *, by: UserId, intake: Intake, now: datetime
) -> Adjustment:
    """Propose an adjustment; sent again, gives the same one.

    Raises UnknownDeliveryBoy, AdjustmentAmount, KeyUsedOtherwise, OperationsManagedElsewhere.
    """
    require_amount(wanted.kind, wanted.paise)

    async def work(tx: Tx) -> Adjustment:
        await require_operations_managed_here(tx)
        adjustment_id = AdjustmentId(intake.id_for("adjustment", wanted.key))
        if (there := await find_adjustment(tx, adjustment_id)) is not None:
            return _same(there, wanted)
        boy = await get_delivery_boy(tx, wanted.delivery_boy_id)
        adjustment = Adjustment(adjustment_id, boy.id, wanted.kind, wanted.paise, wanted.reason, by, now)
        await note_down(tx, intake, _told(adjustment, await put_adjustment(tx, adjustment)), now=now)
        return adjustment

    return await in_transaction(tx, work)


async def decide_adjustment(
    tx: Tx, adjustment_id: AdjustmentId, *, approves: bool, by: UserId, intake: Intake, now: datetime
) -> Adjustment:
    """Have an adjustment count from now on, or never; decided so before, nothing happens.

    Raises UnknownAdjustment, AdjustmentDecided, SecondPersonNeeded, OperationsManagedElsewhere.
    """

    async def decide(tx: Tx, before: Adjustment) -> Adjustment:
        admins = len(await list_active_admins(tx))
        return decided(before, approves=approves, by=by, admins=admins, at=now)

    async def write(tx: Tx, after: Adjustment) -> Document:
        await settle(tx, f"adjustment:{adjustment_id}", brings(after), by=intake.actor.who, now=now)
        return await put_adjustment(tx, after)

    load = partial(get_adjustment, adjustment_id=adjustment_id)
    return await take_step(tx, load=load, decide=decide, write=write, told=_told, intake=intake, now=now)


def _told(adjustment: Adjustment, document: Document) -> Change:
    reason = "single" if adjustment.is_single else adjustment.reason
    return Change(f"adjustment.{adjustment.status}", f"adjustment:{adjustment.id}", document, reason)


def _same(adjustment: Adjustment, wanted: WantedAdjustment) -> Adjustment:
    there = (adjustment.delivery_boy_id, adjustment.kind, adjustment.paise, adjustment.reason)
    if there != (wanted.delivery_boy_id, wanted.kind, wanted.paise, wanted.reason):
        raise KeyUsedOtherwise
    return adjustment
