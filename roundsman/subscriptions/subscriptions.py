"""Subscriptions as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from roundsman.ids import CustomerId, ProductId, SourceRef, SubscriptionId, UserId


class SubscriptionStatus(StrEnum):
    """Whether anything is brought at all."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


class SubscriptionOrigin(StrEnum):
    """Which application took the subscription."""

    ROUNDSMAN = "roundsman"
    SOURCE = "source"


class RuleKind(StrEnum):
    """On which days something is brought."""

    DAILY = "daily"
    ALTERNATE_DAYS = "alternate_days"
    """Every other day, the first being `start`."""
    WEEKLY = "weekly"
    """On the weekday of `start`."""
    WEEKDAYS = "weekdays"
    """On the weekdays that the rule names."""
    ONCE = "once"
    """On every day from `start` to `end`, both of which must be there; usually they are the same day."""
    LISTED = "listed"
    """Only on the days that the rule names one by one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How much on which days; `weekdays` begin with Monday as 0. On a day in `exact` it is that quantity, whatever the kind."""

    kind: RuleKind
    quantity: float
    weekdays: frozenset[int] = frozenset()
    exact: Mapping[date, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pause:
    """Days on which nothing is brought, the first and the last among them; without an end it lasts until it is ended.

    `made_at` is when somebody asked for it, where that is known: the same days are the same pause whenever that was.
    """

    start: date
    end: date | None = None
    made_at: datetime | None = field(default=None, compare=False)

    def covers(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a customer gets again and again, from `start` to `end`, both among the days; `changes` counts pauses and resumptions.

    A source's subscription may name a customer or a product nobody knows; `created_at` is when it was taken there.
    """

    id: SubscriptionId
    customer_id: CustomerId | None
    user_id: UserId | None
    product_id: ProductId | None
    status: SubscriptionStatus
    rule: Rule
    origin: SubscriptionOrigin
    pauses: tuple[Pause, ...] = ()
    start: date | None = None
    end: date | None = None
    changes: int = 0
    created_at: datetime | None = None
    source: SourceRef | None = None
