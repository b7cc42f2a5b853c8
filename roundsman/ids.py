"""Typed ids, ids derived from what a record was before, and the reference back to it."""

import hashlib
from dataclasses import dataclass
from typing import NewType

from bson import ObjectId

UserId = NewType("UserId", ObjectId)
CustomerId = NewType("CustomerId", ObjectId)
DeliveryBoyId = NewType("DeliveryBoyId", ObjectId)
SupplierId = NewType("SupplierId", ObjectId)
ProductId = NewType("ProductId", ObjectId)
OrderId = NewType("OrderId", ObjectId)
AddressId = NewType("AddressId", ObjectId)
SessionId = NewType("SessionId", ObjectId)
SubscriptionId = NewType("SubscriptionId", ObjectId)
DeliveryId = NewType("DeliveryId", ObjectId)
PaymentId = NewType("PaymentId", ObjectId)
PayoutId = NewType("PayoutId", ObjectId)
AdjustmentId = NewType("AdjustmentId", ObjectId)
PurchaseOrderId = NewType("PurchaseOrderId", ObjectId)
PriceProposalId = NewType("PriceProposalId", ObjectId)

_OBJECT_ID_BYTES = 12


def derived_object_id(*parts: str) -> ObjectId:
    """The ObjectId that the same parts always give: the first 12 bytes of their SHA-256 (spec: migration, plan)."""
    digest = hashlib.sha256("\x00".join(parts).encode()).digest()
    return ObjectId(digest[:_OBJECT_ID_BYTES])


@dataclass(frozen=True, slots=True)
class SourceRef:
    """Which document of the existing application a record was made from, and the SHA-256 of that document's BSON."""

    collection: str
    id: str
    sha256: bytes
