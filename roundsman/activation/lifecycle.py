"""Where a customer stands in the activation pipeline, as values (spec activation, Fields of `lifecycle`)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

TIMER: Final = "timer"
"""The cause of a transition that nothing but time has brought about."""


class ActivationStatus(StrEnum):
    """How far a customer has come."""

    NEW = "new"
    ONBOARDED = "onboarded"
    ACTIVE = "active"
    ENGAGED = "engaged"
    INACTIVE = "inactive"
    CHURNED = "churned"


ORDERING: Final = frozenset({ActivationStatus.ACTIVE, ActivationStatus.ENGAGED})


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of status; `before` is absent for the first, `cause` is the type of a fact or TIMER."""

    before: ActivationStatus | None
    after: ActivationStatus
    effective_at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What is known of a customer up to `last_fact_at`, and what the clock has made of it.

    Without a status nothing that shows activity has happened yet. Orders are those that count: not cancelled, and of the
    deliveries without an order the first of each day. `engaged_at` and the `first_…_at` are the earliest instants, all
    others the latest. `cancellations_ahead` counts orders that were cancelled before anybody told that they were placed. `unpaid_since` is the first
    delivery after the last payment.
    """

    status: ActivationStatus | None = None
    status_since: datetime | None = None
    cause: str | None = None
    next_transition_at: datetime | None = None
    next_status: ActivationStatus | None = None
    last_fact_at: datetime | None = None
    last_activity_at: datetime | None = None
    signup_at: datetime | None = None
    first_login_at: datetime | None = None
    last_login_at: datetime | None = None
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None
    last_counted_delivery_at: datetime | None = None
    first_delivery_at: datetime | None = None
    last_delivery_at: datetime | None = None
    first_payment_at: datetime | None = None
    last_payment_at: datetime | None = None
    first_contact_at: datetime | None = None
    last_contact_at: datetime | None = None
    engaged_at: datetime | None = None
    reactivated_at: datetime | None = None
    won_back_at: datetime | None = None
    inactive_at: datetime | None = None
    churned_at: datetime | None = None
    orders_valid: int = 0
    orders_cancelled: int = 0
    cancellations_ahead: int = 0
    reactivations: int = 0
    revenue_paise: int = 0
    payment_risk: bool = False
    unpaid_since: datetime | None = None
