"""Suppliers as documents."""

from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document
from roundsman.suppliers.suppliers import Supplier, SupplierStatus


def supplier_document(supplier: Supplier) -> Document:
    """Store a supplier."""
    return without_absent(
        {
            "_id": supplier.id,
            "user_id": supplier.user_id,
            "name": supplier.name,
            "status": supplier.status.value,
            "created_at": supplier.created_at,
            "created_by": supplier.created_by,
            "phone": supplier.phone,
            "email": supplier.email,
            "address": supplier.address,
            "gstin": supplier.gstin,
            "payment_terms": supplier.payment_terms,
        }
    )


def supplier_from(document: Document) -> Supplier:
    """Read a supplier."""
    return Supplier(
        id=document["_id"],
        user_id=document["user_id"],
        name=document["name"],
        status=SupplierStatus(document["status"]),
        created_at=document["created_at"],
        created_by=document["created_by"],
        phone=document.get("phone"),
        email=document.get("email"),
        address=document.get("address"),
        gstin=document.get("gstin"),
        payment_terms=document.get("payment_terms"),
    )
