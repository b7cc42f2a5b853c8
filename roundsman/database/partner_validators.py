"""The shape of what the business owes its partners: the ledger of delivery boys, and what suppliers bring."""

from collections.abc import Mapping
from types import MappingProxyType

from roundsman.database import collections
from roundsman.database.shapes import (
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

_KIND = one_of(
    *("delivery", "fixed", "bonus", "tip", "deduction", "adjustment", "reversal", "opening_balance", "payout"),
    *("cash_collected", "cash_handover"),
)
_MONTH: Document = {"bsonType": "string", "pattern": r"^\d{4}-\d{2}$"}

_BONUS = object_with({"rule": NAME, "period": one_of("day", "week", "month"), "deliveries": COUNT, "paise": COUNT})

PARTNER_VALIDATORS: Mapping[str, Document] = MappingProxyType(
    {
        collections.LEDGER_ENTRIES: document_with(
            {
                "_id": NAME,
                "thing": NAME,
                "delivery_boy_id": OBJECT_ID,
                "kind": _KIND,
                "book": one_of("earned", "deducted", "paid", "cash", "opened"),
                "paise": PAISE,
                "at": DATE,
                "earned_at": DATE,
                "month": _MONTH,
            },
            {
                "card": NAME,
                "breakdown": {"bsonType": "object"},
                "reason": TEXT,
                "reverses": NAME,
                "payout_id": OBJECT_ID,
                "written_at": DATE,
                "by": NAME,
            },
        ),
        collections.DELIVERY_TOTALS: document_with(
            {"_id": OBJECT_ID},
            {
                "earned_paise": PAISE,
                "deducted_paise": PAISE,
                "paid_paise": PAISE,
                "cash_paise": PAISE,
                "opened_paise": PAISE,
                "months": {"bsonType": "object"},
                "paid_through": _MONTH,
                "writes": COUNT,
                "ratings": COUNT,
                "stars": COUNT,
            },
        ),
        collections.RATE_CARDS: document_with(
            {"_id": NAME, "per_delivery_paise": COUNT, "fixed_month_paise": COUNT, "valid_from": DATE},
            {"delivery_boy_id": OBJECT_ID, "bonuses": list_of(_BONUS), "made_at": DATE},
        ),
        collections.ADJUSTMENTS: document_with(
            {
                "_id": OBJECT_ID,
                "delivery_boy_id": OBJECT_ID,
                "kind": one_of("adjustment", "bonus", "tip", "deduction"),
                "paise": PAISE,
                "reason": NAME,
                "status": one_of("proposed", "approved", "rejected"),
                "created_by": OBJECT_ID,
                "created_at": DATE,
            },
            {"decided_by": OBJECT_ID, "decided_at": DATE, "is_single": FLAG},
        ),
        collections.RATINGS: document_with(
            {"_id": NAME, "delivery_boy_id": OBJECT_ID, "user_id": OBJECT_ID, "stars": COUNT, "at": DATE},
        ),
        collections.PAYOUTS: document_with(
            {
                "_id": OBJECT_ID,
                "delivery_boy_id": OBJECT_ID,
                "through": DAY,
                "paise": COUNT,
                "entries": COUNT,
                "status": one_of("draft", "approved", "paid", "failed"),
                "created_by": OBJECT_ID,
                "created_at": DATE,
            },
            {"approved_by": OBJECT_ID, "is_single": FLAG, "reference": TEXT, "reason": TEXT, "settled_at": DATE},
        ),
        # One of the existing application may name a supplier nobody knows.
        collections.PURCHASE_ORDERS: document_with(
            {
                "_id": OBJECT_ID,
                "lines": list_of(
                    object_with(
                        {"name": TEXT, "unit": TEXT, "quantity": NUMBER, "unit_price_paise": PAISE},
                        {"product_id": OBJECT_ID, "received": NUMBER},
                    )
                ),
                "total_paise": PAISE,
                "status": one_of(
                    *("draft", "sent", "acknowledged", "rejected"),
                    *("part_received", "received", "closed", "cancelled"),
                ),
                "created_at": DATE,
                "origin": one_of("roundsman", "source"),
            },
            {
                "supplier_id": OBJECT_ID,
                "for_date": DAY,
                "receipts": list_of(
                    object_with(
                        {
                            "id": OBJECT_ID,
                            "at": DATE,
                            "lines": list_of(object_with({"line": COUNT, "quantity": NUMBER})),
                            "paise": PAISE,
                        },
                        {"is_rest": FLAG, "taken_back_at": DATE, "reason": TEXT},
                    )
                ),
                "sent_at": DATE,
                "answered_at": DATE,
                "ended_at": DATE,
                "reason": TEXT,
                "old_id": TEXT,
                "source": SOURCE,
            },
        ),
        collections.SUPPLIER_DUES: document_with(
            {
                "_id": NAME,
                "supplier_id": OBJECT_ID,
                "kind": one_of("bill", "credit_note", "payment", "reversal"),
                "paise": PAISE,
                "at": DATE,
            },
            {"purchase_order_id": OBJECT_ID, "reference": TEXT, "reason": TEXT, "reverses": NAME},
        ),
        collections.SUPPLIER_TOTALS: document_with({"_id": OBJECT_ID, "balance_paise": PAISE, "entries": COUNT}),
        collections.PRICE_PROPOSALS: document_with(
            {
                "_id": OBJECT_ID,
                "supplier_id": OBJECT_ID,
                "product_id": OBJECT_ID,
                "paise": COUNT,
                "status": one_of("proposed", "accepted", "rejected", "withdrawn"),
                "proposed_at": DATE,
            },
            {"valid_from": DAY, "settled_at": DATE, "reason": TEXT},
        ),
    }
)
