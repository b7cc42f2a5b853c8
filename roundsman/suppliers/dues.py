"""What the business owes a supplier, as values (pure).

A bill adds to it, a credit note and a payment take from it, so their paise are negative. What stands in an entry is never
changed: what was wrong is reversed by an entry of its own, once, and then entered anew. A balance below nought is money that
was paid ahead.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from roundsman.errors import Conflict
from roundsman.ids import PurchaseOrderId, SupplierId


class DueKind(StrEnum):
    """What an entry stands for."""

    BILL = "bill"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    REVERSAL = "reversal"


class NotReversible(Conflict):
    """The entry cannot be reversed by itself."""

    code = "not_reversible"


@dataclass(frozen=True, slots=True)
class Due:
    """An entry; its key is what it stands for, so nothing is entered twice.

    `reference` is the bank's or the book's of a payment, `reason` why there is a credit note or a reversal, `reverses` the key
    of what a reversal takes back.
    """

    key: str
    supplier_id: SupplierId
    kind: DueKind
    paise: int
    at: datetime
    purchase_order_id: PurchaseOrderId | None = None
    reference: str | None = None
    reason: str | None = None
    reverses: str | None = None


@dataclass(frozen=True, slots=True)
class SupplierTotals:
    """What the entries of a supplier add up to, and how many there are."""

    supplier_id: SupplierId
    balance_paise: int = 0
    entries: int = 0


def bill_key(order_id: PurchaseOrderId, number: int) -> str:
    """The key of the bill for a receipt of a purchase order; the first is number 1."""
    return f"receipt:{order_id}:{number}"


def reversal_key(key: str) -> str:
    """The key of the entry that takes another one back."""
    return f"{key}:reversed"


def reversal_of(due: Due, *, reason: str, at: datetime) -> Due:
    """The entry after which another one counts no more. Raises NotReversible."""
    if due.kind is DueKind.REVERSAL:
        raise NotReversible("A reversal stays: enter what it took back anew, under a new key")
    return Due(
        reversal_key(due.key),
        due.supplier_id,
        DueKind.REVERSAL,
        -due.paise,
        at,
        due.purchase_order_id,
        reason=reason,
        reverses=due.key,
    )
