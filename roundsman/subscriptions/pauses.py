"""Pausing a subscription and going on with it (pure).

Both count from today on. What was or was not brought on a day that is over stays as it was, but for one thing: since when the
status of a source's subscription has been "paused" nobody knows, so going on with it leaves no trace of the days before.
"""

from dataclasses import replace
from datetime import date, timedelta

from roundsman.errors import Conflict, InvalidInput
from roundsman.subscriptions.subscriptions import Pause, Subscription, SubscriptionStatus


class NotAPause(InvalidInput):
    """The days make no pause: it begins on a day that is over, or ends before it begins."""

    code = "not_a_pause"


class SubscriptionNotRunning(Conflict):
    """The subscription is a draft, or was stopped."""

    code = "subscription_not_running"


def paused(subscription: Subscription, pause: Pause, *, today: date) -> Subscription:
    """The subscription with one more pause; as it is if it has this one. Raises NotAPause, SubscriptionNotRunning."""
    if pause in subscription.pauses:
        return subscription
    _require_running(subscription)
    if pause.start < today or (pause.end is not None and pause.end < pause.start):
        raise NotAPause("A pause begins today or later, and does not end before it begins")
    pauses = sorted([*subscription.pauses, pause], key=lambda one: (one.start, one.end or date.max))
    return replace(subscription, pauses=tuple(pauses), changes=subscription.changes + 1)


def resumed(subscription: Subscription, day: date, *, today: date) -> Subscription:
    """The subscription without a pause from a day on; as it is if there is none. Raises NotAPause, SubscriptionNotRunning."""
    _require_running(subscription)
    if day < today:
        raise NotAPause("It goes on today or later")
    pauses = tuple(_until(pause, day) for pause in subscription.pauses if pause.start < day)
    if pauses == subscription.pauses and subscription.status is SubscriptionStatus.ACTIVE:
        return subscription
    if subscription.status is SubscriptionStatus.PAUSED and day > today:
        pauses = (*pauses, Pause(today, day - timedelta(days=1)))
    return replace(subscription, status=SubscriptionStatus.ACTIVE, pauses=pauses, changes=subscription.changes + 1)


def _until(pause: Pause, day: date) -> Pause:
    """What of a pause lies before a day."""
    return replace(pause, end=day - timedelta(days=1)) if pause.covers(day) else pause


def _require_running(subscription: Subscription) -> None:
    if subscription.status in {SubscriptionStatus.DRAFT, SubscriptionStatus.STOPPED}:
        raise SubscriptionNotRunning(f"The subscription is {subscription.status}")
