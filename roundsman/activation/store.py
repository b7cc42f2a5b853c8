"""Facts, lifecycles and transitions as documents."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from roundsman.activation.facts import Fact, FactType
from roundsman.activation.lifecycle import ActivationStatus, Lifecycle, Transition
from roundsman.activation.tracked import Tracked, Traits
from roundsman.calendar import day_of
from roundsman.database.documents import without_absent
from roundsman.database.transaction import Document

_STATUSES: Final = frozenset({"status", "next_status"})
_COUNTS: Final = tuple(one.name for one in fields(Lifecycle) if one.type == "int")
FACT_DETAILS: Final = ("order_id", "by_customer", "amount_paise")
LIFECYCLE_FIELDS: Final = tuple(one.name for one in fields(Lifecycle))


def fact_document(fact: Fact, *, stored_at: datetime, now: datetime) -> Document:
    """Store a fact as one that happened at `stored_at`, which is earlier than what was told where that lay ahead."""
    return without_absent(
        {
            "_id": fact.key,
            "user_id": fact.subject,
            "type": fact.type.value,
            "source_id": fact.source_id,
            "occurred_at": stored_at,
            "recorded_at": now,
            "digest": fact.digest(),
            **fact_details(fact),
            "clamped": stored_at != fact.occurred_at or None,
        }
    )


def fact_details(fact: Fact) -> Document:
    """What a later telling of the same fact may correct; what says nothing is None."""
    details = (fact.order_id, fact.by_customer or None, fact.amount_paise or None)
    return dict(zip(FACT_DETAILS, details, strict=True))


def fact_from(document: Document) -> Fact:
    """Read a fact."""
    return Fact(
        FactType(document["type"]),
        document["user_id"],
        document["source_id"],
        document["occurred_at"],
        order_id=document.get("order_id"),
        by_customer=document.get("by_customer", False),
        amount_paise=document.get("amount_paise", 0),
    )


def tracked_document(tracked: Tracked) -> Document:
    """Store a lifecycle; a status or count that says nothing is absent too."""
    lifecycle = tracked.lifecycle
    known: dict[str, Any] = {name: getattr(lifecycle, name) for name in LIFECYCLE_FIELDS}
    known["payment_risk"] = lifecycle.payment_risk or None
    return without_absent(
        {
            "_id": tracked.user_id,
            "seq": tracked.seq,
            "policy_version": tracked.policy_version,
            **known,
            "area": tracked.traits.area,
            "channel": tracked.traits.channel,
            "waiting_at": tracked.waiting_at,
            "due_at": tracked.due_at,
            "signup_day": tracked.signup_day,
            "signup_week": tracked.signup_week,
            "login_unknown": tracked.login_unknown or None,
            "pending_days": list(tracked.pending_days) or None,
        }
    )


def tracked_from(document: Document) -> Tracked:
    """Read a lifecycle."""
    known = {name: document[name] for name in LIFECYCLE_FIELDS if name in document}
    known |= {name: ActivationStatus(known[name]) for name in _STATUSES if name in known}
    return Tracked(
        document["_id"],
        Lifecycle(**known),
        document["seq"],
        document["policy_version"],
        Traits(document.get("area"), document.get("channel")),
        document.get("waiting_at"),
        document.get("login_unknown", False),
        tuple(document.get("pending_days", ())),
    )


def transition_documents(tracked: Tracked, transitions: Sequence[Transition], *, now: datetime) -> list[Document]:
    """Store the transitions of one write, so that the rollups count them."""
    return [
        without_absent(
            {
                "_id": f"{tracked.user_id}:{tracked.seq}:{number}",
                "user_id": tracked.user_id,
                "before": one.before,
                "after": one.after,
                "effective_at": one.effective_at,
                "cause": one.cause,
                "recorded_at": now,
                "day": day_of(one.effective_at).isoformat(),
                **_groups(tracked),
                "pending": True,
            }
        )
        for number, one in enumerate(transitions)
    ]


def grouping(tracked: Tracked) -> Mapping[str, str]:
    """What the transitions of a person are grouped by in reports."""
    return without_absent(_groups(tracked))


def _groups(tracked: Tracked) -> Document:
    return {
        "signup_week": tracked.signup_week,
        "area": tracked.traits.area,
        "channel": tracked.traits.channel,
    }


def transition_from(document: Document) -> Transition:
    """Read a transition."""
    before = document.get("before")
    return Transition(
        None if before is None else ActivationStatus(before),
        ActivationStatus(document["after"]),
        document["effective_at"],
        document["cause"],
    )
