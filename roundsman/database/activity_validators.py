"""The shape of what customers have and what happens to them: subscriptions, deliveries, payments, facts, and how far they are."""

from collections.abc import Mapping
from types import MappingProxyType

from roundsman.database import collections
from roundsman.database.shapes import (
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

_ACTIVATION_STATUS = one_of("new", "onboarded", "active", "engaged", "inactive", "churned")
_FACT_TYPE = one_of(
    *("signup", "login", "order.placed", "order.cancelled", "delivery.completed", "delivery.failed"),
    *("payment.failed", "payment.succeeded", "order.refunded", "interaction", "staff.contact"),
)
_FACT = {
    "_id": NAME,
    "type": _FACT_TYPE,
    "source_id": NAME,
    "occurred_at": DATE,
    "recorded_at": DATE,
    "digest": BYTES,
}
_FACT_DETAILS = {"order_id": TEXT, "by_customer": FLAG, "amount_paise": PAISE, "clamped": FLAG}

ACTIVITY_VALIDATORS: Mapping[str, Document] = MappingProxyType(
    {
        # A subscription, delivery or payment of the existing application may name somebody nobody knows.
        collections.SUBSCRIPTIONS: document_with(
            {
                "_id": OBJECT_ID,
                "status": one_of("draft", "active", "paused", "stopped"),
                "rule": object_with({"kind": NAME, "quantity": NUMBER}),
                "origin": one_of("roundsman", "source"),
            },
            {
                "customer_id": OBJECT_ID,
                "user_id": OBJECT_ID,
                "product_id": OBJECT_ID,
                "pauses": list_of(object_with({"start": DAY}, {"end": DAY, "made_at": DATE})),
                "start": DAY,
                "end": DAY,
                "changes": COUNT,
                "created_at": DATE,
                "source": SOURCE,
            },
        ),
        collections.DELIVERIES: document_with(
            {
                "_id": {"bsonType": ["objectId", "string"]},
                "for_date": DAY,
                "status": one_of("completed", "failed", "pending"),
                "origin": one_of("roundsman", "source"),
            },
            {
                "customer_id": OBJECT_ID,
                "user_id": OBJECT_ID,
                "order_id": OBJECT_ID,
                "order_name": TEXT,
                "delivery_boy_id": OBJECT_ID,
                "at": DATE,
                "failed_attempts": COUNT,
                "reason": TEXT,
                "collected": object_with({"paise": COUNT, "method": TEXT, "at": DATE, "by": OBJECT_ID}),
                "marks": list_of(
                    object_with(
                        {"key": NAME},
                        {"failed_because": TEXT, "paid": object_with({"paise": COUNT, "method": TEXT})},
                    )
                ),
                "source": SOURCE,
            },
        ),
        collections.PAYMENTS: document_with(
            {
                "_id": OBJECT_ID,
                "amount_paise": PAISE,
                "method": TEXT,
                "at": DATE,
                "status": one_of("succeeded", "failed", "refunded"),
                "origin": one_of("roundsman", "source"),
            },
            {"customer_id": OBJECT_ID, "user_id": OBJECT_ID, "order_id": OBJECT_ID, "source": SOURCE},
        ),
        collections.FACTS: document_with(_FACT | {"user_id": OBJECT_ID}, _FACT_DETAILS),
        collections.UNMATCHED_FACTS: document_with(_FACT | {"subject": NAME, "names": list_of(NAME)}, _FACT_DETAILS),
        collections.FACT_CONFLICTS: document_with(
            _FACT | {"key": NAME},
            _FACT_DETAILS | {"user_id": OBJECT_ID, "subject": NAME, "names": list_of(NAME)},
        ),
        collections.LIFECYCLES: document_with(
            {"_id": OBJECT_ID, "seq": COUNT, "policy_version": COUNT},
            {
                "status": _ACTIVATION_STATUS,
                "status_since": DATE,
                "next_transition_at": DATE,
                "next_status": _ACTIVATION_STATUS,
                "waiting_at": DATE,
                "due_at": DATE,
                "signup_at": DATE,
                "signup_day": DAY,
                "signup_week": DAY,
                "area": TEXT,
                "channel": TEXT,
                "login_unknown": FLAG,
                "orders_valid": COUNT,
                "revenue_paise": PAISE,
                "payment_risk": FLAG,
                "pending_days": list_of(DAY),
            },
        ),
        collections.TRANSITIONS: document_with(
            {
                "_id": NAME,
                "user_id": OBJECT_ID,
                "after": _ACTIVATION_STATUS,
                "effective_at": DATE,
                "cause": NAME,
                "recorded_at": DATE,
                "day": DAY,
            },
            {
                "before": _ACTIVATION_STATUS,
                "superseded_at": DATE,
                "signup_week": DAY,
                "area": TEXT,
                "channel": TEXT,
                "pending": FLAG,
            },
        ),
        collections.ACTIVATION_DAYS: document_with({"_id": DAY}),
        collections.SIGNUP_DAYS: document_with({"_id": DAY}),
        collections.COHORT_CELLS: document_with({"_id": NAME}),
        collections.MESSAGE_SETTINGS: document_with({"_id": NAME}, {"on": FLAG, "opted_out_at": DATE}),
    }
)
