"""How much of a subscription is brought on a day (pure): today's stops, tomorrow's demand and the next delivery alike.

The first of these that applies decides:
1. A draft and a stopped or paused subscription brings nothing.
2. Nothing comes before `start` and after `end`; both days themselves count.
3. Nothing comes in a pause; its first and its last day belong to it, and without an end it lasts for ever.
4. On a day that the rule names one by one it is the quantity named there, also if that is none.
5. The kind of the rule: each day; every other day from `start`; the weekday of `start`; the weekdays it names; each day from
   `start` to `end`; no other day.

The existing application has two kinds of subscriptions and several readers of them, which differ. Decided here:
- Its engine lets the status "paused" alone bring something, its list of deliveries does not: nothing is brought.
- Its engine looks at start and end only where something comes once: here they bound every kind. Its day of stopping is the
  first without, so an import makes the day before that the `end`.
- Of a day that stands in two of its lists, the irregular one and the overrides, the irregular one counts: an import makes one
  list of them.
- What is not said to begin by itself there is a draft here. A mode that nobody knows, or none, brings nothing: an import makes
  it a list without days.
- The older kind's "weekly" and "alternate days" say no day: they count from `start`, and without one bring nothing, for nobody
  knows which days are meant.
Quantities are in the unit of the product; whether the customer himself is one who gets anything is asked elsewhere.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final, assert_never

from roundsman.subscriptions.subscriptions import RuleKind, Subscription, SubscriptionStatus

_LOOKED_AHEAD_DAYS: Final = 366


def quantity_on(subscription: Subscription, day: date) -> float:
    """Give the quantity that is brought on a day; 0 is nothing."""
    rule = subscription.rule
    if subscription.status is not SubscriptionStatus.ACTIVE or not _has_begun_and_not_ended(subscription, day):
        return 0
    if any(pause.covers(day) for pause in subscription.pauses):
        return 0
    if day in rule.exact:
        return rule.exact[day]
    return rule.quantity if _is_day_of(subscription, day) else 0


def as_of(subscription: Subscription, at: datetime) -> Subscription:
    """The subscription without the pauses that were asked for only later."""
    pauses = tuple(one for one in subscription.pauses if one.made_at is None or one.made_at <= at)
    return replace(subscription, pauses=pauses)


def next_delivery(subscription: Subscription, after: date) -> date | None:
    """Give the next day after this one on which something is brought; None if there is none within a year."""
    following = (after + timedelta(days=number) for number in range(1, _LOOKED_AHEAD_DAYS + 1))
    return next((day for day in following if quantity_on(subscription, day) > 0), None)


def _has_begun_and_not_ended(subscription: Subscription, day: date) -> bool:
    start, end = subscription.start, subscription.end
    return (start is None or start <= day) and (end is None or day <= end)


def _is_day_of(subscription: Subscription, day: date) -> bool:
    kind, start = subscription.rule.kind, subscription.start
    match kind:
        case RuleKind.DAILY:
            return True
        case RuleKind.ALTERNATE_DAYS:
            return start is not None and (day - start).days % 2 == 0
        case RuleKind.WEEKLY:
            return start is not None and day.weekday() == start.weekday()
        case RuleKind.WEEKDAYS:
            return day.weekday() in subscription.rule.weekdays
        case RuleKind.ONCE:
            return start is not None and subscription.end is not None
        case RuleKind.LISTED:
            return False
        case _:
            assert_never(kind)
