"""The shape of each collection's documents, as data that MongoDB itself enforces.

They name what must be there and the type of what is known; other fields are allowed, so that a later version can add
one without locking out the earlier. An optional field is absent, never null.
"""

from collections.abc import Mapping
from types import MappingProxyType

from roundsman.database import collections
from roundsman.database.activity_validators import ACTIVITY_VALIDATORS
from roundsman.database.bulk import EDITED
from roundsman.database.partner_validators import PARTNER_VALIDATORS
from roundsman.database.shapes import (
    ANY,
    BYTES,
    COUNT,
    DATE,
    DAY,
    FLAG,
    NAME,
    NUMBER,
    OBJECT_ID,
    PAISE,
    SOURCE,
    TEXT,
    document_with,
    list_of,
    object_with,
    one_of,
)
from roundsman.database.transaction import Document

_EDITED = {EDITED: list_of(NAME)}
_ROLE = one_of("customer", "delivery_boy", "supplier", "marketing_staff", "admin")

VALIDATORS: Mapping[str, Document] = MappingProxyType(
    {
        collections.USERS: document_with(
            {
                "_id": OBJECT_ID,
                "name": TEXT,
                "status": one_of("active", "disabled", "merged", "archived", "closed"),
                "claim": one_of("claimed", "claimable", "claimable_conflict", "unclaimable"),
                "roles": list_of(_ROLE),
                "created_at": DATE,
                "created_by": NAME,
                "session_version": COUNT,
            },
            {
                "roles_to_confirm": list_of(_ROLE),
                "merged_into": OBJECT_ID,
                "former_identifiers": list_of(TEXT),
                "first_sign_in_at": DATE,
                "last_sign_in_at": DATE,
            },
        ),
        # An ambiguous alias names several users instead of one.
        collections.IDENTIFIERS: {
            "$jsonSchema": {
                **object_with(
                    {"_id": {"bsonType": "string", "pattern": "^(phone:\\+|email:|alias:)."}},
                    {"user_id": OBJECT_ID, "user_ids": list_of(OBJECT_ID), "verified_at": DATE, "epoch": COUNT},
                ),
                "oneOf": [{"required": ["user_id"]}, {"required": ["user_ids"]}],
            }
        },
        collections.CREDENTIALS: document_with(
            {"_id": OBJECT_ID, "hash": NAME, "origin": one_of("imported", "own"), "changed_at": DATE},
            {"disabled_at": DATE, "counts_until": DATE},
        ),
        collections.SECOND_FACTORS: document_with(
            {"_id": OBJECT_ID, "failures": COUNT},
            {
                "pending": BYTES,
                "pending_at": DATE,
                "secret": BYTES,
                "confirmed_at": DATE,
                "last_step": COUNT,
                "recovery": list_of(BYTES),
                "paused_until": DATE,
            },
        ),
        collections.SESSIONS: document_with(
            {"_id": OBJECT_ID, "user_id": OBJECT_ID, "version": COUNT, "created_at": DATE, "expires_at": DATE},
            {
                "signed_in_by": one_of("password", "otp"),
                "fresh_at": DATE,
                "second_factor_at": DATE,
                "second_factor_due": FLAG,
                "last_seen_at": DATE,
                "device": TEXT,
                "address": TEXT,
                "refresh_digest": BYTES,
                "rotated": list_of(object_with({"digest": BYTES, "salt": BYTES, "at": DATE})),
            },
        ),
        collections.PASSWORD_RESETS: document_with({"_id": BYTES, "user_id": OBJECT_ID, "expires_at": DATE}),
        collections.ATTEMPTS: document_with(
            {"_id": NAME, "expires_at": DATE},
            {"taken": COUNT, "pending": COUNT, "failures": COUNT, "allowed_at": DATE},
        ),
        collections.OTP_CHALLENGES: document_with(
            {
                "_id": NAME,
                "purpose": NAME,
                "code": BYTES,
                "is_decoy": FLAG,
                "tries_left": COUNT,
                "sent": COUNT,
                "resend_at": DATE,
                "expires_at": DATE,
                "forget_at": DATE,
            },
            {"for_user": OBJECT_ID},
        ),
        collections.PROOFS: document_with(
            {"_id": BYTES, "key": NAME, "purpose": NAME, "expires_at": DATE}, {"for_user": OBJECT_ID}
        ),
        collections.OUTBOX: document_with(
            {
                "_id": NAME,
                "channel": one_of("sms", "email"),
                "to": NAME,
                "template": NAME,
                "values": {"bsonType": "object"},
                "state": one_of("waiting", "sent", "given_up"),
                "tries": COUNT,
                "created_at": DATE,
                "forget_at": DATE,
            },
            {
                "secret": BYTES,
                "useful_until": DATE,
                "next_at": DATE,
                "ended_at": DATE,
                "owner": NAME,
            },
        ),
        collections.CUSTOMERS: document_with(
            {
                "_id": OBJECT_ID,
                "user_id": OBJECT_ID,
                "name": TEXT,
                "status": one_of("trial", "active", "paused", "stopped"),
                "created_at": DATE,
                "created_by": NAME,
            },
            {
                "phone": TEXT,
                "email": TEXT,
                "address": TEXT,
                "area": TEXT,
                "delivery_boy_id": OBJECT_ID,
                "former_deliveries": list_of(object_with({"until": DATE}, {"delivery_boy_id": OBJECT_ID})),
                "served_until": DATE,
                "source": SOURCE,
                **_EDITED,
            },
        ),
        collections.ADDRESSES: document_with(
            {"_id": OBJECT_ID, "label": TEXT, "text": TEXT, "is_default": FLAG},
            {"user_id": OBJECT_ID, "source": SOURCE},
        ),
        collections.DELIVERY_BOYS: document_with(
            {
                "_id": OBJECT_ID,
                "user_id": OBJECT_ID,
                "name": TEXT,
                "status": one_of("active", "on_leave", "suspended", "left"),
                "created_at": DATE,
                "created_by": NAME,
            },
            {"areas": list_of(TEXT), "phone": TEXT, "email": TEXT, "source": SOURCE, **_EDITED},
        ),
        collections.SUPPLIERS: document_with(
            {
                "_id": OBJECT_ID,
                "user_id": OBJECT_ID,
                "name": TEXT,
                "status": one_of("active", "inactive"),
                "created_at": DATE,
                "created_by": NAME,
            },
            {
                "phone": TEXT,
                "email": TEXT,
                "address": TEXT,
                "gstin": TEXT,
                "payment_terms": TEXT,
                "source": SOURCE,
                **_EDITED,
            },
        ),
        collections.PRODUCTS: document_with(
            {
                "_id": OBJECT_ID,
                "name": TEXT,
                "unit": TEXT,
                "prices": list_of(object_with({"paise": PAISE, "valid_from": DATE})),
                "active": FLAG,
            },
            {"supplier_id": OBJECT_ID, "source": SOURCE, **_EDITED},
        ),
        # An order of the existing application may name a customer nobody knows; then both owners are absent.
        collections.ORDERS: document_with(
            {
                "_id": OBJECT_ID,
                "lines": list_of(
                    object_with(
                        {"name": TEXT, "quantity": NUMBER, "unit_price_paise": PAISE},
                        {"product_id": OBJECT_ID},
                    )
                ),
                "total_paise": PAISE,
                "status": one_of("pending", "out_for_delivery", "delivered", "not_delivered", "cancelled"),
                "placed_at": DATE,
                "origin": one_of("roundsman", "source"),
            },
            {
                "customer_id": OBJECT_ID,
                "user_id": OBJECT_ID,
                "for_date": DAY,
                "delivered_at": DATE,
                "cancelled_at": DATE,
                "cancelled_by_customer": FLAG,
                "refunded_paise": PAISE,
                "delivery_boy_id": OBJECT_ID,
                "type": one_of("subscription"),
                "old_id": TEXT,
                "source": SOURCE,
            },
        ),
        **ACTIVITY_VALIDATORS,
        **PARTNER_VALIDATORS,
        collections.AUDIT_LOG: document_with(
            {
                "_id": OBJECT_ID,
                "at": DATE,
                "actor": object_with({"who": NAME}, {"session": TEXT, "address": TEXT}),
                "action": NAME,
                "target": NAME,
            },
            {
                "before_digest": BYTES,
                "after_digest": BYTES,
                "reason": TEXT,
                "seal": object_with({"number": COUNT, "previous": BYTES, "mac": BYTES}),
            },
        ),
        collections.AUDIT_CHECKPOINTS: document_with(
            {"_id": COUNT, "mac": BYTES, "at": DATE, "signature": BYTES},
        ),
        collections.SYSTEM: document_with({"_id": NAME}),
        collections.LEASES: document_with({"_id": NAME, "expires_at": DATE}),
        collections.SOURCE_DOCUMENTS: document_with({"_id": NAME, "sha256": BYTES}),
        collections.SOURCE_KEYS: document_with({"_id": NAME, "keys": list_of({"bsonType": "long"})}),
        collections.MIGRATION_RUNS: document_with({"_id": ANY}),
        collections.MIGRATION_PLANS: document_with({"_id": ANY}),
        collections.REVIEWS: document_with({"_id": ANY, "status": NAME}),
        collections.MERGES: document_with(
            {
                "_id": OBJECT_ID,
                "number": COUNT,
                "cause": NAME,
                "at": DATE,
                "by": NAME,
                "survivor": OBJECT_ID,
                "users": list_of(OBJECT_ID),
                "changes": list_of(object_with({"collection": NAME})),
            }
        ),
        collections.WRITE_BACK_JOURNAL: document_with(
            {
                "_id": NAME,
                "field": NAME,
                "run": NAME,
                "state": one_of("planned", "written", "skipped", "undone", "left", "erased"),
                "old": object_with({"state": one_of("absent", "null", "dangling", "erased")}),
                "new": ANY,
            }
        ),
    }
)
