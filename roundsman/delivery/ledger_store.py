"""Entries, totals, rate cards and payouts as documents."""

from dataclasses import asdict
from datetime import date

from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document
from roundsman.delivery.adjustments import Adjustment, AdjustmentKind, AdjustmentStatus
from roundsman.delivery.entries import Book, Entry, EntryKind
from roundsman.delivery.payouts import Payout, PayoutStatus
from roundsman.delivery.rates import Bonus, Period, RateCard
from roundsman.delivery.totals import Totals
from roundsman.ids import DeliveryBoyId


def entry_document(entry: Entry) -> Document:
    """Store an entry."""
    return without_absent(
        {
            "_id": entry.key,
            "thing": entry.thing,
            "delivery_boy_id": entry.delivery_boy_id,
            "kind": entry.kind.value,
            "book": entry.book.value,
            "paise": entry.paise,
            "at": entry.at,
            "earned_at": entry.earned_at,
            "month": entry.month,
            "card": entry.card,
            "breakdown": dict(entry.breakdown) or None,
            "reason": entry.reason,
            "reverses": entry.reverses,
            "payout_id": entry.payout_id,
            "written_at": entry.written_at,
            "by": entry.by,
        }
    )


def entry_from(document: Document) -> Entry:
    """Read an entry."""
    return Entry(
        key=document["_id"],
        thing=document["thing"],
        delivery_boy_id=document["delivery_boy_id"],
        kind=EntryKind(document["kind"]),
        book=Book(document["book"]),
        paise=document["paise"],
        at=document["at"],
        earned_at=document["earned_at"],
        card=document.get("card"),
        breakdown=document.get("breakdown", {}),
        reason=document.get("reason"),
        reverses=document.get("reverses"),
        payout_id=document.get("payout_id"),
        written_at=document.get("written_at"),
        by=document.get("by"),
    )


def totals_from(boy: DeliveryBoyId, document: Document | None) -> Totals:
    """Read totals; of whom nothing was written yet they are nought."""
    if document is None:
        return Totals(boy)
    earned, deducted, paid, cash, opened = (document.get(f"{book}_paise", 0) for book in Book)
    return Totals(
        boy,
        earned,
        deducted,
        paid,
        cash,
        opened,
        document.get("months", {}),
        document.get("paid_through"),
        document.get("ratings", 0),
        document.get("stars", 0),
    )


def card_document(card: RateCard) -> Document:
    """Store a rate card."""
    return without_absent(
        {
            "_id": card.id,
            "per_delivery_paise": card.per_delivery_paise,
            "fixed_month_paise": card.fixed_month_paise,
            "valid_from": card.valid_from,
            "delivery_boy_id": card.delivery_boy_id,
            "bonuses": [asdict(bonus) | {"period": bonus.period.value} for bonus in card.bonuses] or None,
            "made_at": card.made_at,
        }
    )


def card_from(document: Document) -> RateCard:
    """Read a rate card."""
    return RateCard(
        document["_id"],
        document["per_delivery_paise"],
        document["fixed_month_paise"],
        document["valid_from"],
        document.get("delivery_boy_id"),
        tuple(Bonus(**{**one, "period": Period(one["period"])}) for one in document.get("bonuses", ())),
        document.get("made_at"),
    )


def payout_document(payout: Payout) -> Document:
    """Store a payout."""
    return without_absent(
        {
            "_id": payout.id,
            "delivery_boy_id": payout.delivery_boy_id,
            "through": payout.through.isoformat(),
            "paise": payout.paise,
            "entries": payout.entries,
            "status": payout.status.value,
            "created_by": payout.created_by,
            "created_at": payout.created_at,
            "approved_by": payout.approved_by,
            "is_single": payout.is_single or None,
            "reference": payout.reference,
            "reason": payout.reason,
            "settled_at": payout.settled_at,
        }
    )


def payout_from(document: Document) -> Payout:
    """Read a payout."""
    return Payout(
        id=document["_id"],
        delivery_boy_id=document["delivery_boy_id"],
        through=date.fromisoformat(document["through"]),
        paise=document["paise"],
        entries=document["entries"],
        status=PayoutStatus(document["status"]),
        created_by=document["created_by"],
        created_at=document["created_at"],
        approved_by=document.get("approved_by"),
        is_single=document.get("is_single", False),
        reference=document.get("reference"),
        reason=document.get("reason"),
        settled_at=document.get("settled_at"),
    )


def adjustment_document(adjustment: Adjustment) -> Document:
    """Store an adjustment."""
    return without_absent(
        {
            "_id": adjustment.id,
            "delivery_boy_id": adjustment.delivery_boy_id,
            "kind": adjustment.kind.value,
            "paise": adjustment.paise,
            "reason": adjustment.reason,
            "status": adjustment.status.value,
            "created_by": adjustment.created_by,
            "created_at": adjustment.created_at,
            "decided_by": adjustment.decided_by,
            "decided_at": adjustment.decided_at,
            "is_single": adjustment.is_single or None,
        }
    )


def adjustment_from(document: Document) -> Adjustment:
    """Read an adjustment."""
    return Adjustment(
        id=document["_id"],
        delivery_boy_id=document["delivery_boy_id"],
        kind=AdjustmentKind(document["kind"]),
        paise=document["paise"],
        reason=document["reason"],
        status=AdjustmentStatus(document["status"]),
        created_by=document["created_by"],
        created_at=document["created_at"],
        decided_by=document.get("decided_by"),
        decided_at=document.get("decided_at"),
        is_single=document.get("is_single", False),
    )
