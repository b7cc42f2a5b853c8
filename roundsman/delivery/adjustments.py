"""What is added to or taken from earnings by a person's decision: proposed by one, approved by another (pure)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from roundsman.delivery.entries import EntryKind, Wanted
from roundsman.delivery.payouts import require_second_person
from roundsman.errors import Conflict, InvalidInput
from roundsman.ids import AdjustmentId, DeliveryBoyId, UserId


class AdjustmentKind(StrEnum):
    """What it is. A deduction is given as it is said, 500 paise less are 500."""

    ADJUSTMENT = "adjustment"
    BONUS = "bonus"
    TIP = "tip"
    DEDUCTION = "deduction"


class AdjustmentStatus(StrEnum):
    """Whether it counts."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class AdjustmentDecided(Conflict):
    """Somebody decided about it otherwise before."""

    code = "adjustment_decided"


class AdjustmentAmount(InvalidInput):
    """The amount is nought, or below it where only more can be meant."""

    code = "adjustment_amount"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """So many paise for a delivery boy, and why; only an adjustment may be below nought."""

    id: AdjustmentId
    delivery_boy_id: DeliveryBoyId
    kind: AdjustmentKind
    paise: int
    reason: str
    created_by: UserId
    created_at: datetime
    status: AdjustmentStatus = AdjustmentStatus.PROPOSED
    decided_by: UserId | None = None
    decided_at: datetime | None = None
    is_single: bool = False


def require_amount(kind: AdjustmentKind, paise: int) -> None:
    """Go on only with an amount that such a thing can have. Raises AdjustmentAmount."""
    if paise == 0 or (paise < 0 and kind is not AdjustmentKind.ADJUSTMENT):
        raise AdjustmentAmount(f"{paise} paise is no {kind}: only an adjustment is below nought, and nothing is nought")


def decided(adjustment: Adjustment, *, approves: bool, by: UserId, admins: int, at: datetime) -> Adjustment:
    """The adjustment after a decision; decided so before, as it is. Raises AdjustmentDecided, SecondPersonNeeded."""
    status = AdjustmentStatus.APPROVED if approves else AdjustmentStatus.REJECTED
    if adjustment.status is status:
        return adjustment
    if adjustment.status is not AdjustmentStatus.PROPOSED:
        raise AdjustmentDecided(f"The adjustment is {adjustment.status} already; propose another one")
    is_single = approves and require_second_person(adjustment.created_by, by, admins=admins)
    return replace(adjustment, status=status, decided_by=by, decided_at=at, is_single=is_single)


def brings(adjustment: Adjustment) -> Wanted | None:
    """What it brings the delivery boy; nothing until it is approved."""
    if adjustment.status is not AdjustmentStatus.APPROVED or adjustment.decided_at is None:
        return None
    is_deduction = adjustment.kind is AdjustmentKind.DEDUCTION
    paise = -adjustment.paise if is_deduction else adjustment.paise
    kind = EntryKind(adjustment.kind.value)
    return Wanted(adjustment.delivery_boy_id, kind, paise, adjustment.decided_at, reason=adjustment.reason)
