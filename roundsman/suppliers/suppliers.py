"""Suppliers' profiles as values."""

from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class SupplierEdit:
    """What a profile is to say from now on; what is None stays, and an empty text takes out what was there."""

    name: str | None = None
    status: SupplierStatus | None = None
    address: str | None = None
    gstin: str | None = None
    payment_terms: str | None = None


def edited(supplier: Supplier, edit: SupplierEdit) -> Supplier:
    """The profile after an edit; a supplier always has a name and a status."""
    return replace(
        supplier,
        name=edit.name or supplier.name,
        status=edit.status or supplier.status,
        address=_instead(edit.address, supplier.address),
        gstin=_instead(edit.gstin, supplier.gstin),
        payment_terms=_instead(edit.payment_terms, supplier.payment_terms),
    )


def _instead(after: str | None, before: str | None) -> str | None:
    return before if after is None else after or None
