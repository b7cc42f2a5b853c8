"""Suppliers' profiles as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from roundsman.ids import SupplierId, UserId


class SupplierStatus(StrEnum):
    """Whether the business buys from the supplier."""

    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Supplier:
    """The profile of a supplier; each user has at most one."""

    id: SupplierId
    user_id: UserId
    name: str
    status: SupplierStatus
    created_at: datetime
    created_by: str
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    gstin: str | None = None
    payment_terms: str | None = None
