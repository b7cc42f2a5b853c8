"""Typed ids, and ids derived from what a record was before."""

import hashlib
from typing import NewType

from bson import ObjectId

UserId = NewType("UserId", ObjectId)
CustomerId = NewType("CustomerId", ObjectId)
DeliveryBoyId = NewType("DeliveryBoyId", ObjectId)
SupplierId = NewType("SupplierId", ObjectId)
ProductId = NewType("ProductId", ObjectId)
OrderId = NewType("OrderId", ObjectId)
AddressId = NewType("AddressId", ObjectId)

_OBJECT_ID_BYTES = 12


def derived_object_id(*parts: str) -> ObjectId:
    """The ObjectId that the same parts always give: the first 12 bytes of their SHA-256 (spec: migration, plan)."""
    digest = hashlib.sha256("\x00".join(parts).encode()).digest()
    return ObjectId(digest[:_OBJECT_ID_BYTES])
