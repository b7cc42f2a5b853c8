"""Why somebody has the status he has, and what time will make of it (pure)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from roundsman.activation.lifecycle import ActivationStatus, Lifecycle
from roundsman.activation.policy import ActivationPolicy


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing the status follows from: what it is, its instant or number, and the threshold it was compared with."""

    what: str
    at: datetime | None = None
    count: int | None = None
    threshold: str | None = None
    reached_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The rule in a sentence, what it follows from, and the next change by time alone; none for the churned."""

    status: ActivationStatus | None
    since: datetime | None
    cause: str | None
    rule: str
    evidence: tuple[Evidence, ...] = ()
    next_status: ActivationStatus | None = None
    next_at: datetime | None = None


def explain(lifecycle: Lifecycle, policy: ActivationPolicy) -> Explanation:
    """Explain a lifecycle that is told up to now."""
    return Explanation(
        lifecycle.status,
        lifecycle.status_since,
        lifecycle.cause,
        _rule(lifecycle.status, policy),
        _evidence(lifecycle, policy),
        lifecycle.next_status,
        lifecycle.next_transition_at,
    )


def _rule(status: ActivationStatus | None, policy: ActivationPolicy) -> str:
    if status is None:
        return "Nothing that shows activity has happened yet, not even a sign-up."
    inactive, churn = _days(policy.inactive_after), _days(policy.churn_after)
    rules = {
        ActivationStatus.NEW: f"No order of his counts, he has never signed in, and he was active within {churn}.",
        ActivationStatus.ONBOARDED: f"No order of his counts, he has signed in, and he was active within {churn}.",
        ActivationStatus.ACTIVE: f"He ordered within {inactive}, and fewer than {policy.engaged_orders} orders count.",
        ActivationStatus.ENGAGED: f"He ordered within {inactive}, and {policy.engaged_orders} orders or more count.",
        ActivationStatus.INACTIVE: f"His last order that counts is {inactive} ago or longer; he was active within {churn}.",
        ActivationStatus.CHURNED: f"He has shown no activity for {churn}.",
    }
    return rules[status]


def _evidence(lifecycle: Lifecycle, policy: ActivationPolicy) -> tuple[Evidence, ...]:
    if lifecycle.last_activity_at is None:
        return ()
    activity = _period("last activity", lifecycle.last_activity_at, "churned", policy.churn_after)
    login = Evidence("first sign-in", lifecycle.first_login_at)
    enough = f"engaged from {policy.engaged_orders}"
    orders = Evidence("orders that count", lifecycle.first_order_at, lifecycle.orders_valid, enough)
    match lifecycle.status:
        case ActivationStatus.CHURNED:
            return (activity,)
        case ActivationStatus.NEW | ActivationStatus.ONBOARDED:
            return (login, orders, activity)
        case _:
            last = _period("last order", lifecycle.last_order_at, "inactive", policy.inactive_after)
            return (last, orders, activity)


def _period(what: str, at: datetime | None, then: str, after: timedelta) -> Evidence:
    return Evidence(what, at, threshold=f"{then} after {_days(after)}", reached_at=at and at + after)


def _days(period: timedelta) -> str:
    return "1 day" if period == timedelta(days=1) else f"{period / timedelta(days=1):g} days"
