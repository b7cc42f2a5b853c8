"""The shape of each collection's documents, as data that MongoDB itself enforces.

They name what must be there and the type of what is known; other fields are allowed, so that a later version can add
one without locking out the earlier. An optional field is absent, never null.
"""

from collections.abc import Mapping
from types import MappingProxyType

from roundsman.database import collections
from roundsman.database.bulk import EDITED
from roundsman.database.transaction import Document

_ANY: Document = {}
_TEXT: Document = {"bsonType": "string"}
_NAME: Document = {"bsonType": "string", "minLength": 1}
_OBJECT_ID: Document = {"bsonType": "objectId"}
_DATE: Document = {"bsonType": "date"}
_DAY: Document = {"bsonType": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_FLAG: Document = {"bsonType": "bool"}
_NUMBER: Document = {"bsonType": ["int", "long", "double"]}
_PAISE: Document = {"bsonType": ["int", "long"]}
_COUNT: Document = {"bsonType": ["int", "long"], "minimum": 0}
_BYTES: Document = {"bsonType": "binData"}


def _one_of(*values: str) -> Document:
    return {"enum": list(values)}


def _list_of(items: Document) -> Document:
    return {"bsonType": "array", "items": items}


def _object(required: Document, optional: Document | None = None) -> Document:
    return {"bsonType": "object", "required": list(required), "properties": {**required, **(optional or {})}}


def _document(required: Document, optional: Document | None = None) -> Document:
    return {"$jsonSchema": _object(required, optional)}


_ACTIVATION_STATUS = _one_of("new", "onboarded", "active", "engaged", "inactive", "churned")
_FACT_TYPE = _one_of(
    *("signup", "login", "order.placed", "order.cancelled", "delivery.completed", "delivery.failed"),
    *("payment.failed", "payment.succeeded", "order.refunded", "interaction", "staff.contact"),
)
_FACT = {
    "_id": _NAME,
    "type": _FACT_TYPE,
    "source_id": _NAME,
    "occurred_at": _DATE,
    "recorded_at": _DATE,
    "digest": _BYTES,
}
_FACT_DETAILS = {"order_id": _TEXT, "by_customer": _FLAG, "amount_paise": _PAISE, "clamped": _FLAG}
_SOURCE = _object({"collection": _TEXT, "id": _TEXT, "sha256": _BYTES})
_EDITED = {EDITED: _list_of(_NAME)}
_ROLE = _one_of("customer", "delivery_boy", "supplier", "marketing_staff", "admin")

VALIDATORS: Mapping[str, Document] = MappingProxyType(
    {
        collections.USERS: _document(
            {
                "_id": _OBJECT_ID,
                "name": _TEXT,
                "status": _one_of("active", "disabled", "merged", "archived", "closed"),
                "claim": _one_of("claimed", "claimable", "claimable_conflict", "unclaimable"),
                "roles": _list_of(_ROLE),
                "created_at": _DATE,
                "created_by": _NAME,
                "session_version": _COUNT,
            },
            {
                "roles_to_confirm": _list_of(_ROLE),
                "merged_into": _OBJECT_ID,
                "former_identifiers": _list_of(_TEXT),
                "first_sign_in_at": _DATE,
                "last_sign_in_at": _DATE,
            },
        ),
        # An ambiguous alias names several users instead of one.
        collections.IDENTIFIERS: {
            "$jsonSchema": {
                **_object(
                    {"_id": {"bsonType": "string", "pattern": "^(phone:\\+|email:|alias:)."}},
                    {"user_id": _OBJECT_ID, "user_ids": _list_of(_OBJECT_ID), "verified_at": _DATE, "epoch": _COUNT},
                ),
                "oneOf": [{"required": ["user_id"]}, {"required": ["user_ids"]}],
            }
        },
        collections.CREDENTIALS: _document(
            {"_id": _OBJECT_ID, "hash": _NAME, "origin": _one_of("imported", "own"), "changed_at": _DATE},
            {"disabled_at": _DATE, "counts_until": _DATE},
        ),
        collections.SECOND_FACTORS: _document(
            {"_id": _OBJECT_ID, "failures": _COUNT},
            {
                "pending": _BYTES,
                "pending_at": _DATE,
                "secret": _BYTES,
                "confirmed_at": _DATE,
                "last_step": _COUNT,
                "recovery": _list_of(_BYTES),
                "paused_until": _DATE,
            },
        ),
        collections.SESSIONS: _document(
            {"_id": _OBJECT_ID, "user_id": _OBJECT_ID, "version": _COUNT, "created_at": _DATE, "expires_at": _DATE},
            {
                "signed_in_by": _one_of("password", "otp"),
                "fresh_at": _DATE,
                "second_factor_at": _DATE,
                "second_factor_due": _FLAG,
                "last_seen_at": _DATE,
                "device": _TEXT,
                "address": _TEXT,
                "refresh_digest": _BYTES,
                "rotated": _list_of(_object({"digest": _BYTES, "salt": _BYTES, "at": _DATE})),
            },
        ),
        collections.PASSWORD_RESETS: _document({"_id": _BYTES, "user_id": _OBJECT_ID, "expires_at": _DATE}),
        collections.ATTEMPTS: _document(
            {"_id": _NAME, "expires_at": _DATE},
            {"taken": _COUNT, "pending": _COUNT, "failures": _COUNT, "allowed_at": _DATE},
        ),
        collections.OTP_CHALLENGES: _document(
            {
                "_id": _NAME,
                "purpose": _NAME,
                "code": _BYTES,
                "is_decoy": _FLAG,
                "tries_left": _COUNT,
                "sent": _COUNT,
                "resend_at": _DATE,
                "expires_at": _DATE,
                "forget_at": _DATE,
            },
            {"for_user": _OBJECT_ID},
        ),
        collections.PROOFS: _document(
            {"_id": _BYTES, "key": _NAME, "purpose": _NAME, "expires_at": _DATE}, {"for_user": _OBJECT_ID}
        ),
        collections.OUTBOX: _document(
            {
                "_id": _NAME,
                "channel": _one_of("sms", "email"),
                "to": _NAME,
                "template": _NAME,
                "values": {"bsonType": "object"},
                "state": _one_of("waiting", "sent", "given_up"),
                "tries": _COUNT,
                "created_at": _DATE,
                "forget_at": _DATE,
            },
            {
                "secret": _BYTES,
                "useful_until": _DATE,
                "next_at": _DATE,
                "ended_at": _DATE,
                "owner": _NAME,
            },
        ),
        collections.CUSTOMERS: _document(
            {
                "_id": _OBJECT_ID,
                "user_id": _OBJECT_ID,
                "name": _TEXT,
                "status": _one_of("trial", "active", "paused", "stopped"),
                "created_at": _DATE,
                "created_by": _NAME,
            },
            {
                "phone": _TEXT,
                "email": _TEXT,
                "address": _TEXT,
                "area": _TEXT,
                "delivery_boy_id": _OBJECT_ID,
                "source": _SOURCE,
                **_EDITED,
            },
        ),
        collections.ADDRESSES: _document(
            {"_id": _OBJECT_ID, "label": _TEXT, "text": _TEXT, "is_default": _FLAG},
            {"user_id": _OBJECT_ID, "source": _SOURCE},
        ),
        collections.DELIVERY_BOYS: _document(
            {
                "_id": _OBJECT_ID,
                "user_id": _OBJECT_ID,
                "name": _TEXT,
                "status": _one_of("active", "on_leave", "suspended", "left"),
                "created_at": _DATE,
                "created_by": _NAME,
            },
            {"areas": _list_of(_TEXT), "phone": _TEXT, "email": _TEXT, "source": _SOURCE, **_EDITED},
        ),
        collections.SUPPLIERS: _document(
            {
                "_id": _OBJECT_ID,
                "user_id": _OBJECT_ID,
                "name": _TEXT,
                "status": _one_of("active", "inactive"),
                "created_at": _DATE,
                "created_by": _NAME,
            },
            {
                "phone": _TEXT,
                "email": _TEXT,
                "address": _TEXT,
                "gstin": _TEXT,
                "payment_terms": _TEXT,
                "source": _SOURCE,
                **_EDITED,
            },
        ),
        collections.PRODUCTS: _document(
            {
                "_id": _OBJECT_ID,
                "name": _TEXT,
                "unit": _TEXT,
                "prices": _list_of(_object({"paise": _PAISE, "valid_from": _DATE})),
                "active": _FLAG,
            },
            {"supplier_id": _OBJECT_ID, "source": _SOURCE, **_EDITED},
        ),
        # An order of the existing application may name a customer nobody knows; then both owners are absent.
        collections.ORDERS: _document(
            {
                "_id": _OBJECT_ID,
                "lines": _list_of(
                    _object(
                        {"name": _TEXT, "quantity": _NUMBER, "unit_price_paise": _PAISE},
                        {"product_id": _OBJECT_ID},
                    )
                ),
                "total_paise": _PAISE,
                "status": _one_of("pending", "out_for_delivery", "delivered", "not_delivered", "cancelled"),
                "placed_at": _DATE,
                "origin": _one_of("roundsman", "source"),
            },
            {
                "customer_id": _OBJECT_ID,
                "user_id": _OBJECT_ID,
                "for_date": _DAY,
                "delivered_at": _DATE,
                "cancelled_at": _DATE,
                "cancelled_by_customer": _FLAG,
                "refunded_paise": _PAISE,
                "delivery_boy_id": _OBJECT_ID,
                "type": _one_of("subscription"),
                "old_id": _TEXT,
                "source": _SOURCE,
            },
        ),
        # A subscription, delivery or payment of the existing application may name somebody nobody knows.
        collections.SUBSCRIPTIONS: _document(
            {
                "_id": _OBJECT_ID,
                "status": _one_of("draft", "active", "paused", "stopped"),
                "rule": _object({"kind": _NAME, "quantity": _NUMBER}),
                "origin": _one_of("roundsman", "source"),
            },
            {
                "customer_id": _OBJECT_ID,
                "user_id": _OBJECT_ID,
                "product_id": _OBJECT_ID,
                "pauses": _list_of(_object({"start": _DAY}, {"end": _DAY})),
                "start": _DAY,
                "end": _DAY,
                "changes": _COUNT,
                "created_at": _DATE,
                "source": _SOURCE,
            },
        ),
        collections.DELIVERIES: _document(
            {
                "_id": {"bsonType": ["objectId", "string"]},
                "for_date": _DAY,
                "status": _one_of("completed", "failed", "pending"),
                "origin": _one_of("roundsman", "source"),
            },
            {
                "customer_id": _OBJECT_ID,
                "user_id": _OBJECT_ID,
                "order_id": _OBJECT_ID,
                "names_order": _FLAG,
                "delivery_boy_id": _OBJECT_ID,
                "at": _DATE,
                "failed_attempts": _COUNT,
                "cash_collected_paise": _PAISE,
                "rating": _COUNT,
                "source": _SOURCE,
            },
        ),
        collections.PAYMENTS: _document(
            {
                "_id": _OBJECT_ID,
                "amount_paise": _PAISE,
                "method": _TEXT,
                "at": _DATE,
                "status": _one_of("succeeded", "failed", "refunded"),
                "origin": _one_of("roundsman", "source"),
            },
            {"customer_id": _OBJECT_ID, "user_id": _OBJECT_ID, "order_id": _OBJECT_ID, "source": _SOURCE},
        ),
        collections.FACTS: _document(_FACT | {"user_id": _OBJECT_ID}, _FACT_DETAILS),
        collections.UNMATCHED_FACTS: _document(_FACT | {"subject": _NAME, "names": _list_of(_NAME)}, _FACT_DETAILS),
        collections.FACT_CONFLICTS: _document(
            _FACT | {"key": _NAME},
            _FACT_DETAILS | {"user_id": _OBJECT_ID, "subject": _NAME, "names": _list_of(_NAME)},
        ),
        collections.LIFECYCLES: _document(
            {"_id": _OBJECT_ID, "seq": _COUNT, "policy_version": _COUNT},
            {
                "status": _ACTIVATION_STATUS,
                "status_since": _DATE,
                "next_transition_at": _DATE,
                "next_status": _ACTIVATION_STATUS,
                "waiting_at": _DATE,
                "due_at": _DATE,
                "signup_at": _DATE,
                "signup_day": _DAY,
                "signup_week": _DAY,
                "area": _TEXT,
                "channel": _TEXT,
                "login_unknown": _FLAG,
                "orders_valid": _COUNT,
                "revenue_paise": _PAISE,
                "payment_risk": _FLAG,
                "pending_days": _list_of(_DAY),
            },
        ),
        collections.TRANSITIONS: _document(
            {
                "_id": _NAME,
                "user_id": _OBJECT_ID,
                "after": _ACTIVATION_STATUS,
                "effective_at": _DATE,
                "cause": _NAME,
                "recorded_at": _DATE,
                "day": _DAY,
            },
            {
                "before": _ACTIVATION_STATUS,
                "superseded_at": _DATE,
                "signup_week": _DAY,
                "area": _TEXT,
                "channel": _TEXT,
                "pending": _FLAG,
            },
        ),
        collections.ACTIVATION_DAYS: _document({"_id": _DAY}),
        collections.SIGNUP_DAYS: _document({"_id": _DAY}),
        collections.COHORT_CELLS: _document({"_id": _NAME}),
        collections.MESSAGE_SETTINGS: _document({"_id": _NAME}, {"on": _FLAG, "opted_out_at": _DATE}),
        collections.AUDIT_LOG: _document(
            {
                "_id": _OBJECT_ID,
                "at": _DATE,
                "actor": _object({"who": _NAME}, {"session": _TEXT, "address": _TEXT}),
                "action": _NAME,
                "target": _NAME,
            },
            {
                "before_digest": _BYTES,
                "after_digest": _BYTES,
                "reason": _TEXT,
                "seal": _object({"number": _COUNT, "previous": _BYTES, "mac": _BYTES}),
            },
        ),
        collections.AUDIT_CHECKPOINTS: _document(
            {"_id": _COUNT, "mac": _BYTES, "at": _DATE, "signature": _BYTES},
        ),
        collections.SYSTEM: _document({"_id": _NAME}),
        collections.LEASES: _document({"_id": _NAME, "expires_at": _DATE}),
        collections.SOURCE_DOCUMENTS: _document({"_id": _NAME, "sha256": _BYTES}),
        collections.SOURCE_KEYS: _document({"_id": _NAME, "keys": _list_of({"bsonType": "long"})}),
        collections.MIGRATION_RUNS: _document({"_id": _ANY}),
        collections.MIGRATION_PLANS: _document({"_id": _ANY}),
        collections.REVIEWS: _document({"_id": _ANY, "status": _NAME}),
        collections.MERGES: _document(
            {
                "_id": _OBJECT_ID,
                "number": _COUNT,
                "cause": _NAME,
                "at": _DATE,
                "by": _NAME,
                "survivor": _OBJECT_ID,
                "users": _list_of(_OBJECT_ID),
                "changes": _list_of(_object({"collection": _NAME})),
            }
        ),
        collections.WRITE_BACK_JOURNAL: _document(
            {
                "_id": _NAME,
                "field": _NAME,
                "run": _NAME,
                "state": _one_of("planned", "written", "skipped", "undone", "left", "erased"),
                "old": _object({"state": _one_of("absent", "null", "dangling", "erased")}),
                "new": _ANY,
            }
        ),
    }
)
