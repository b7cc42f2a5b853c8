"""Subscriptions as documents."""

from datetime import date

from roundsman.database.documents import source_document, source_from, without_absent
from roundsman.database.transaction import Document
from roundsman.subscriptions.subscriptions import (
    Pause,
    Rule,
    RuleKind,
    Subscription,
    SubscriptionOrigin,
    SubscriptionStatus,
)


def subscription_document(subscription: Subscription) -> Document:
    """Store a subscription."""
    return without_absent(
        {
            "_id": subscription.id,
            "customer_id": subscription.customer_id,
            "user_id": subscription.user_id,
            "product_id": subscription.product_id,
            "status": subscription.status.value,
            "rule": _rule_document(subscription.rule),
            "origin": subscription.origin.value,
            "pauses": [_pause_document(pause) for pause in subscription.pauses] or None,
            "start": _text(subscription.start),
            "end": _text(subscription.end),
            "changes": subscription.changes or None,
            "created_at": subscription.created_at,
            "source": source_document(subscription.source),
        }
    )


def subscription_from(document: Document) -> Subscription:
    """Read a subscription."""
    return Subscription(
        id=document["_id"],
        customer_id=document.get("customer_id"),
        user_id=document.get("user_id"),
        product_id=document.get("product_id"),
        status=SubscriptionStatus(document["status"]),
        rule=_rule_from(document["rule"]),
        origin=SubscriptionOrigin(document["origin"]),
        pauses=tuple(_pause_from(one) for one in document.get("pauses", ())),
        start=_day(document.get("start")),
        end=_day(document.get("end")),
        changes=document.get("changes", 0),
        created_at=document.get("created_at"),
        source=source_from(document.get("source")),
    )


def _rule_document(rule: Rule) -> Document:
    exact = [{"day": day.isoformat(), "quantity": quantity} for day, quantity in sorted(rule.exact.items())]
    weekdays = sorted(rule.weekdays)
    return without_absent(
        {"kind": rule.kind.value, "quantity": rule.quantity, "weekdays": weekdays or None, "exact": exact or None}
    )


def _rule_from(document: Document) -> Rule:
    exact = {date.fromisoformat(one["day"]): one["quantity"] for one in document.get("exact", ())}
    return Rule(RuleKind(document["kind"]), document["quantity"], frozenset(document.get("weekdays", ())), exact)


def _pause_document(pause: Pause) -> Document:
    return without_absent({"start": pause.start.isoformat(), "end": _text(pause.end), "made_at": pause.made_at})


def _pause_from(document: Document) -> Pause:
    return Pause(date.fromisoformat(document["start"]), _day(document.get("end")), document.get("made_at"))


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
