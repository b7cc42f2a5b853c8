"""A business in a few documents that has one of everything an import can make."""

import hashlib

from bson import ObjectId

from roundsman.database.transaction import Document
from tests.migration_builders import OTHER_PHONE, PASSWORD_HASH, PHONE, account, doc, object_id

STAFF_PHONE, BOY_PHONE, SUPPLIER_PHONE, HELD_PHONE = "9731100001", "9731100002", "9731100003", "9845055501"
ORDER_ID = ObjectId(hashlib.sha256(b"order").digest()[:12])


def everything() -> dict[str, list[Document]]:
    """Staff, a linked customer with orders, a merged double, an unused account, a held question, partners, an orphan."""
    return {
        "users": [
            account("staff", "Meera Rao", "admin", phone=STAFF_PHONE, password_hash=PASSWORD_HASH),
            account("asha", "Asha Verma", phone=PHONE, password_hash=PASSWORD_HASH, customer_v2_id="cust-asha"),
            account("double", "Asha Verma", phone=f"+91 {PHONE}", password_hash=PASSWORD_HASH),
            account("held", "Farida Sheikh", phone=HELD_PHONE, password_hash=PASSWORD_HASH),
            account("needs", "Kavita Nair", phone="9845077701", password_hash=PASSWORD_HASH),
            {
                **account("unused", "Old Account", phone="9845088801"),
                "_id": object_id("unused", days_old=400),
            },
        ],
        "customers_v2": [
            doc("cust-asha", "Asha Verma", phone=PHONE, user_id="asha", address="12 MG Road", delivery_boy_id="boy"),
            doc("cust-other", "Gurpreet Singh", phone=HELD_PHONE),
            doc("cust-new", "Joseph Mathew", phone=OTHER_PHONE),
            doc("cust-mute", "Lakshmi Iyer", phone="12345"),
        ],
        "delivery_boys_v2": [
            doc(
                "boy",
                "Ramesh Yadav",
                phone=BOY_PHONE,
                area_assigned="MG Road",
                total_earnings=86420.1,
                month_earnings=1234.565,
            )
        ],
        "suppliers": [doc("farm", "Local Dairy Farm", phone=SUPPLIER_PHONE, payment_terms="Weekly")],
        "products": [doc("milk", "Milk 500 ml", unit="packet", price=28.5, supplier_id="farm")],
        "addresses": [doc("home", "Home", user_id="asha", address_line1="12 MG Road", city="Bengaluru")],
        "orders": [
            an_order("order-1", "asha", _id=ORDER_ID),
            an_order("order-2", "needs"),
            an_order("order-3", "nobody at all"),
        ],
        "areas": [{"_id": "mg-road", "name": "MG Road"}],
    }


def an_order(id: str, owner: str, **fields: object) -> Document:  # noqa: A002 - the field's name
    """Build a delivered order of one packet of milk."""
    return {
        "_id": object_id(id),
        "id": id,
        "user_id": owner,
        "customer_id": owner,
        "items": [{"product_id": "milk", "product_name": "Milk 500 ml", "quantity": 2, "price": 28.5}],
        "total_amount": 57.0,
        "status": "DELIVERED",
        "delivery_date": "2026-10-20",
        "created_at": "2026-10-19T20:15:00+00:00",
        **fields,
    }
