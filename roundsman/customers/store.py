"""Customers and addresses as documents."""

from roundsman.customers.customers import Address, Customer, CustomerStatus, FormerDelivery
from roundsman.database.documents import source_document, source_from, without_absent
from roundsman.database.transaction import Document


def customer_document(customer: Customer) -> Document:
    """Store a customer."""
    return without_absent(
        {
            "_id": customer.id,
            "user_id": customer.user_id,
            "name": customer.name,
            "status": customer.status.value,
            "created_at": customer.created_at,
            "created_by": customer.created_by,
            "phone": customer.phone,
            "email": customer.email,
            "address": customer.address,
            "area": customer.area,
            "delivery_boy_id": customer.delivery_boy_id,
            "stop": customer.stop,
            "note": customer.note,
            "former_deliveries": [former_document(one) for one in customer.former_deliveries] or None,
            "served_until": customer.served_until,
        }
    )


def customer_from(document: Document) -> Customer:
    """Read a customer."""
    return Customer(
        id=document["_id"],
        user_id=document["user_id"],
        name=document["name"],
        status=CustomerStatus(document["status"]),
        created_at=document["created_at"],
        created_by=document["created_by"],
        phone=document.get("phone"),
        email=document.get("email"),
        address=document.get("address"),
        area=document.get("area"),
        delivery_boy_id=document.get("delivery_boy_id"),
        stop=document.get("stop"),
        note=document.get("note"),
        former_deliveries=tuple(FormerDelivery(**one) for one in document.get("former_deliveries", ())),
        served_until=document.get("served_until"),
    )


def former_document(former: FormerDelivery) -> Document:
    """Store who delivered before."""
    return without_absent({"until": former.until, "delivery_boy_id": former.delivery_boy_id})


def address_document(address: Address) -> Document:
    """Store an address."""
    return without_absent(
        {
            "_id": address.id,
            "user_id": address.user_id,
            "label": address.label,
            "text": address.text,
            "is_default": address.is_default,
            "source": source_document(address.source),
        }
    )


def address_from(document: Document) -> Address:
    """Read an address."""
    return Address(
        id=document["_id"],
        user_id=document.get("user_id"),
        label=document["label"],
        text=document["text"],
        is_default=document["is_default"],
        source=source_from(document.get("source")),
    )
