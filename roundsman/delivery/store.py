"""Delivery boys as documents."""

from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document
from roundsman.delivery.delivery_boys import DeliveryBoy, DeliveryBoyStatus


def delivery_boy_document(boy: DeliveryBoy) -> Document:
    """Store a delivery boy."""
    return without_absent(
        {
            "_id": boy.id,
            "user_id": boy.user_id,
            "name": boy.name,
            "status": boy.status.value,
            "areas": list(boy.areas),
            "created_at": boy.created_at,
            "created_by": boy.created_by,
            "phone": boy.phone,
            "email": boy.email,
        }
    )


def delivery_boy_from(document: Document) -> DeliveryBoy:
    """Read a delivery boy."""
    return DeliveryBoy(
        id=document["_id"],
        user_id=document["user_id"],
        name=document["name"],
        status=DeliveryBoyStatus(document["status"]),
        areas=tuple(document["areas"]),
        created_at=document["created_at"],
        created_by=document["created_by"],
        phone=document.get("phone"),
        email=document.get("email"),
    )
