"""What may become of a payout (pure).

draft -> approved -> paid, or failed from either of the first two: then its entries are free for another one. Whoever approves
is not the one who made it, where there are two admins. What is paid is never more than what is owed.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from roundsman.calendar import end_of, month_before, month_of
from roundsman.errors import Conflict
from roundsman.ids import DeliveryBoyId, PayoutId, UserId


class PayoutStatus(StrEnum):
    """How far a payout has come."""

    DRAFT = "draft"
    APPROVED = "approved"
    PAID = "paid"
    FAILED = "failed"


LIVE: Final = frozenset({PayoutStatus.DRAFT, PayoutStatus.APPROVED})
"""Those of which something may still come: they hold their entries."""


class NothingToPay(Conflict):
    """The delivery boy is owed nothing; what is below nought stays for the next payout."""

    code = "nothing_to_pay"


class PayoutStep(Conflict):
    """The payout has not come so far, or further."""

    code = "payout_step"


class SecondPersonNeeded(Conflict):
    """Who made something cannot approve it, as there is another admin."""

    code = "second_person_needed"

    def __init__(self) -> None:
        super().__init__("Another admin has to approve this: whoever made it cannot.")


class PayoutTooLarge(Conflict):
    """Less is owed than would be paid, because something was taken back since."""

    code = "payout_too_large"


@dataclass(frozen=True, slots=True)
class Payout:
    """Money for all that a delivery boy earned up to the end of an Indian day and was in no payout yet.

    `is_single` says that the one who made it approved it too, as the only admin.
    """

    id: PayoutId
    delivery_boy_id: DeliveryBoyId
    through: date
    paise: int
    entries: int
    status: PayoutStatus
    created_by: UserId
    created_at: datetime
    approved_by: UserId | None = None
    is_single: bool = False
    reference: str | None = None
    reason: str | None = None
    settled_at: datetime | None = None

    @property
    def paid_through(self) -> str:
        """The last month that is over once it is paid."""
        return month_before(month_of(end_of(self.through)))


def require_second_person(creator: UserId, approver: UserId, *, admins: int) -> bool:
    """Whether the only admin approves what he made himself. Raises SecondPersonNeeded where there is another one."""
    if creator != approver:
        return False
    if admins > 1:
        raise SecondPersonNeeded
    return True


def approved(payout: Payout, *, by: UserId, admins: int, owed_paise: int) -> Payout:
    """The payout, which may be paid now; one that he approved before as it is. Raises PayoutStep, SecondPersonNeeded, PayoutTooLarge."""
    if payout.status is PayoutStatus.APPROVED and payout.approved_by == by:
        return payout
    _require(payout, PayoutStatus.DRAFT)
    _require_owed(payout, owed_paise)
    is_single = require_second_person(payout.created_by, by, admins=admins)
    return replace(payout, status=PayoutStatus.APPROVED, approved_by=by, is_single=is_single)


def paid(payout: Payout, *, reference: str, owed_paise: int, at: datetime) -> Payout:
    """The payout, whose money has gone; one that was paid under this reference as it is. Raises PayoutStep, PayoutTooLarge."""
    if payout.status is PayoutStatus.PAID and payout.reference == reference:
        return payout
    _require(payout, PayoutStatus.APPROVED)
    _require_owed(payout, owed_paise)
    return replace(payout, status=PayoutStatus.PAID, reference=reference, settled_at=at)


def failed(payout: Payout, *, reason: str, at: datetime) -> Payout:
    """The payout, of which nothing came; one that failed before as it is. Raises PayoutStep."""
    if payout.status is PayoutStatus.FAILED:
        return payout
    _require(payout, PayoutStatus.DRAFT, PayoutStatus.APPROVED)
    return replace(payout, status=PayoutStatus.FAILED, reason=reason, settled_at=at)


def _require(payout: Payout, *expected: PayoutStatus) -> None:
    if payout.status not in expected:
        raise PayoutStep(f"The payout is {payout.status}, not {' or '.join(expected)}")


def _require_owed(payout: Payout, owed_paise: int) -> None:
    if owed_paise < payout.paise:
        raise PayoutTooLarge(
            f"{owed_paise} paise are owed, not {payout.paise}: something was taken back since. Mark this payout failed and "
            "draft another one."
        )
